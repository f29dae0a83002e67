#include "tests/support/toy_head.h"

using namespace winnow;
using namespace winnow::test;

/// Worked values of kv-eviction-baselines.md 8.
class SnapKvTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
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
        const std::vector<float> found = ranked.plan(4).kept.score;
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
};

QTEST_GUILESS_MAIN(SnapKvTest)
#include "snapkv_test.moc"
