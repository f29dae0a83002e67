#include "tests/support/method_fixture.h"

using namespace winnow;
using namespace winnow::test;

namespace {

/// Head A of kv-eviction-baselines.md 8.
Capture toyHead()
{
    return attentionCapture({{1}, {.6F, .4F}, {.5F, .2F, .3F}, {.4F, .1F, .3F, .2F}, {.3F, .1F, .4F, .1F, .1F},
        {.3F, .05F, .35F, .05F, .05F, .2F}});
}

/// A row of decoding over the given slots, one query head.
DecodeRow decodeRow(const Positions &positions, const std::vector<float> &weights)
{
    DecodeRow row;
    row.heads = 1;
    row.positions = positions.data();
    row.weights = weights.data();
    row.slots = static_cast<int64_t>(positions.size());
    row.headDim = 2;
    return row;
}

Positions positionsLeft(const Positions &slots, const std::vector<int32_t> &drop)
{
    Positions left;
    for (size_t i = 0; i < slots.size(); ++i) {
        if (std::find(drop.begin(), drop.end(), int32_t(i)) == drop.end())
            left.push_back(slots[i]);
    }
    return left;
}

} // namespace

class ToyHeadTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void h2oKeepsHeavyAndRecent()
    {
        const Capture capture = toyHead();
        QCOMPARE(keptBy("h2o", capture, {}, 4), (Positions{0, 2, 4, 5}));
        const Ranked ranked = rankMethod("h2o", capture);
        const std::vector<float> scores = ranked.ranking->scores(ranked.plan(4));
        QVERIFY(std::abs(scores[0] - 3.1F) < 1e-6F && std::abs(scores[1] - .85F) < 1e-6F);
        QVERIFY(std::abs(scores[2] - 1.35F) < 1e-6F && std::abs(scores[3] - .35F) < 1e-6F);
        QCOMPARE(scores[4], scores[0] + 1); // protected: largest other score + 1
    }

    void h2oDividesByTheRowsThatSawAToken()
    {
        const Capture capture = toyHead();
        const Ranked ranked = rankMethod("h2o", capture, {{"normalise", "visible"}, {"heavyShare", 1.0}});
        const std::vector<float> found = ranked.ranking->scores(ranked.plan(3));
        const std::vector<float> expected{.5167F, .17F, .3375F, .1167F, .075F, .2F};
        for (size_t v = 0; v < expected.size(); ++v)
            QVERIFY(std::abs(found[v] - expected[v]) < 5e-5F); // four digits given
        QCOMPARE(keptPositions(ranked.plan(3).kept, 0, 0), (Positions{0, 2, 5}));
    }

    void h2oStepAddsTheRowAndDropsTheLightest()
    {
        const Capture capture = toyHead();
        const Ranked ranked = rankMethod("h2o", capture);
        const KvPlan plan = ranked.plan(4);
        const auto policy = ranked.policy(plan, 0);
        const Positions slots{0, 2, 4, 5, 6};
        const std::vector<float> weights{.35F, .3F, .05F, .1F, .2F};
        std::vector<int32_t> drop;
        policy->after(decodeRow(slots, weights), drop);
        QCOMPARE(positionsLeft(slots, drop), (Positions{0, 2, 5, 6}));
        QVERIFY(std::abs(policy->dropScore(0) - .2F) < 1e-6F);
    }

    void tovaKeepsWhatTheLastRowLooksAt()
    {
        const Capture capture = toyHead();
        QCOMPARE(keptBy("tova", capture, {}, 4), (Positions{0, 1, 2, 5})); // tie at .05: lower position
    }

    void tovaStepDropsTheLeastWatched()
    {
        const Capture capture = toyHead();
        const Positions slots{0, 1, 2, 5, 6};
        const std::vector<float> weights{.3F, .08F, .35F, .25F, .02F};
        for (const bool protect : {false, true}) {
            const Ranked ranked = rankMethod("tova", capture, {{"protectNewest", protect}});
            const KvPlan plan = ranked.plan(4);
            const auto policy = ranked.policy(plan, 0);
            std::vector<int32_t> drop;
            policy->after(decodeRow(slots, weights), drop);
            QCOMPARE(drop.size(), size_t(1));
            QCOMPARE(slots[size_t(drop[0])], protect ? 1 : 6);
        }
    }

    void streamingKeepsSinksAndTheNewest()
    {
        const Capture capture = toyHead();
        QCOMPARE(keptBy("streaming_llm", capture, {{"sinks", 2}}, 4), (Positions{0, 1, 4, 5}));
        QCOMPARE(keptBy("streaming_llm", capture, {{"sinks", 9}}, 4), (Positions{0, 1, 2, 5})); // s = C - 1
        QCOMPARE(keptBy("streaming_llm", capture, {{"sinks", 4}}, 1), (Positions{5}));
    }

    void streamingShiftPacksTheSlots()
    {
        const Capture capture = noiseCapture(1, 1, 1, 4, 10);
        const Ranked ranked = rankMethod("streaming_llm", capture, {{"sinks", 2}});
        const KvPlan plan = ranked.plan(6);
        QCOMPARE(plan.positions, PositionMode::Shift);
        const Positions kept = keptPositions(plan.kept, 0, 0);
        QCOMPARE(kept, (Positions{0, 1, 6, 7, 8, 9}));
        Positions deltas;
        for (size_t j = 0; j < kept.size(); ++j)
            deltas.push_back(int32_t(j) - kept[j]);
        QCOMPARE(deltas, (Positions{0, 0, -4, -4, -4, -4}));
    }

    void streamingDropsTheOldestWindowTokenBeforeTheRow()
    {
        const Capture capture = noiseCapture(1, 1, 1, 4, 10);
        const Ranked ranked = rankMethod("streaming_llm", capture, {{"sinks", 2}});
        const KvPlan plan = ranked.plan(6);
        const auto policy = ranked.policy(plan, 0);
        const Positions slots{0, 1, 6, 7, 8, 9, 10};
        const std::vector<float> weights(slots.size(), .1F);
        std::vector<int32_t> drop;
        policy->before(decodeRow(slots, weights), drop);
        QCOMPARE(drop, (Positions{2})); // slot 2 holds position 6
        policy->after(decodeRow(slots, weights), drop);
        QVERIFY(drop.empty());
    }

    void snapkvPoolsOverNeighbours()
    {
        const Capture capture = toyHead();
        const Json none{{"window", 2}, {"pool", "none"}};
        const Json max{{"window", 2}, {"pool", "max"}, {"kernel", 3}};
        const Json average{{"window", 2}, {"pool", "avg"}, {"kernel", 3}};
        QCOMPARE(keptBy("snapkv", capture, none, 4), (Positions{0, 2, 4, 5}));
        QCOMPARE(keptBy("snapkv", capture, max, 4), (Positions{1, 2, 4, 5}));
        QCOMPARE(keptBy("snapkv", capture, average, 4), (Positions{1, 2, 4, 5}));
        // Scores are means over the two rows: half the sums .6 .15 .75 .15, pooled .25 .5 .35 .3.
        const Ranked ranked = rankMethod("snapkv", capture, average);
        const std::vector<float> found = ranked.ranking->scores(ranked.plan(4));
        const std::vector<float> expected{.125F, .25F, .175F, .15F};
        for (size_t v = 0; v < expected.size(); ++v)
            QVERIFY(std::abs(found[v] - expected[v]) < 1e-6F);
    }

    void smallBudgetsShrinkTheWindowAndSaySo()
    {
        const Capture capture = noiseCapture(1, 2, 1, 4, 40);
        const Ranked ranked = rankMethod("snapkv", capture, {{"window", 16}});
        const KvPlan plan = ranked.plan(20);
        QCOMPARE(plan.window, int64_t(10)); // floor(20 / 2)
        QCOMPARE(plan.notices.size(), size_t(1));
        QVERIFY(plan.notices[0].find("shrunk to 10 (R5)") != std::string::npos);
        QVERIFY(ranked.plan(32).notices.empty());
        QCOMPARE(keptPositions(ranked.plan(1).kept, 0, 0), (Positions{39})); // base 0: the window only
    }

    void randomFollowsItsNoise()
    {
        const Capture capture = noiseCapture(1, 1, 1, 4, 8);
        const Ranked ranked = rankMethod("random", capture, {{"window", 2}});
        QCOMPARE(keptPositions(ranked.plan(4).kept, 0, 0), (Positions{1, 3, 6, 7}));
        const std::vector<float> found = ranked.ranking->scores(ranked.plan(4));
        const std::vector<float> expected{.3032F, .8786F, .2894F, .8486F, .1454F, .6035F};
        for (size_t v = 0; v < expected.size(); ++v)
            QVERIFY(std::abs(found[v] - expected[v]) < 5e-5F);
    }

    void knormKeepsSmallKeys()
    {
        Capture capture = shapedCapture(1, 1, 1, 2, 6);
        capture.layers[0].keys = tensor2({{1, 2}, {3, -1}, {0, .5F}, {-1, 1}, {2, 1}, {2, -.5F}}).unsqueeze(0);
        QCOMPARE(keptBy("knorm", capture, {}, 3), (Positions{2, 3, 5}));
        const Ranked ranked = rankMethod("knorm", capture);
        const std::vector<float> found = ranked.ranking->scores(ranked.plan(3));
        const std::vector<float> norms{2.2361F, 3.1623F, .5F, 1.4142F, 2.2361F, 2.0616F};
        for (size_t v = 0; v < norms.size(); ++v)
            QVERIFY(std::abs(found[v] + norms[v]) < 5e-5F);
    }

    void knormSkipsTheFirstLayers()
    {
        const Capture capture = noiseCapture(3, 2, 1, 4, 12);
        const Ranked ranked = rankMethod("knorm", capture, {{"skipLayers", 2}});
        const KvPlan plan = ranked.plan(5);
        QCOMPARE(plan.layerCounts, (std::vector<int64_t>{12, 12, 5}));
        QCOMPARE(plan.kept.countKept(1, 0), int64_t(12));
        QCOMPARE(plan.kept.countKept(2, 0), int64_t(5));
        QCOMPARE(plan.notices.size(), size_t(1));
    }
};

QTEST_GUILESS_MAIN(ToyHeadTest)
#include "toy_head_test.moc"
