#include "core/eval/bytes.h"
#include "core/eval/cell_decoder.h"
#include "core/eval/evaluate.h"
#include "core/eval/guided_layer.h"
#include "core/eval/small_alone.h"
#include "core/methods/guided_plan.h"

#include <QtTest>

#include "tests/support/guided_loop.h"
#include "tests/support/guided_variants.h"

#include <algorithm>
#include <cmath>

using namespace winnow;
using namespace winnow::test;

/// Evaluation and token loop of SmallKV against its definition, and the invariants of smallkv.md 8.
class GuidedTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void batchEqualsTheDefinition_data() { addVariants(); }
    void batchEqualsTheDefinition();
    void tokenLoopEqualsTheBatch_data() { addVariants(); }
    void tokenLoopEqualsTheBatch();
    void windowsAndCapsAreRespected();
    void wholeBudgetIsTheFullCache();
    void withoutCompensationsItIsH2oBitForBit();
    void aModelGuidesItselfExactly();
    void firstLayersGuideThemselves();
    void stoppingEarlyChangesNothing();

private:
    void addVariants()
    {
        QTest::addColumn<QString>("name");
        for (const auto &[name, given] : variants())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    static Json givenOf(const QString &name) { return variants().at(name.toStdString()); }
    static double worstLoop(const GuidedPair &pair, const EvaluationCell &cell, const CellResult &result);

    GuidedPair m_pair;
};

void GuidedTest::initTestCase()
{
    m_pair = guidedPair(randomModel(tinyConfig(), 1), randomModel(smallConfig(), 2), kTokens, kFed, variantList());
}

/// Largest difference of the NLL between the batch and the definition.
double GuidedTest::worstLoop(const GuidedPair &pair, const EvaluationCell &cell, const CellResult &result)
{
    GuidedLoop loop(*pair.capture, cell, pair.continuation);
    double worst = 0;
    for (size_t t = 0; t + 1 < pair.continuation.size(); ++t) {
        const float nll = -loop.step(pair.continuation[t]).log_softmax(0)[pair.continuation[t + 1]].item<float>();
        worst = std::max(worst, std::abs(double(nll) - double(result.series.nll[t])));
    }
    return worst;
}

void GuidedTest::batchEqualsTheDefinition()
{
    QFETCH(QString, name);
    const PlannedCellOf planned = cellFor(*m_pair.capture, "smallkv", givenOf(name), kCount);
    QVERIFY(guidedPlanOf(planned.cell.plan));
    const CellResult result = evaluated(m_pair, planned.cell);
    const double worst = worstLoop(m_pair, planned.cell, result);
    QVERIFY2(worst < 1e-4, qPrintable(QString::number(worst)));
    for (const Check &check : result.checks)
        QVERIFY2(check.ok, qPrintable(QString::fromStdString(check.id + ": " + check.expected + ", found " + check.found + " " + check.where)));
}

void GuidedTest::tokenLoopEqualsTheBatch()
{
    QFETCH(QString, name);
    const PlannedCellOf planned = cellFor(*m_pair.capture, "smallkv", givenOf(name), kCount);
    const CellResult result = evaluated(m_pair, planned.cell);
    const auto measured = measureCell(*m_pair.capture, m_pair.continuation, planned.cell, RunContext{});
    QVERIFY2(measured.has_value(), measured ? "" : measured.error().message.c_str());
    for (size_t t = 0; t < measured->nll.size(); ++t)
        QVERIFY2(std::abs(measured->nll[t] - result.series.nll[t]) < 1e-4F,
            qPrintable(QString("row %1: %2, batch %3").arg(t).arg(double(measured->nll[t])).arg(double(result.series.nll[t]))));
    const CacheShape shape = CacheShape::of(m_pair.large->config());
    QCOMPARE(measured->allocatedBytes, planBytes(planned.cell.plan, shape).stored);
    const double forecast = forecastPeakBytes(planned.cell.plan, shape, kFed);
    QVERIFY2(std::abs(measured->peakBytes / forecast - 1) < 0.1, qPrintable(QString("%1, forecast %2").arg(measured->peakBytes).arg(forecast)));
    QVERIFY(measured->smallCacheBytes > 0);
}

void GuidedTest::windowsAndCapsAreRespected()
{
    for (const NamedConfig &named : tinyConfigs()) {
        if (named.first != "windows" && named.first != "caps and windows" && named.first != "latent attention")
            continue;
        const Json given{{"matchMin", 16}, {"rescale", "ratio"}};
        const GuidedPair pair = guidedPair(randomModel(named.second, 4), randomModel(smallConfig(), 5), 40, 9, {given});
        for (const char *mode : {"ratio", "oracle", "mass"}) {
            Json of = given;
            of["rescale"] = mode;
            const PlannedCellOf planned = cellFor(*pair.capture, "smallkv", of, 12);
            const CellResult result = evaluated(pair, planned.cell);
            QVERIFY2(worstLoop(pair, planned.cell, result) < 1e-4, named.first.c_str());
            const auto measured = measureCell(*pair.capture, pair.continuation, planned.cell, RunContext{});
            QVERIFY(measured.has_value());
            for (size_t t = 0; t < measured->nll.size(); ++t)
                QVERIFY2(std::abs(measured->nll[t] - result.series.nll[t]) < 1e-4F, named.first.c_str());
        }
    }
}

void GuidedTest::wholeBudgetIsTheFullCache()
{
    for (const Json &given : {Json{{"matchMin", 16}}, Json{{"matchMin", 16}, {"budgetBase", "current"}},
             Json{{"matchMin", 16}, {"compensateSaliency", false}}, Json{{"matchMin", 16}, {"compensateMarginal", false}}}) {
        const GuidedPair pair = guidedPair(m_pair.large, m_pair.small, kTokens, kFed, {given});
        const PlannedCellOf planned = cellFor(*pair.capture, "smallkv", given, kTokens);
        QVERIFY(planned.cell.plan.inactive);
        const CellResult result = evaluated(pair, planned.cell);
        QVERIFY(result.metrics.at("kl") <= 1e-8);
        QCOMPARE(result.metrics.at("top1Agreement"), 1.0);
        CellDecoder decoder(*pair.capture, planned.cell);
        QVERIFY(decoder.adoptContext().has_value());
        KvCache cache(pair.large->config());
        QVERIFY(forward(*pair.large, pair.capture->ids, cache, ForwardOptions{}, RunContext{}).has_value());
        for (int64_t t = 0; t < kFed; ++t) {
            const int32_t id = pair.continuation[size_t(t)];
            const auto full = forward(*pair.large, {&id, 1}, cache, ForwardOptions{}, RunContext{});
            const auto step = decoder.step(t, id, RunContext{});
            QVERIFY(full.has_value() && step.has_value());
            QVERIFY((full->logits.reshape({-1}) - step->reshape({-1})).abs().max().item<float>() < 1e-4F);
        }
    }
}

void GuidedTest::withoutCompensationsItIsH2oBitForBit()
{
    for (const char *rule : {"kv_head_mean", "kv_head_max", "layer", "query_head"}) {
        for (const int64_t count : {int64_t(2), int64_t(9), kCount, int64_t(33)}) {
            const Json neither{{"compensateSaliency", false}, {"compensateMarginal", false}, {"groupRule", rule}};
            const PlannedCellOf own = cellFor(*m_pair.capture, "smallkv", neither, count);
            QVERIFY(!own.cell.plan.standIn);
            const int64_t recent = splitBudget(count, kTokens, 0.04).recent;
            const double share = (double(count - recent) + 0.5) / double(count);
            const Json heavy{{"heavyShare", std::min(1.0, share)}, {"groupRule", rule}};
            const PlannedCellOf h2o = cellFor(*m_pair.capture, "h2o", heavy, count);
            QCOMPARE(own.cell.plan.kept.mask, h2o.cell.plan.kept.mask);
            QCOMPARE(own.cell.plan.kept.score, h2o.cell.plan.kept.score);
            const CellResult a = evaluated(m_pair, own.cell), b = evaluated(m_pair, h2o.cell);
            QVERIFY(a.series.nll == b.series.nll);
            QVERIFY(a.series.kl == b.series.kl);
            QCOMPARE(a.evictions.size(), b.evictions.size());
            for (size_t i = 0; i < a.evictions.size(); ++i)
                QCOMPARE(a.evictions[i].position, b.evictions[i].position);
            const auto left = measureCell(*m_pair.capture, m_pair.continuation, own.cell, RunContext{});
            const auto right = measureCell(*m_pair.capture, m_pair.continuation, h2o.cell, RunContext{});
            QVERIFY(left.has_value() && right.has_value() && left->nll == right->nll);
        }
    }
}

/// SLM = LLM: a head matches itself or an equal-score twin; with no unimportant token mass and ratio are exact, literal is not.
void GuidedTest::aModelGuidesItselfExactly()
{
    // Column sums of random heads fall alike, so the compared sets are large enough to tell every head from its twins.
    const Json match{{"matchMin", 16}, {"criticalFloor", 0.0}, {"kMatchFrac", 0.4}};
    const GuidedPair pair = guidedPair(m_pair.large, m_pair.large, kTokens, kFed, {match});
    // Above tau = .8 the marginal tokens are all that are not kept; for later rows too, the sets have to grow with the text.
    Json given = match;
    given["budgetBase"] = "current";
    for (const char *mode : {"mass", "ratio", "mass_drop", "literal"}) {
        given["rescale"] = mode;
        const PlannedCellOf planned = cellFor(*pair.capture, "smallkv", given, 45);
        const GuidedPlan &guided = *guidedPlanOf(planned.cell.plan);
        for (int64_t slots = kTokens; slots <= kTokens + kFed; ++slots)
            QCOMPARE(guided.budget.at(slots).values(), slots);
        for (size_t i = 0; i < guided.serving.size(); ++i) {
            QCOMPARE(guided.matchScore[i], 1.0F);
            QVERIFY(guided.serving[i] == int32_t(i) || guided.matchMargin[i] == 0.0F);
        }
        // A twin's row stands in for the head's own: exact only where every head serves itself.
        bool own = true;
        for (size_t i = 0; i < guided.serving.size(); ++i)
            own = own && guided.serving[i] == int32_t(i);
        QVERIFY(own);
        const CellResult result = evaluated(pair, planned.cell);
        if (std::string(mode) == "literal")
            QVERIFY(result.metrics.at("kl") > 1e-6);
        else
            QVERIFY2(result.metrics.at("kl") < 1e-8, qPrintable(QString::number(result.metrics.at("kl"))));
    }
    given["rescale"] = "mass";
    const PlannedCellOf dropping = cellFor(*pair.capture, "smallkv", given, 12);
    QVERIFY(evaluated(pair, dropping.cell).metrics.at("kl") > 1e-6);
}

void GuidedTest::firstLayersGuideThemselves()
{
    ModelConfig config = tinyConfig();
    config.layers = 2;
    config.layerConfigs.resize(2);
    Weights weights = m_pair.large->weights();
    weights.layers.resize(2);
    const auto first = Model::fromParts(config, std::move(weights), nullptr);
    const Json given{{"matchMin", 16}};
    const GuidedPair pair = guidedPair(m_pair.large, first, kTokens, kFed, {given});
    const PlannedCellOf planned = cellFor(*pair.capture, "smallkv", given, kCount);
    const GuidedPlan &guided = *guidedPlanOf(planned.cell.plan);
    for (int64_t i = 0; i < 2 * config.heads; ++i)
        QCOMPARE(guided.matchScore[size_t(i)], 1.0F);
    const CellResult result = evaluated(pair, planned.cell);
    QVERIFY(worstLoop(pair, planned.cell, result) < 1e-4);
}

void GuidedTest::stoppingEarlyChangesNothing()
{
    Json given{{"matchMin", 16}};
    const PlannedCellOf early = cellFor(*m_pair.capture, "smallkv", given, kCount);
    given["slmEarlyExit"] = false;
    const PlannedCellOf whole = cellFor(*m_pair.capture, "smallkv", given, kCount);
    QCOMPARE(early.cell.plan.standIn->serving, whole.cell.plan.standIn->serving);
    QVERIFY(evaluated(m_pair, early.cell).series.nll == evaluated(m_pair, whole.cell).series.nll);
    const auto a = measureCell(*m_pair.capture, m_pair.continuation, early.cell, RunContext{});
    const auto b = measureCell(*m_pair.capture, m_pair.continuation, whole.cell, RunContext{});
    QVERIFY(a.has_value() && b.has_value() && a->nll == b->nll);
    QVERIFY(a->smallCacheBytes <= b->smallCacheBytes);
}

QTEST_GUILESS_MAIN(GuidedTest)
#include "guided_test.moc"
