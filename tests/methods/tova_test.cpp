#include "tests/support/toy_head.h"

using namespace winnow;
using namespace winnow::test;

/// Worked values of kv-eviction-baselines.md 8.
class TovaTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
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
};

QTEST_GUILESS_MAIN(TovaTest)
#include "tova_test.moc"
