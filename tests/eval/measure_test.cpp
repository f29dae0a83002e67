#include "core/base/method_info.h"
#include "core/eval/bytes.h"
#include "core/eval/evaluate.h"
#include "core/eval/pair.h"
#include "core/methods/registry.h"

#include <QtTest>

#include "tests/support/golden.h"

using namespace winnow;
using namespace winnow::test;

/// Measured runs on the real ragged cache against layer-major evaluation: two programs for one definition.
class MeasureTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void measuredRunEqualsEvaluation_data();
    void measuredRunEqualsEvaluation();
    void badInputIsRefused();

private:
    std::shared_ptr<const Model> m_model;
    CapturePtr m_capture;
    std::vector<int32_t> m_continuation;
};

void MeasureTest::initTestCase()
{
    m_model = openModel(dataPath("models/llama-f16.gguf"));
    std::vector<int32_t> ids;
    for (int i = 0; i < 90; ++i)
        ids.push_back((i * 73 + 29) % 512);
    for (int i = 0; i < 25; ++i)
        m_continuation.push_back((i * 31 + 5) % 512);
    // The model is its own small one for the methods of a pair.
    const PairNeeds pair{true, 256, {{200, false, {}, 0}, {200, true, {}, 0}}};
    auto capture = captureContext(m_model, ids, CaptureNeeds{.colSum = true, .queryMoments = true, .window = 64}, RunContext{});
    QVERIFY2(capture.has_value(), capture ? "" : capture.error().message.c_str());
    auto whole = std::make_shared<Capture>(**capture);
    auto both = capturePair(*whole, m_model, pair, RunContext{});
    QVERIFY2(both.has_value(), both ? "" : both.error().message.c_str());
    whole->pair = *both;
    whole->needs.pair = pair;
    m_capture = whole;
}

void MeasureTest::measuredRunEqualsEvaluation_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("parameter");
    QTest::addColumn<QString>("value");
    QTest::addColumn<int>("count");
    for (const MethodSpec *spec : methodsOf("kv")) {
        if (spec->budget.meaning != BudgetMeaning::KeptTokens)
            continue; // reads its context in a way of its own: iam_test
        const std::string id(spec->id);
        QTest::addRow("%s, defaults", id.c_str()) << QString::fromStdString(id) << "" << "" << 24;
        QTest::addRow("%s, one slot", id.c_str()) << QString::fromStdString(id) << "" << "" << 1;
        QTest::addRow("%s, all slots", id.c_str()) << QString::fromStdString(id) << "" << "" << 90;
        for (const ParameterSpec &parameter : spec->parameters) {
            for (const std::string_view choice : parameter.choices)
                QTest::addRow("%s, %s=%s", id.c_str(), std::string(parameter.name).c_str(), std::string(choice).c_str())
                    << QString::fromStdString(id) << QString::fromStdString(std::string(parameter.name))
                    << QString::fromStdString(std::string(choice)) << 24;
        }
    }
}

void MeasureTest::measuredRunEqualsEvaluation()
{
    QFETCH(QString, id);
    QFETCH(QString, parameter);
    QFETCH(QString, value);
    QFETCH(int, count);
    const MethodSpec *spec = findMethod(id.toStdString());
    QVERIFY(spec);
    Json given = Json::object();
    if (!parameter.isEmpty())
        given[parameter.toStdString()] = value.toStdString();
    if (parameter == "decode" || parameter == "decodeRule") {
        for (const ParameterSpec &other : spec->parameters) {
            if (other.name == "interval")
                given["interval"] = std::max<double>(other.minimum, 7);
        }
    }
    if (methodInfo(*spec).parameter("matchMin"))
        given["matchMin"] = 16; // the context is shorter than most prompts
    const auto canonical = canonicalParameters(methodInfo(*spec), given);
    QVERIFY2(canonical.has_value(), canonical ? "" : canonical.error().message.c_str());
    const std::unique_ptr<const Method> method = spec->create();
    EvaluationCell cell;
    cell.parameters = Parameters(*canonical);
    cell.method = method.get();
    auto ranking = method->rank(*m_capture, cell.parameters, RunContext{});
    QVERIFY2(ranking.has_value(), ranking ? "" : ranking.error().message.c_str());
    cell.ranking = std::move(*ranking);
    auto plan = method->select(*m_capture, *cell.ranking, cell.parameters, count);
    QVERIFY2(plan.has_value(), plan ? "" : plan.error().message.c_str());
    cell.plan = *plan;

    const auto evaluated = evaluate(*m_capture, m_continuation, {cell}, EvaluationOptions{}, nullptr, RunContext{});
    QVERIFY2(evaluated.has_value(), evaluated ? "" : evaluated.error().message.c_str());
    const auto measured = measureCell(*m_capture, m_continuation, cell, RunContext{});
    QVERIFY2(measured.has_value(), measured ? "" : measured.error().message.c_str());
    QCOMPARE(measured->nll.size(), m_continuation.size() - 1);
    double worst = 0;
    for (size_t t = 0; t < measured->nll.size(); ++t)
        worst = std::max(worst, std::abs(static_cast<double>(measured->nll[t]) - static_cast<double>(evaluated->front().series.nll[t])));
    QVERIFY2(worst < 1e-4, qPrintable(QString("nll differs by %1").arg(worst)));

    const CacheShape shape = CacheShape::of(m_model->config());
    const CacheBytes bytes = planBytes(cell.plan, shape);
    QCOMPARE(measured->allocatedBytes, bytes.stored);
    const double forecast = forecastPeakBytes(cell.plan, shape, static_cast<int64_t>(measured->nll.size()));
    QVERIFY(measured->peakBytes >= measured->allocatedBytes);
    QVERIFY2(std::abs(measured->peakBytes / forecast - 1) < 0.1,
        qPrintable(QString("peak %1, forecast %2").arg(measured->peakBytes).arg(forecast)));
    QVERIFY(measured->msPerToken > 0);
}

void MeasureTest::badInputIsRefused()
{
    const MethodSpec *spec = findMethod("full");
    const std::unique_ptr<const Method> method = spec->create();
    EvaluationCell cell;
    cell.plan.kept = KeptTokens::sized(2, 2, 90);
    QVERIFY(!measureCell(*m_capture, {1}, cell, RunContext{}));
    QVERIFY(!measureCell(*m_capture, {1, 512}, cell, RunContext{}));
    QVERIFY(!measureCell(*m_capture, std::vector<int32_t>(200, 1), cell, RunContext{}));
    std::stop_source stop;
    stop.request_stop();
    const auto cancelled = measureCell(*m_capture, m_continuation, cell, RunContext{stop.get_token()});
    QVERIFY(!cancelled && cancelled.error().code == ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(MeasureTest)
#include "measure_test.moc"
