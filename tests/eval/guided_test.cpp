#include "core/eval/bytes.h"
#include "core/eval/cell_decoder.h"
#include "core/eval/evaluate.h"
#include "core/eval/guided_layer.h"
#include "core/eval/small_alone.h"
#include "core/eval/sweep.h"
#include "core/methods/guided_plan.h"

#include <QtTest>

#include "tests/support/guided_fixture.h"
#include "tests/support/guided_loop.h"
#include "tests/support/random_model.h"

#include <algorithm>
#include <cmath>
#include <map>

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr int64_t kTokens = 50, kFed = 20, kCount = 14;

ModelConfig smallConfig()
{
    ModelConfig config = tinyConfig();
    config.name = "small";
    config.layers = 2;
    config.heads = 3;
    config.kvHeads = 1;
    config.hidden = 24;
    config.layerConfigs.resize(2);
    return config;
}

/// Parameter sets by name: every rescaling, grouping, policy and ablation.
std::map<std::string, Json> variants()
{
    std::map<std::string, Json> all;
    for (const char *mode : {"literal", "mass", "mass_drop", "ratio", "oracle", "none"}) {
        all[mode] = {{"rescale", mode}};
        all[std::string("held ") + mode] = {{"rescale", mode}, {"compensateSaliency", false}};
    }
    for (const char *rule : {"kv_head_max", "layer", "query_head"}) {
        all[rule] = {{"groupRule", rule}, {"rescale", "mass"}};
        all[std::string("held ") + rule] = {{"groupRule", rule}, {"compensateSaliency", false}, {"rescale", "ratio"}};
    }
    for (const char *policy : {"last_row", "window"})
        all[policy] = {{"policy", policy}, {"window", 5}, {"rescale", "ratio"}};
    all["current"] = {{"budgetBase", "current"}, {"rescale", "mass_drop"}};
    all["current query heads"] = {{"budgetBase", "current"}, {"groupRule", "query_head"}};
    all["no marginal"] = {{"compensateMarginal", false}};
    all["last span"] = {{"matchSpan", "last"}, {"matchMax", 30}};
    all["permuted"] = {{"mapControl", "permute_heads"}};
    all["no early exit"] = {{"slmEarlyExit", false}};
    for (auto &[name, given] : all) {
        given["matchMin"] = 16;
        given["criticalFloor"] = 0.1;
    }
    return all;
}

std::vector<Json> variantList()
{
    std::vector<Json> list;
    for (const auto &[name, given] : variants())
        list.push_back(given);
    return list;
}

} // namespace

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
    void aDroppedTokenComesBack();
    void changesReplayTheSets();
    void blocksOfRowsEqualOneBlock();
    void massesAndMovesAreAccounted();
    void shortPromptsStayWhole();
    void shortPromptsAreMatchedOnceTheTextIsLongEnough();
    void theSmallModelAloneIsItsOwnForwardPass();
    void byteBudgetsCountTheSmallCache();

private:
    void addVariants()
    {
        QTest::addColumn<QString>("name");
        for (const auto &[name, given] : variants())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    static Json givenOf(const QString &name) { return variants().at(name.toStdString()); }
    static CellResult evaluated(const GuidedPair &pair, const EvaluationCell &cell, const EvaluationOptions &options = {});
    static double worstLoop(const GuidedPair &pair, const EvaluationCell &cell, const CellResult &result);

    GuidedPair m_pair;
};

void GuidedTest::initTestCase()
{
    m_pair = guidedPair(randomModel(tinyConfig(), 1), randomModel(smallConfig(), 2), kTokens, kFed, variantList());
}

CellResult GuidedTest::evaluated(const GuidedPair &pair, const EvaluationCell &cell, const EvaluationOptions &options)
{
    auto results = evaluate(*pair.capture, pair.continuation, {cell}, options, {}, RunContext{});
    if (!results)
        qFatal("%s", results.error().message.c_str());
    return results->front();
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

void GuidedTest::aDroppedTokenComesBack()
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
void GuidedTest::changesReplayTheSets()
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

void GuidedTest::blocksOfRowsEqualOneBlock()
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

void GuidedTest::massesAndMovesAreAccounted()
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

void GuidedTest::shortPromptsStayWhole()
{
    const GuidedPair pair = guidedPair(m_pair.large, m_pair.small, kTokens, 4, {Json::object()});
    const PlannedCellOf planned = cellFor(*pair.capture, "smallkv", Json::object(), kCount);
    QVERIFY(planned.cell.plan.inactive);
    QCOMPARE(planned.cell.plan.notices.front(), std::string("inactive: prompt shorter than 100 tokens"));
    QCOMPARE(planned.cell.plan.kept.countKept(0, 0), kTokens);
    QVERIFY(evaluated(pair, planned.cell).metrics.at("kl") <= 1e-8);
}

void GuidedTest::shortPromptsAreMatchedOnceTheTextIsLongEnough()
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

void GuidedTest::theSmallModelAloneIsItsOwnForwardPass()
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

void GuidedTest::byteBudgetsCountTheSmallCache()
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

QTEST_GUILESS_MAIN(GuidedTest)
#include "guided_test.moc"
