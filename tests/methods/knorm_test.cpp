#include "tests/support/toy_head.h"

using namespace winnow;
using namespace winnow::test;

/// Worked values of kv-eviction-baselines.md 8.
class KeyNormTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void knormKeepsSmallKeys()
    {
        Capture capture = shapedCapture(1, 1, 1, 2, 6);
        capture.layers[0].keys = tensor2({{1, 2}, {3, -1}, {0, .5F}, {-1, 1}, {2, 1}, {2, -.5F}}).unsqueeze(0);
        QCOMPARE(keptBy("knorm", capture, {}, 3), (Positions{2, 3, 5}));
        const Ranked ranked = rankMethod("knorm", capture);
        const std::vector<float> found = ranked.plan(3).kept.score;
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

QTEST_GUILESS_MAIN(KeyNormTest)
#include "knorm_test.moc"
