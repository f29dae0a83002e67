#include "core/eval/bytes.h"
#include "core/eval/cell_decoder.h"
#include "core/eval/guided_layer.h"
#include "core/eval/small_alone.h"
#include "core/eval/sweep.h"
#include "core/methods/guided_plan.h"

#include <QtTest>

#include "tests/support/guided_loop.h"
#include "tests/support/guided_variants.h"

#include <algorithm>
#include <cmath>

using namespace winnow;
using namespace winnow::test;

/// Sets and accounts of SmallKV: what comes back, what is counted, what a short prompt does (smallkv.md 3 and 5).
class GuidedSetsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { m_pair = guidedPair(randomModel(tinyConfig(), 1), randomModel(smallConfig(), 2), kTokens, kFed, variantList()); }
    void aDroppedTokenComesBack();
    void changesReplayTheSets();
    void blocksOfRowsEqualOneBlock();
    void massesAndMovesAreAccounted();
    void shortPromptsStayWhole();
    void shortPromptsAreMatchedOnceTheTextIsLongEnough();
    void theSmallModelAloneIsItsOwnForwardPass();
    void byteBudgetsCountTheSmallCache();

private:
    GuidedPair m_pair;
};

void GuidedSetsTest::aDroppedTokenComesBack()
{
    const PlannedCellOf planned = cellFor(*m_pair.capture, "smallkv", {{"matchMin", 16}, {"policy", "last_row"}}, kCount);
    const CellResult result = evaluated(m_pair, planned.cell);
    std::map<std::tuple<int32_t, int32_t, int32_t>, TokenClass> classes;
    bool back = false;
    for (const ClassChange &change : result.changes) {
        TokenClass &known = classes[{change.layer, change.head, change.position}];
        back = back || (change.to == TokenClass::Kept && known == TokenClass::Evicted && change.position < kTokens && change.step > 0);
        known = change.to;
    }
    QVERIFY(back);
    QVERIFY(result.metrics.at("revivalRate") > 0);
    QVERIFY(result.h2dBytes > 0);
}

/// Classes of the prompt and the changes since give the sets of every row.
void GuidedSetsTest::changesReplayTheSets()
{
    const PlannedCellOf planned = cellFor(*m_pair.capture, "smallkv", {{"matchMin", 16}}, kCount);
    const CellResult result = evaluated(m_pair, planned.cell);
    const KeptTokens &kept = planned.cell.plan.kept;
    const ClassCounts counts = guidedPlanOf(planned.cell.plan)->budget.at(kTokens);
    std::vector<uint8_t> classes(size_t(kept.layers * kept.heads * (kTokens + kFed)));
    for (int64_t l = 0; l < kept.layers; ++l) {
        for (int64_t s = 0; s < kept.heads; ++s) {
            for (int64_t v = 0; v < kTokens; ++v)
                classes[size_t((l * kept.heads + s) * (kTokens + kFed) + v)] = uint8_t(kept.tokenClass(l, s, v));
        }
    }
    size_t next = 0;
    for (int64_t t = 0; t < kFed; ++t) {
        for (; next < result.changes.size() && result.changes[next].step == t; ++next) {
            const ClassChange &change = result.changes[next];
            classes[size_t((change.layer * kept.heads + change.head) * (kTokens + kFed) + change.position)] = uint8_t(change.to);
        }
        for (int64_t set = 0; set < kept.layers * kept.heads; ++set) {
            const auto count = [&](TokenClass of) {
                const auto begin = classes.begin() + set * (kTokens + kFed);
                return std::count(begin, begin + kTokens + kFed, uint8_t(of));
            };
            QCOMPARE(count(TokenClass::Kept), counts.critical);
            QCOMPARE(count(TokenClass::Window), counts.recent);
            QCOMPARE(count(TokenClass::Marginal), counts.marginal);
        }
    }
    QCOMPARE(next, result.changes.size());
}

void GuidedSetsTest::blocksOfRowsEqualOneBlock()
{
    EvaluationOptions blocks;
    blocks.blockRows = 7;
    for (const char *name : {"ratio", "held mass", "current", "query_head"}) {
        const PlannedCellOf planned = cellFor(*m_pair.capture, "smallkv", variants().at(name), kCount);
        const CellResult a = evaluated(m_pair, planned.cell), b = evaluated(m_pair, planned.cell, blocks);
        for (const auto &[metric, value] : a.metrics)
            QVERIFY2(std::abs(value - b.metrics.at(metric)) < 1e-5 * std::max(1.0, std::abs(value)), metric.c_str());
        QCOMPARE(a.hostBytes, b.hostBytes);
        QCOMPARE(a.changes.size(), b.changes.size());
    }
}

void GuidedSetsTest::massesAndMovesAreAccounted()
{
    for (const auto &[name, given] : variants()) {
        const PlannedCellOf planned = cellFor(*m_pair.capture, "smallkv", given, kCount);
        const CellResult result = evaluated(m_pair, planned.cell);
        const GuidedPlan &guided = *guidedPlanOf(planned.cell.plan);
        QCOMPARE(int64_t(result.classMass.size()), m_pair.large->config().layers * m_pair.large->config().heads * kGuidedMasses);
        for (size_t i = 0; i < result.classMass.size(); i += kGuidedMasses) {
            const float *mass = result.classMass.data() + i;
            QVERIFY(std::abs(mass[0] + mass[1] - 1) < 1e-5F); // a softmax over the kept tokens
            QVERIFY(mass[2] >= 0 && mass[2] <= 1 && mass[3] >= 0 && mass[3] <= 1);
            const float total = mass[4] + mass[5];
            if (guided.rescale == Rescale::Literal)
                QVERIFY(std::abs(total - 1 - mass[2]) < 1e-5F);
            else if (guided.rescale == Rescale::Mass || guided.rescale == Rescale::Ratio || guided.rescale == Rescale::None)
                QVERIFY(std::abs(total - 1) < 1e-5F);
            else
                QVERIFY(total < 1 + 1e-5F);
        }
        if (guided.rescale == Rescale::Literal)
            QVERIFY(std::abs(result.metrics.at("surplusMass") - result.metrics.at("marginalMass")) < 1e-5);
        // Nothing comes back to the sets of h2o, so nothing is copied; else every prompt token without its key or value is.
        if (!guided.ranksBySmall)
            QCOMPARE(result.hostBytes, 0.0);
        else
            QVERIFY(result.hostBytes > 0 && result.d2hBytes >= 0 && result.h2dBytes >= 0);
    }
}

void GuidedSetsTest::shortPromptsStayWhole()
{
    const GuidedPair pair = guidedPair(m_pair.large, m_pair.small, kTokens, 4, {Json::object()});
    const PlannedCellOf planned = cellFor(*pair.capture, "smallkv", Json::object(), kCount);
    QVERIFY(planned.cell.plan.inactive);
    QCOMPARE(planned.cell.plan.notices.front(), std::string("inactive: prompt shorter than 100 tokens"));
    QCOMPARE(planned.cell.plan.kept.countKept(0, 0), kTokens);
    QVERIFY(evaluated(pair, planned.cell).metrics.at("kl") <= 1e-8);
}

void GuidedSetsTest::shortPromptsAreMatchedOnceTheTextIsLongEnough()
{
    for (const char *rule : {"kv_head_mean", "layer", "query_head"}) {
        const Json given{{"matchMin", 58}, {"matchMax", 100}, {"rescale", "ratio"}, {"groupRule", rule}};
        const GuidedPair pair = guidedPair(m_pair.large, m_pair.small, kTokens, kFed, {given});
        const PlannedCellOf planned = cellFor(*pair.capture, "smallkv", given, kCount);
        QVERIFY(planned.cell.plan.inactive && planned.cell.plan.standIn);
        // The match is the one of a prompt of 58 tokens.
        GuidedPair longer = pair;
        std::vector<int32_t> ids = pair.capture->ids;
        ids.insert(ids.end(), pair.continuation.begin(), pair.continuation.begin() + 8);
        auto capture = std::make_shared<Capture>(**captureContext(pair.large, ids, pair.capture->needs, RunContext{}));
        capture->needs = pair.capture->needs;
        capture->pair = *capturePair(*capture, pair.small, capture->needs.pair, RunContext{});
        const PlannedCellOf matched = cellFor(*capture, "smallkv", given, kCount);
        GuidedLoop loop(*pair.capture, planned.cell, pair.continuation, matched.cell.plan.standIn->serving, 8);
        const CellResult result = evaluated(pair, planned.cell);
        const auto measured = measureCell(*pair.capture, pair.continuation, planned.cell, RunContext{});
        QVERIFY(measured.has_value());
        for (size_t t = 0; t + 1 < pair.continuation.size(); ++t) {
            const float nll = -loop.step(pair.continuation[t]).log_softmax(0)[pair.continuation[t + 1]].item<float>();
            QVERIFY2(std::abs(nll - result.series.nll[t]) < 1e-4F, qPrintable(QString("%1, row %2").arg(rule).arg(t)));
            QVERIFY2(std::abs(nll - measured->nll[t]) < 1e-4F, qPrintable(QString("%1, row %2").arg(rule).arg(t)));
            QVERIFY(t >= 8 || std::abs(result.series.kl[t]) < 1e-8F);
        }
        QVERIFY(result.metrics.at("kl") > 1e-6);
        for (const Check &check : result.checks)
            QVERIFY2(check.ok, check.id.c_str());
    }
}

void GuidedSetsTest::theSmallModelAloneIsItsOwnForwardPass()
{
    const auto alone = evaluateSmall(*m_pair.capture, m_pair.continuation, RunContext{});
    QVERIFY2(alone.has_value(), alone ? "" : alone.error().message.c_str());
    std::vector<int32_t> ids = m_pair.capture->ids;
    ids.insert(ids.end(), m_pair.continuation.begin(), m_pair.continuation.end() - 1);
    const auto logp = [&](const Model &model) {
        KvCache cache(model.config());
        const auto pass = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{});
        return pass->logits.narrow(0, kTokens, kFed).log_softmax(1);
    };
    const at::Tensor own = logp(*m_pair.small), full = logp(*m_pair.large);
    double kl = 0;
    for (int64_t t = 0; t < kFed; ++t) {
        QVERIFY(std::abs(alone->series.nll[size_t(t)] + own[t][m_pair.continuation[size_t(t) + 1]].item<float>()) < 1e-4F);
        kl += (full[t].exp() * (full[t] - own[t])).sum().item<double>() / double(kFed);
    }
    QVERIFY(std::abs(alone->metrics.at("kl") - kl) < 1e-4);
    const GuidedPair twin = guidedPair(m_pair.large, m_pair.large, kTokens, kFed, {Json{{"matchMin", 16}}});
    QCOMPARE(evaluateSmall(*twin.capture, twin.continuation, RunContext{})->metrics.at("kl"), 0.0);
}

void GuidedSetsTest::byteBudgetsCountTheSmallCache()
{
    SweepRequest request;
    const Json parameters = *canonicalParameters(methodInfo(*findMethod("smallkv")), Json{{"matchMin", 16}});
    request.methods = {{"smallkv", parameters}};
    const CacheBytes full = planBytes(cellFor(*m_pair.capture, "smallkv", parameters, kTokens).cell.plan,
        CacheShape::of(m_pair.large->config()));
    request.budgets = {Budget{BudgetKind::Bytes, std::floor(full.full * 0.9)}};
    const auto count = [&](CountSmall small) {
        request.countSmall = small;
        const auto swept = runSweep(*m_pair.capture, m_pair.continuation, request, {}, RunContext{});
        if (!swept)
            qFatal("%s", swept.error().message.c_str());
        const CacheBytes &bytes = swept->cells.front().bytes;
        Q_ASSERT(countedBytes(bytes, small) <= request.budgets.front().value);
        return swept->cells.front().count;
    };
    const int64_t with = count(CountSmall::Yes), without = count(CountSmall::No);
    QVERIFY2(with < without, qPrintable(QString("%1 with, %2 without").arg(with).arg(without)));
    // One more token would not fit.
    const PlannedCellOf next = cellFor(*m_pair.capture, "smallkv", parameters, with + 1);
    QVERIFY(countedBytes(cellBytes(next.cell.plan, *m_pair.capture), CountSmall::Yes) > request.budgets.front().value);
}

QTEST_GUILESS_MAIN(GuidedSetsTest)
#include "guided_sets_test.moc"
