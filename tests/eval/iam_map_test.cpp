#include "core/base/iam_plan.h"
#include "core/eval/bytes.h"
#include "core/eval/head_match.h"
#include "core/eval/mapped_context.h"
#include "core/methods/mapped_map.h"
#include "core/methods/mapped_plan.h"

#include <QtTest>

#include "tests/support/iam_fixture.h"

#include <ATen/ATen.h>

#include <cmath>

using namespace winnow;
using namespace winnow::test;

/// The map of IAM and what it costs: matches, controls, kept tokens, bytes (iam.md 3, 5 and 8).
class IamMapTest : public QObject, private IamFixture {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { makePair(); }
    void firstLayersAsSmallModelMatchThemselves();
    void jaccardGivesTheMapOfColumnSums();
    void controlsMoveTheMapAndLeaveTheScores();
    void mappedLayersKeepTheTokensWithMostMappedAttention();
    void shortPromptsAreLeftAlone();
    void bytesOfTheSpecification();
    void blockRowsFollowTheMemoryForRows();
};

void IamMapTest::firstLayersAsSmallModelMatchThemselves()
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

void IamMapTest::jaccardGivesTheMapOfColumnSums()
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

void IamMapTest::controlsMoveTheMapAndLeaveTheScores()
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

void IamMapTest::mappedLayersKeepTheTokensWithMostMappedAttention()
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

void IamMapTest::shortPromptsAreLeftAlone()
{
    const Parameters parameters = parametersOf({{"matchMin", 100}});
    const CapturePtr shared = capture(m_small, parameters);
    const EvaluationCell iam = cell(shared, parameters, 3);
    QVERIFY(iam.plan.inactive && !iam.plan.standIn);
    QCOMPARE(iam.plan.notices, std::vector<std::string>{"inactive: prompt shorter than 100 tokens"});
}

void IamMapTest::bytesOfTheSpecification()
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

void IamMapTest::blockRowsFollowTheMemoryForRows()
{
    MappedPlan plan;
    plan.rowBytes = int64_t(256) << 20;
    QCOMPARE(plan.blockRows(336, 2000), int64_t(99)); // 268435456 / (4 * 336 * 2000)
    QCOMPARE(plan.blockRows(10, 1000), int64_t(256));
    plan.rowBytes = int64_t(16) << 20;
    QCOMPARE(plan.blockRows(336, 100000), int64_t(1));
}

QTEST_GUILESS_MAIN(IamMapTest)
#include "iam_map_test.moc"
