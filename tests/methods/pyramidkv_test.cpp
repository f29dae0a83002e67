#include "tests/support/method_fixture.h"

#include <ATen/ops/zeros.h>

#include <numeric>

using namespace winnow;
using namespace winnow::test;

namespace {

/// Layer counts only: the attention is the same nothing in every layer.
KvPlan pyramid(int64_t layers, int64_t tokens, int64_t window, int64_t count, const Json &more)
{
    Capture capture = shapedCapture(layers, 1, 1, 2, tokens);
    const at::Tensor rows = at::zeros({1, std::min<int64_t>(tokens, 64), tokens}, at::kFloat);
    for (LayerCapture &layer : capture.layers)
        layer.winRows = rows;
    Json given{{"window", window}};
    if (more.is_object())
        given.update(more);
    return rankMethod("pyramidkv", capture, given).plan(count);
}

int64_t total(const std::vector<int64_t> &counts) { return std::accumulate(counts.begin(), counts.end(), int64_t(0)); }

/// Without the window.
std::vector<int64_t> quotas(const KvPlan &plan)
{
    std::vector<int64_t> counts = plan.layerCounts;
    for (int64_t &count : counts)
        count -= plan.window;
    return counts;
}

} // namespace

/// pyramidkv of kv-eviction-baselines.md 8.
class PyramidKvTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void officialStepsAreWholeNumbers()
    {
        const Json official{{"rounding", "official"}};
        const std::vector<int64_t> small = quotas(pyramid(32, 4000, 8, 128, official));
        QCOMPARE(small[0], int64_t(234));
        QCOMPARE(small[1], int64_t(227));
        QCOMPARE(small[31], int64_t(17));
        QCOMPARE(double(total(small)) / 32, 125.5);
        const std::vector<int64_t> large = quotas(pyramid(32, 8000, 32, 2048, official));
        QCOMPARE(large.front(), int64_t(3932));
        QCOMPARE(large.back(), int64_t(119));
        QCOMPARE(double(total(large)) / 32, 2025.5);
    }

    void officialMissesTheTotalAndSaysSo()
    {
        const KvPlan plan = pyramid(30, 1024, 32, 128, {{"rounding", "official"}});
        QCOMPARE(quotas(plan).front(), int64_t(188));
        QCOMPARE(quotas(plan).back(), int64_t(14));
        QCOMPARE(total(plan.layerCounts), int64_t(3990));
        QVERIFY(!plan.expectTotal);
        QCOMPARE(plan.notices.size(), size_t(1));
        QVERIFY(plan.notices[0].find("3990") != std::string::npos && plan.notices[0].find("3840") != std::string::npos);
        const KvPlan larger = pyramid(30, 1024, 32, 512, {{"rounding", "official"}});
        QCOMPARE(quotas(larger).front(), int64_t(936));
        QCOMPARE(quotas(larger).back(), int64_t(37));
        QCOMPARE(total(larger.layerCounts), int64_t(15555));
    }

    void exactMeetsTheTotal()
    {
        const KvPlan plan = pyramid(32, 4000, 8, 128, {});
        const std::vector<int64_t> counts = quotas(plan);
        QCOMPARE(std::vector<int64_t>(counts.begin(), counts.begin() + 4), (std::vector<int64_t>{234, 227, 219, 212}));
        QCOMPARE(std::vector<int64_t>(counts.end() - 3, counts.end()), (std::vector<int64_t>{21, 13, 6}));
        QCOMPARE(total(counts), int64_t(3840));
        QVERIFY(plan.expectTotal && !plan.expectUniform);
        QCOMPARE(quotas(pyramid(4, 400, 10, 20, {})), (std::vector<int64_t>{20, 13, 7, 0}));
    }

    void exactMeetsTheTotalForEveryBudget()
    {
        for (int64_t count = 1; count < 200; count += 3) {
            for (const int64_t beta : {1, 3, 20, 100}) {
                const KvPlan plan = pyramid(7, 200, 8, count, {{"beta", beta}});
                QCOMPARE(total(plan.layerCounts), 7 * count);
                for (const int64_t slots : plan.layerCounts)
                    QVERIFY(slots >= plan.window && slots <= 200);
            }
        }
    }

    void shortContextsAreFlat()
    {
        const KvPlan plan = pyramid(4, 30, 4, 20, {});
        QCOMPARE(plan.layerCounts, (std::vector<int64_t>{20, 20, 20, 20}));
        QVERIFY(plan.expectUniform);
        QVERIFY(plan.notices[0].find("flat") == 0);
    }

    void theLargestLayerIsCappedByTheContext()
    {
        // base 60, mn 3, mx 117 > N - w = 112: mx 112, mn 8.
        const std::vector<int64_t> counts = quotas(pyramid(3, 120, 8, 68, {}));
        QCOMPARE(counts, (std::vector<int64_t>{112, 60, 8}));
    }

    void betaOneIsSnapkv()
    {
        const Capture capture = noiseCapture(4, 4, 2, 4, 60);
        for (const int64_t count : {1, 7, 20, 31, 59, 60}) {
            const KvPlan pyramidPlan = rankMethod("pyramidkv", capture, {{"beta", 1}, {"window", 6}}).plan(count);
            const KvPlan snapPlan = rankMethod("snapkv", capture, {{"window", 6}}).plan(count);
            QCOMPARE(pyramidPlan.kept.mask, snapPlan.kept.mask);
        }
    }

    void oneLayerGetsTheBudget()
    {
        for (const char *rounding : {"exact", "official"}) {
            const KvPlan plan = pyramid(1, 400, 8, 40, {{"rounding", rounding}});
            if (std::string(rounding) == "exact")
                QCOMPARE(plan.layerCounts, std::vector<int64_t>{40});
            QCOMPARE(plan.kept.countKept(0, 0), plan.layerCounts[0]);
        }
    }
};

QTEST_GUILESS_MAIN(PyramidKvTest)
#include "pyramidkv_test.moc"
