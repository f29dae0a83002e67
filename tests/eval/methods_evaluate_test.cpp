// labels: slow
#include "core/base/method_info.h"
#include "core/eval/bytes.h"
#include "core/eval/evaluate.h"
#include "core/eval/pair.h"
#include "core/methods/registry.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/token_loop.h"

#include <cmath>
#include <map>
#include <random>

using namespace winnow;
using namespace winnow::test;

/// Every method of the registry through the batched evaluation, the token loop and the measured run (tiny model, T = 16).
class MethodsEvaluateTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void layerMajorEqualsTokenByToken_data() { addCells(); }
    void layerMajorEqualsTokenByToken();
    void measuredRunEqualsTheBatchAndItsForecast_data() { addCells(); }
    void measuredRunEqualsTheBatchAndItsForecast();
    void maskedEqualsDropped_data() { addCells(); }
    void maskedEqualsDropped();
    void budgetsNestWhereTheRankDoes();

private:
    struct Case {
        const MethodSpec *spec;
        Json parameters;
        int64_t count;
    };
    void addCells();
    EvaluationCell cellOf(const Case &of) const;

    std::shared_ptr<const Model> m_model;
    CapturePtr m_capture;
    std::vector<int32_t> m_continuation;
    std::map<std::string, std::unique_ptr<const Method>> m_methods;
    std::map<std::string, Case> m_cases;
};

void MethodsEvaluateTest::initTestCase()
{
    m_model = openModel(dataPath("models/llama-f16.gguf"));
    std::mt19937 generator(5);
    std::vector<int32_t> ids(60);
    for (int32_t &id : ids)
        id = static_cast<int32_t>(generator() % static_cast<unsigned>(m_model->config().vocab));
    m_continuation.assign(ids.end() - 17, ids.end());
    ids.resize(43);
    // The model is its own small one for the methods of a pair.
    const PairNeeds pair{true, 256, {{200, false, {}, 0}}};
    auto capture = captureContext(m_model, ids, CaptureNeeds{.colSum = true, .queryMoments = true, .window = 64}, RunContext{});
    QVERIFY2(capture.has_value(), capture ? "" : capture.error().message.c_str());
    auto whole = std::make_shared<Capture>(**capture);
    auto both = capturePair(*whole, m_model, pair, RunContext{});
    QVERIFY2(both.has_value(), both ? "" : both.error().message.c_str());
    whole->pair = *both;
    whole->needs.pair = pair;
    m_capture = whole;
    for (const MethodSpec *spec : methodsOf("kv")) {
        if (spec->budget.meaning != BudgetMeaning::KeptTokens)
            continue; // iam reads its context in a way of its own: iam_test
        const std::string id(spec->id);
        m_methods[id] = spec->create();
        const MethodInfo info = methodInfo(*spec);
        std::vector<Json> variants{Json::object()};
        for (const char *name : {"decodeRule", "groupRule", "posMode"}) {
            if (const ParameterInfo *parameter = info.parameter(name)) {
                for (const std::string &choice : parameter->choices)
                    variants.push_back(Json{{name, choice}});
            }
        }
        if (info.parameter("decodeRule") && info.parameter("groupRule")) {
            for (const char *rule : {"query_head", "layer"}) {
                for (const std::string &choice : info.parameter("decodeRule")->choices)
                    variants.push_back(Json{{"decodeRule", choice}, {"groupRule", rule}});
            }
        }
        for (Json variant : variants) {
            if (info.parameter("interval"))
                variant["interval"] = 5;
            if (info.parameter("matchMin"))
                variant["matchMin"] = 16;
            for (int64_t count : {int64_t(9), int64_t(20), int64_t(43)}) {
                auto parameters = canonicalParameters(info, variant);
                QVERIFY2(parameters.has_value(), parameters ? "" : parameters.error().message.c_str());
                m_cases[id + " " + variant.dump() + " " + std::to_string(count)] = {spec, *parameters, count};
            }
        }
    }
    QVERIFY(!m_cases.empty());
}

void MethodsEvaluateTest::addCells()
{
    QTest::addColumn<QString>("name");
    for (const auto &[name, of] : m_cases)
        QTest::newRow(name.c_str()) << QString::fromStdString(name);
}

EvaluationCell MethodsEvaluateTest::cellOf(const Case &of) const
{
    const Method *method = m_methods.at(std::string(of.spec->id)).get();
    const Parameters parameters(of.parameters);
    auto ranking = method->rank(*m_capture, parameters, RunContext{});
    if (!ranking)
        qFatal("%s", ranking.error().message.c_str());
    std::shared_ptr<const Ranking> shared = std::move(*ranking);
    auto plan = method->select(*m_capture, *shared, parameters, of.count);
    if (!plan)
        qFatal("%s", plan.error().message.c_str());
    return {std::move(*plan), method, shared, parameters};
}

void MethodsEvaluateTest::layerMajorEqualsTokenByToken()
{
    QFETCH(QString, name);
    const EvaluationCell cell = cellOf(m_cases.at(name.toStdString()));
    const auto results = evaluate(*m_capture, m_continuation, {cell}, {}, {}, RunContext{});
    QVERIFY2(results.has_value(), results ? "" : results.error().message.c_str());
    const CellResult &result = results->front();
    if (cell.plan.standIn)
        QSKIP("a small model chooses the sets: tests/eval/guided_test.cpp");
    TokenLoop loop(*m_capture, cell);
    for (size_t t = 0; t + 1 < m_continuation.size(); ++t) {
        const float nll = -loop.step(m_continuation[t]).log_softmax(0)[m_continuation[t + 1]].item<float>();
        QVERIFY2(std::abs(nll - result.series.nll[t]) < 1e-4F,
            qPrintable(QString("row %1: loop %2, batch %3").arg(t).arg(static_cast<double>(nll)).arg(static_cast<double>(result.series.nll[t]))));
    }
    QCOMPARE(result.slotsAtEnd, loop.slots());
    QCOMPARE(result.evictions.size(), loop.evictions().size());
    for (size_t i = 0; i < result.evictions.size(); ++i)
        QCOMPARE(result.evictions[i].position, loop.evictions()[i].position);
    for (const Check &check : result.checks)
        QVERIFY2(check.ok, qPrintable(QString::fromStdString(check.id + ": expected " + check.expected + ", found " + check.found + " " + check.where)));
}

void MethodsEvaluateTest::measuredRunEqualsTheBatchAndItsForecast()
{
    QFETCH(QString, name);
    const EvaluationCell cell = cellOf(m_cases.at(name.toStdString()));
    const auto results = evaluate(*m_capture, m_continuation, {cell}, {}, {}, RunContext{});
    const auto measured = measureCell(*m_capture, m_continuation, cell, RunContext{});
    QVERIFY(results.has_value());
    QVERIFY2(measured.has_value(), measured ? "" : measured.error().message.c_str());
    QCOMPARE(measured->nll.size(), size_t(16));
    for (size_t t = 0; t < 16; ++t)
        QVERIFY(std::abs(measured->nll[t] - results->front().series.nll[t]) < 1e-4F);
    const CacheShape shape = CacheShape::of(m_capture->config);
    const CacheBytes bytes = planBytes(cell.plan, shape);
    QCOMPARE(measured->allocatedBytes, bytes.stored);
    QVERIFY(measured->peakBytes >= measured->allocatedBytes);
    QVERIFY(measured->msPerToken > 0);
}

void MethodsEvaluateTest::maskedEqualsDropped()
{
    QFETCH(QString, name);
    const EvaluationCell cell = cellOf(m_cases.at(name.toStdString()));
    EvaluationOptions mask;
    mask.mode = ExecutionMode::Mask;
    const auto masked = evaluate(*m_capture, m_continuation, {cell}, mask, {}, RunContext{});
    if (cell.plan.positions == PositionMode::Shift) {
        QVERIFY(!masked);
        return;
    }
    const auto dropped = evaluate(*m_capture, m_continuation, {cell}, {}, {}, RunContext{});
    QVERIFY(masked.has_value() && dropped.has_value());
    for (size_t t = 0; t < 16; ++t)
        QVERIFY(std::abs(masked->front().series.nll[t] - dropped->front().series.nll[t]) < 1e-4F);
}

void MethodsEvaluateTest::budgetsNestWhereTheRankDoes()
{
    // kv-evaluation.md 3.4: a budget of these methods is a prefix of one rank.
    for (const char *id : {"knorm", "expected_attention", "tova"}) {
        const MethodSpec *spec = findMethod(id);
        QVERIFY2(spec, id);
        const Json parameters = *canonicalParameters(methodInfo(*spec), Json::object());
        KvPlan smaller = cellOf({spec, parameters, 1}).plan;
        for (int64_t count = 2; count < 43; ++count) {
            KvPlan plan = cellOf({spec, parameters, count}).plan;
            for (int64_t l = 0; l < plan.kept.layers; ++l) {
                for (int64_t h = 0; h < plan.kept.heads; ++h) {
                    QCOMPARE(plan.kept.countKept(l, h), count);
                    for (int64_t v = 0; v < 43; ++v)
                        QVERIFY2(!smaller.kept.kept(l, h, v) || plan.kept.kept(l, h, v), id);
                }
            }
            smaller = std::move(plan);
        }
    }
}

QTEST_GUILESS_MAIN(MethodsEvaluateTest)
#include "methods_evaluate_test.moc"
