#include "tests/support/toy_head.h"

using namespace winnow;
using namespace winnow::test;

/// Worked values of kv-eviction-baselines.md 8.
class H2oTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void h2oKeepsHeavyAndRecent()
    {
        const Capture capture = toyHead();
        QCOMPARE(keptBy("h2o", capture, {}, 4), (Positions{0, 2, 4, 5}));
        const Ranked ranked = rankMethod("h2o", capture);
        const std::vector<float> scores = ranked.plan(4).kept.score;
        QVERIFY(std::abs(scores[0] - 3.1F) < 1e-6F && std::abs(scores[1] - .85F) < 1e-6F);
        QVERIFY(std::abs(scores[2] - 1.35F) < 1e-6F && std::abs(scores[3] - .35F) < 1e-6F);
        QCOMPARE(scores[4], scores[0] + 1); // protected: largest other score + 1
    }

    void h2oDividesByTheRowsThatSawAToken()
    {
        const Capture capture = toyHead();
        const Ranked ranked = rankMethod("h2o", capture, {{"normalise", "visible"}, {"heavyShare", 1.0}});
        const std::vector<float> found = ranked.plan(3).kept.score;
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
};

QTEST_GUILESS_MAIN(H2oTest)
#include "h2o_test.moc"
