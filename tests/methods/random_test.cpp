#include "tests/support/toy_head.h"

using namespace winnow;
using namespace winnow::test;

/// Worked values of kv-eviction-baselines.md 8.
class RandomTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void randomFollowsItsNoise()
    {
        const Capture capture = noiseCapture(1, 1, 1, 4, 8);
        const Ranked ranked = rankMethod("random", capture, {{"window", 2}});
        QCOMPARE(keptPositions(ranked.plan(4).kept, 0, 0), (Positions{1, 3, 6, 7}));
        const std::vector<float> found = ranked.plan(4).kept.score;
        const std::vector<float> expected{.3032F, .8786F, .2894F, .8486F, .1454F, .6035F};
        for (size_t v = 0; v < expected.size(); ++v)
            QVERIFY(std::abs(found[v] - expected[v]) < 5e-5F);
    }
};

QTEST_GUILESS_MAIN(RandomTest)
#include "random_test.moc"
