#include "core/base/iam_plan.h"
#include "core/eval/bytes.h"
#include "core/eval/head_match.h"
#include "core/eval/mapped_context.h"
#include "core/methods/mapped_map.h"
#include "core/methods/mapped_plan.h"
#include "core/model/forward.h"
#include "core/model/kv_cache.h"

#include <QtTest>

#include "tests/support/pair_models.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>
#include <numeric>

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr int64_t kTokens = 96, kSpan = 40, kRows = 17; // N, n, T + 1
constexpr int64_t kLayers = 6, kSmallLayers = 3;

Parameters parametersOf(Json given)
{
    const Json defaults{{"matchMin", 16}, {"matchMax", kSpan}};
    for (const auto &[name, value] : defaults.items()) {
        if (!given.contains(name))
            given[name] = value;
    }
    auto parameters = canonicalParameters(methodInfo(*findMethod("iam")), given);
    if (!parameters)
        qFatal("%s", parameters.error().message.c_str());
    return Parameters(*parameters);
}

at::Tensor nllTensor(const std::vector<float> &nll)
{
    return at::tensor(at::ArrayRef<float>(nll));
}

double largestGap(const std::vector<float> &a, const std::vector<float> &b)
{
    return a.size() == b.size() ? (nllTensor(a) - nllTensor(b)).abs().max().item<double>() : INFINITY;
}

} // namespace

/// IAM from the map to the token loop, on tiny pairs of models (iam.md 8).
class IamTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void noMappedLayerIsTheFullCacheBitForBit();
    void theSameModelAsItsOwnSmallOneEqualsTheFullCache_data();
    void theSameModelAsItsOwnSmallOneEqualsTheFullCache();
    void firstLayersAsSmallModelMatchThemselves();
    void mappedRowsReplaceAttentionAsHooksDo_data();
    void mappedRowsReplaceAttentionAsHooksDo();
    void theTokenLoopEqualsTheBatch_data();
    void theTokenLoopEqualsTheBatch();
    void mappedLayersHoldNoKeys();
    void blocksOfRowsChangeNothing();
    void rowsBeforeTheSpanDoNotDependOnTheMode();
    void stoppingTheSmallModelEarlyChangesNothing();
    void jaccardGivesTheMapOfColumnSums();
    void controlsMoveTheMapAndLeaveTheScores();
    void mappedLayersKeepTheTokensWithMostMappedAttention();
    void shortPromptsAreLeftAlone();
    void bytesOfTheSpecification();
    void blockRowsFollowTheMemoryForRows();

private:
    CapturePtr capture(const std::shared_ptr<const Model> &small, const Parameters &parameters) const;
    EvaluationCell cell(const CapturePtr &shared, const Parameters &parameters, int64_t mappedLayers) const;
    std::vector<CellResult> run(const CapturePtr &shared, const EvaluationCell &cell) const;
    std::vector<float> hookedNll(const Model &small, const MappedPlan &mapped) const;

    std::shared_ptr<const Model> m_large, m_small;
    std::unique_ptr<const Method> m_method;
    std::vector<int32_t> m_ids, m_continuation;
};

void IamTest::initTestCase()
{
    m_large = randomModel(pairConfig(kLayers), 3);
    m_small = randomModel(pairConfig(kSmallLayers, 6, 3), 4);
    m_method = findMethod("iam")->create();
    std::vector<int32_t> ids = pairIds(kTokens + kRows, 11, m_large->config().vocab);
    m_continuation.assign(ids.begin() + kTokens, ids.end());
    ids.resize(kTokens);
    m_ids = ids;
}

CapturePtr IamTest::capture(const std::shared_ptr<const Model> &small, const Parameters &parameters) const
{
    return pairCapture(m_large, small, m_ids, m_method->needs(parameters));
}

EvaluationCell IamTest::cell(const CapturePtr &shared, const Parameters &parameters, int64_t mappedLayers) const
{
    auto ranking = m_method->rank(*shared, parameters, RunContext{});
    if (!ranking)
        qFatal("%s", ranking.error().message.c_str());
    auto plan = m_method->select(*shared, **ranking, parameters, shared->config.layers - mappedLayers);
    if (!plan)
        qFatal("%s", plan.error().message.c_str());
    EvaluationCell result{*plan, m_method.get(), std::shared_ptr<const Ranking>(std::move(*ranking)), parameters};
    if (auto given = giveContext(*shared, result, RunContext{}); !given)
        qFatal("%s", given.error().message.c_str());
    return result;
}

std::vector<CellResult> IamTest::run(const CapturePtr &shared, const EvaluationCell &cell) const
{
    auto results = evaluate(*shared, m_continuation, {cell}, {}, {}, RunContext{});
    if (!results)
        qFatal("%s", results.error().message.c_str());
    return *results;
}

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

void IamTest::firstLayersAsSmallModelMatchThemselves()
{
    const Parameters parameters = parametersOf({{"layerRule", "manual"}, {"layers", "0-2, 4"}});
    const CapturePtr shared = capture(firstLayers(*m_large, kSmallLayers), parameters);
    const EvaluationCell iam = cell(shared, parameters, 4);
    const MappedPlan *plan = mappedPlanOf(iam.plan);
    for (int64_t i = 0; i < kSmallLayers * 4; ++i) {
        QVERIFY(std::abs(plan->score[size_t(i)] - 1) < 1e-5F);
        QCOMPARE(plan->serving[size_t(i)], int32_t(i));
    }
    QVERIFY(plan->score[size_t(4 * 4)] < 1 - 1e-4F);
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

void IamTest::jaccardGivesTheMapOfColumnSums()
{
    const Parameters parameters = parametersOf({{"metric", "jaccard"}});
    const CapturePtr shared = capture(m_small, parameters);
    const auto map = buildMap(*shared, parameters);
    QVERIFY(map.has_value());
    const PairTables *tables = shared->pair->find(mapSpan(parameters));
    QVERIFY(tables);
    // smallkv.md 3 step 2 written out: sets of the largest sums, their intersections.
    const int64_t top = std::max<int64_t>(8, int64_t(std::floor(0.2 * double(kSpan) + 0.5)));
    const auto sets = [&](const at::Tensor &sums) {
        const at::Tensor chosen = std::get<1>(sums.sort(true, 1, true)).narrow(1, 0, top);
        return at::zeros_like(sums).scatter_(1, chosen, 1.0);
    };
    const at::Tensor shared2 = at::mm(sets(tables->largeSums), sets(tables->smallSums).t());
    const at::Tensor similarity = shared2 / (2.0 * double(top) - shared2);
    for (int64_t i = 0; i < similarity.size(0); ++i) {
        const float best = similarity[i].max().item<float>();
        QCOMPARE(map->score[size_t(i)], best);
        QCOMPARE(similarity[i][map->f[size_t(i)]].item<float>(), best);
    }
}

void IamTest::controlsMoveTheMapAndLeaveTheScores()
{
    const Parameters plain = parametersOf(Json::object());
    const CapturePtr shared = capture(m_small, plain);
    const auto map = buildMap(*shared, plain);
    for (const char *control : {"permute_heads", "shuffle_layers"}) {
        const auto moved = buildMap(*shared, parametersOf({{"mapControl", control}}));
        QVERIFY(moved.has_value());
        QCOMPARE(moved->score, map->score);
        for (size_t i = 0; i < map->f.size(); ++i) {
            QVERIFY(moved->f[i] != map->f[i]);
            QCOMPARE(moved->f[i] / 6 == map->f[i] / 6, std::string_view(control) == "permute_heads");
        }
    }
}

void IamTest::mappedLayersKeepTheTokensWithMostMappedAttention()
{
    const Parameters parameters = parametersOf({{"evict", "h2o"}, {"evictBudget", 0.25}});
    const CapturePtr shared = capture(m_small, parameters);
    const EvaluationCell iam = cell(shared, parameters, 2);
    const MappedPlan *plan = mappedPlanOf(iam.plan);
    const Capture &small = *shared->pair->small;
    for (int64_t l = 0; l < kLayers; ++l) {
        for (int64_t g = 0; g < 2; ++g) {
            QCOMPARE(iam.plan.kept.countKept(l, g), int64_t(24));
            if (!plan->isMapped(l))
                continue;
            at::Tensor sums = at::zeros({kTokens});
            for (int64_t h = 2 * g; h < 2 * g + 2; ++h) {
                const int32_t serving = plan->serving[size_t(l * 4 + h)];
                sums += small.layers[size_t(serving / 6)].colSum[serving % 6] / 2;
            }
            const at::Tensor order = std::get<1>(sums.sort(true, 0, true));
            for (int64_t i = 0; i < kTokens; ++i)
                QCOMPARE(iam.plan.kept.kept(l, g, order[i].item<int64_t>()), i < 24);
        }
    }
}

void IamTest::shortPromptsAreLeftAlone()
{
    const Parameters parameters = parametersOf({{"matchMin", 100}});
    const CapturePtr shared = capture(m_small, parameters);
    const EvaluationCell iam = cell(shared, parameters, 3);
    QVERIFY(iam.plan.inactive && !iam.plan.standIn);
    QCOMPARE(iam.plan.notices, std::vector<std::string>{"inactive: prompt shorter than 100 tokens"});
}

void IamTest::bytesOfTheSpecification()
{
    // kv-evaluation.md 8: 1.7B (24 layers, 32 KV heads of 64 channels), N = 1000, fp16.
    KvPlan plan;
    plan.kept = KeptTokens::sized(24, 32, 1000);
    std::fill(plan.kept.mask.begin(), plan.kept.mask.end(), uint8_t(0xff));
    plan.budget = 1000;
    plan.storesPositions = false;
    auto mapped = std::make_shared<MappedPlan>();
    mapped->mapped.assign(24, 0);
    for (const int64_t layer : publishedLayers(24, 0.5))
        mapped->mapped[size_t(layer)] = 1;
    plan.standIn = mapped;
    const CacheBytes bytes = planBytes(plan, CacheShape{24, 32, 32, 64, 2});
    QCOMPARE(bytes.full, 196608000.0);
    QCOMPARE(bytes.native, 147456000.0);
    QCOMPARE(bytes.nominal, 147456000.0);
}

void IamTest::blockRowsFollowTheMemoryForRows()
{
    MappedPlan plan;
    plan.rowBytes = int64_t(256) << 20;
    QCOMPARE(plan.blockRows(336, 2000), int64_t(99)); // 268435456 / (4 * 336 * 2000)
    QCOMPARE(plan.blockRows(10, 1000), int64_t(256));
    plan.rowBytes = int64_t(16) << 20;
    QCOMPARE(plan.blockRows(336, 100000), int64_t(1));
}

QTEST_GUILESS_MAIN(IamTest)
#include "iam_test.moc"
