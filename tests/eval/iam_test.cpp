#include "core/eval/bytes.h"
#include "core/eval/head_match.h"
#include "core/eval/mapped_context.h"
#include "core/methods/mapped_map.h"
#include "core/methods/mapped_plan.h"
#include "core/model/forward.h"
#include "core/model/kv_cache.h"

#include <QtTest>

#include "tests/support/iam_fixture.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>

using namespace winnow;
using namespace winnow::test;

/// IAM from the map to the token loop, on tiny pairs of models (iam.md 8).
class IamTest : public QObject, private IamFixture {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { makePair(); }
    void noMappedLayerIsTheFullCacheBitForBit();
    void theSameModelAsItsOwnSmallOneEqualsTheFullCache_data();
    void theSameModelAsItsOwnSmallOneEqualsTheFullCache();
    void mappedRowsReplaceAttentionAsHooksDo_data();
    void mappedRowsReplaceAttentionAsHooksDo();
    void theTokenLoopEqualsTheBatch_data();
    void theTokenLoopEqualsTheBatch();
    void mappedLayersHoldNoKeys();
    void blocksOfRowsChangeNothing();
    void rowsBeforeTheSpanDoNotDependOnTheMode();
    void stoppingTheSmallModelEarlyChangesNothing();

private:
    std::vector<float> hookedNll(const Model &small, const MappedPlan &mapped) const;
};

void IamTest::noMappedLayerIsTheFullCacheBitForBit()
{
    const Parameters parameters = parametersOf(Json::object());
    const CapturePtr shared = capture(m_small, parameters);
    const EvaluationCell whole = cell(shared, parameters, 0);
    QVERIFY(whole.plan.inactive && !whole.plan.standIn);
    const auto results = run(shared, whole);
    QCOMPARE(results[0].series.nll, results[1].series.nll);
    QCOMPARE(results[0].metrics.at("kl"), 0.0);
}

void IamTest::theSameModelAsItsOwnSmallOneEqualsTheFullCache_data()
{
    QTest::addColumn<int>("mapped");
    QTest::addColumn<QString>("mode");
    for (int mapped = 1; mapped <= 4; ++mapped) {
        for (const char *mode : {"chunked", "decode_only"})
            QTest::addRow("%d layers %s", mapped, mode) << mapped << QString(mode);
    }
}

void IamTest::theSameModelAsItsOwnSmallOneEqualsTheFullCache()
{
    QFETCH(int, mapped);
    QFETCH(QString, mode);
    const Parameters parameters = parametersOf({{"prefillMode", mode.toStdString()}});
    const CapturePtr shared = capture(m_large, parameters);
    const EvaluationCell iam = cell(shared, parameters, mapped);
    const MappedPlan *plan = mappedPlanOf(iam.plan);
    QVERIFY(plan);
    QCOMPARE(plan->mappedLayers(), int64_t(mapped));
    for (size_t i = 0; i < plan->serving.size(); ++i) {
        if (plan->serving[i] < 0)
            continue;
        QVERIFY(std::abs(plan->score[i] - 1) < 1e-5F);
        QCOMPARE(size_t(plan->serving[i]), i);
    }
    const auto results = run(shared, iam);
    QVERIFY(largestGap(results[0].series.nll, results[1].series.nll) < 1e-4);
    QVERIFY(results[0].rowSumError < 1e-5);
    if (iam.context) {
        QVERIFY(iam.context->maxRowSumError < 1e-5);
        QVERIFY((iam.context->lastLogits - shared->lastLogits).abs().max().item<double>() < 1e-4);
    }
}

/// The large model over everything at once, with a hook that puts rows of the small model in the place of its own: an
/// execution that shares nothing with the ones it is compared with.
std::vector<float> IamTest::hookedNll(const Model &small, const MappedPlan &mapped) const
{
    std::vector<int32_t> all = m_ids;
    all.insert(all.end(), m_continuation.begin(), m_continuation.end() - 1);
    const auto total = static_cast<int64_t>(all.size()), heads = m_large->config().heads, smallHeads = small.config().heads;
    at::Tensor rows = at::zeros({small.config().layers * smallHeads, total, total});
    Hooks watch;
    const HookScope watching = watch.add(HookPoint::Probabilities, kEveryLayer, [&](const at::Tensor &weights, const HookSite &site) -> std::optional<at::Tensor> {
        rows.narrow(0, site.layer * smallHeads + site.firstHead, weights.size(0)).narrow(1, site.firstRow, weights.size(1)).narrow(2, 0, weights.size(2)).copy_(weights);
        return {};
    });
    KvCache smallCache(small.config());
    if (!forward(small, all, smallCache, ForwardOptions{.logits = LogitsRows::None, .hooks = &watch}, RunContext{}))
        qFatal("the small model does not run");
    const int64_t first = mapped.chunked ? mapped.span : kTokens;
    Hooks replace;
    const HookScope replacing = replace.add(HookPoint::Probabilities, kEveryLayer, [&](const at::Tensor &weights, const HookSite &site) -> std::optional<at::Tensor> {
        if (!mapped.isMapped(site.layer))
            return {};
        at::Tensor changed = weights.clone();
        for (int64_t h = 0; h < weights.size(0); ++h) {
            const int32_t serving = mapped.serving[static_cast<size_t>(site.layer * heads + site.firstHead + h)];
            for (int64_t r = 0; r < weights.size(1); ++r) {
                if (site.firstRow + r >= first)
                    changed[h][r].copy_(rows[serving][site.firstRow + r].narrow(0, 0, weights.size(2)));
            }
        }
        return changed;
    });
    KvCache cache(m_large->config());
    const auto pass = forward(*m_large, all, cache, ForwardOptions{.logits = LogitsRows::All, .hooks = &replace}, RunContext{});
    if (!pass)
        qFatal("%s", pass.error().message.c_str());
    std::vector<float> nll;
    for (size_t t = 0; t + 1 < m_continuation.size(); ++t)
        nll.push_back(-pass->logits[kTokens + static_cast<int64_t>(t)].log_softmax(0)[m_continuation[t + 1]].item<float>());
    return nll;
}

void IamTest::mappedRowsReplaceAttentionAsHooksDo_data()
{
    QTest::addColumn<QString>("parameters");
    QTest::addColumn<int>("mapped");
    for (const char *given : {R"({})", R"({"prefillMode":"decode_only"})", R"({"layerRule":"manual","layers":"1,3-5"})",
             R"({"mapControl":"permute_heads"})", R"({"metric":"jaccard"})"}) {
        for (int mapped : {1, 3})
            QTest::addRow("%s %d", given, mapped) << QString(given) << mapped;
    }
}

void IamTest::mappedRowsReplaceAttentionAsHooksDo()
{
    QFETCH(QString, parameters);
    QFETCH(int, mapped);
    const Parameters chosen = parametersOf(Json::parse(parameters.toStdString()));
    const CapturePtr shared = capture(m_small, chosen);
    const EvaluationCell iam = cell(shared, chosen, mapped);
    const auto results = run(shared, iam);
    QVERIFY(largestGap(results[0].series.nll, hookedNll(*m_small, *mappedPlanOf(iam.plan))) < 1e-4);
    QVERIFY(results[0].metrics.at("kl") > 0);
    for (const Check &check : results[0].checks)
        QVERIFY2(check.ok, qPrintable(QString::fromStdString(check.id + ": expected " + check.expected + ", found " + check.found)));
}

void IamTest::theTokenLoopEqualsTheBatch_data()
{
    QTest::addColumn<QString>("parameters");
    for (const std::string_view word : findMethod("iam")->parameters[16].choices)
        QTest::addRow("evict %s", std::string(word).c_str()) << QString(R"({"evict":"%1","evictBudget":0.4})").arg(QString::fromStdString(std::string(word)));
    QTest::newRow("decode only") << R"({"prefillMode":"decode_only","evict":"h2o","evictBudget":0.5})";
}

void IamTest::theTokenLoopEqualsTheBatch()
{
    QFETCH(QString, parameters);
    const Parameters chosen = parametersOf(Json::parse(parameters.toStdString()));
    const CapturePtr shared = capture(m_small, chosen);
    const EvaluationCell iam = cell(shared, chosen, 3);
    const auto results = run(shared, iam);
    const auto measured = measureCell(*shared, m_continuation, iam, RunContext{});
    QVERIFY2(measured.has_value(), measured ? "" : measured.error().message.c_str());
    QVERIFY(largestGap(results[0].series.nll, measured->nll) < 1e-4);
    QCOMPARE(measured->allocatedBytes, planBytes(iam.plan, CacheShape::of(m_large->config())).stored);
    QVERIFY(measured->peakBytes >= measured->allocatedBytes);
    for (const Check &check : results[0].checks)
        QVERIFY2(check.ok, qPrintable(QString::fromStdString(check.id + ": expected " + check.expected + ", found " + check.found + " " + check.where)));
}

void IamTest::mappedLayersHoldNoKeys()
{
    const Parameters parameters = parametersOf(Json::object());
    const CapturePtr shared = capture(m_small, parameters);
    const EvaluationCell iam = cell(shared, parameters, 3);
    const MappedPlan *plan = mappedPlanOf(iam.plan);
    QVERIFY(iam.context);
    double expected = 0;
    for (int64_t l = 0; l < kLayers; ++l) {
        const LayerCapture &layer = iam.context->layers[size_t(l)];
        QCOMPARE(layer.keys.numel() == 0, plan->isMapped(l));
        QCOMPARE(layer.values.size(1), kTokens);
        expected += double(2 * kTokens * 8 * 4 * (plan->isMapped(l) ? 1 : 2)); // kv heads, tokens, channels, f32
    }
    const CacheBytes bytes = planBytes(iam.plan, CacheShape::of(m_large->config()));
    QCOMPARE(bytes.stored, expected);
    QCOMPARE(bytes.native, expected); // no metadata
    QCOMPARE(bytes.nominal, expected);
    const auto measured = measureCell(*shared, m_continuation, iam, RunContext{});
    QVERIFY(measured.has_value());
    QCOMPARE(measured->allocatedBytes, expected);
    QVERIFY(measured->peakBytes < bytes.full);
}

void IamTest::blocksOfRowsChangeNothing()
{
    const Parameters parameters = parametersOf(Json::object());
    const CapturePtr shared = capture(m_small, parameters);
    const EvaluationCell iam = cell(shared, parameters, 3);
    MappedPlan plan = *mappedPlanOf(iam.plan);
    for (const int64_t bytes : {int64_t(0), int64_t(4 * 12 * kTokens * 7)}) {
        plan.rowBytes = bytes; // 1 row, then some
        const auto other = mappedContext(*shared, plan, CaptureNeeds{}, RunContext{});
        QVERIFY(other.has_value());
        QVERIFY((*other)->times.blocks > 1);
        QVERIFY(((*other)->lastLogits - iam.context->lastLogits).abs().max().item<double>() < 1e-4);
        for (size_t l = 0; l < size_t(kLayers); ++l)
            QVERIFY(((*other)->layers[l].values - iam.context->layers[l].values).abs().max().item<double>() < 1e-4);
    }
}

void IamTest::rowsBeforeTheSpanDoNotDependOnTheMode()
{
    const Parameters parameters = parametersOf(Json::object());
    const CapturePtr shared = capture(m_small, parameters); // what decode_only uses
    const EvaluationCell iam = cell(shared, parameters, 3);
    double behind = 0;
    for (size_t l = 0; l < size_t(kLayers); ++l) {
        const at::Tensor gap = (shared->layers[l].values - iam.context->layers[l].values).abs();
        QVERIFY(gap.narrow(1, 0, kSpan).max().item<double>() < 1e-5);
        behind = std::max(behind, gap.narrow(1, kSpan, kTokens - kSpan).max().item<double>());
    }
    QVERIFY(behind > 1e-3);
}

void IamTest::stoppingTheSmallModelEarlyChangesNothing()
{
    std::map<bool, std::vector<float>> nll;
    for (const bool early : {true, false}) {
        const Parameters parameters = parametersOf({{"slmEarlyExit", early}});
        const CapturePtr shared = capture(m_small, parameters);
        const EvaluationCell iam = cell(shared, parameters, 1);
        const auto measured = measureCell(*shared, m_continuation, iam, RunContext{});
        QVERIFY(measured.has_value());
        nll[early] = measured->nll;
    }
    QCOMPARE(nll[true], nll[false]);
}

QTEST_GUILESS_MAIN(IamTest)
#include "iam_test.moc"
