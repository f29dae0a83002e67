#include "core/eval/metrics.h"
#include "core/eval/metrics_rows.h"
#include "core/eval/metrics_vector.h"

#include <QTest>

#include <cmath>
#include <random>
#include <vector>

using namespace winnow;

namespace {

bool near(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

std::vector<float> noise(size_t n, unsigned seed, float scale)
{
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal(0, scale);
    std::vector<float> values(n);
    for (float &value : values)
        value = normal(generator);
    return values;
}

} // namespace

class MetricsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void scoresTheRowOfTheSpecification()
    {
        // kv-evaluation.md 8.
        ReferenceRows reference(1, 3);
        reference.set(0, std::vector<float>{2, 1, 0});
        const double p[] = {.665241, .244728, .090031};
        for (size_t v = 0; v < 3; ++v)
            QVERIFY(near(static_cast<double>(reference.probabilities(0)[v]), p[v], 1e-6));
        const RowScore score = scoreRow(std::vector<float>{1.5F, 1.5F, 0}, reference, 0, 0);
        QVERIFY(near(score.kl, .101566, 1e-6));
        QVERIFY(near(score.nll, .798916, 1e-6));
        QVERIFY(near(score.nll - score.deltaNll, .407606, 1e-6));
        QVERIFY(near(score.deltaNll, .391310, 1e-6));
        QVERIFY(near(score.deltaP, .449816 - .665241, 1e-6));
        QVERIFY(score.agree); // tie of ids 0 and 1: the lowest wins
        QCOMPARE(score.rank, 0);
        QCOMPARE(score.overlap, 3);
        ReferenceRows reversed(1, 3);
        reversed.set(0, std::vector<float>{1.5F, 1.5F, 0});
        QVERIFY(near(scoreRow(std::vector<float>{2, 1, 0}, reversed, 0, 1).kl, .108690, 1e-6));
        QCOMPARE(scoreRow(std::vector<float>{2, 1, 0}, reversed, 0, 1).rank, 1);
    }

    void equalRowsDivergeByExactlyZero()
    {
        const std::vector<float> row = noise(4099, 7, 3);
        ReferenceRows reference(1, 4099);
        reference.set(0, row);
        const RowScore score = scoreRow(row, reference, 0, 17);
        QCOMPARE(score.kl, 0.0);
        QCOMPARE(score.deltaNll, 0.0);
        QVERIFY(score.agree);
        QCOMPARE(score.overlap, 5);
    }

    void agreesWithPlainF64Sums()
    {
        for (const size_t n : {size_t(1), size_t(5), size_t(8), size_t(31), size_t(1000), size_t(49152)}) {
            const std::vector<float> p = noise(n, 1, 4), change = noise(n, 2, 1);
            std::vector<float> q(n);
            double sumP = 0, sumQ = 0, kl = 0;
            for (size_t v = 0; v < n; ++v) {
                q[v] = p[v] + change[v];
                sumP += std::exp(static_cast<double>(p[v]));
                sumQ += std::exp(static_cast<double>(q[v]));
            }
            for (size_t v = 0; v < n; ++v) {
                const double lnP = static_cast<double>(p[v]) - std::log(sumP);
                kl += std::exp(lnP) * (lnP - (static_cast<double>(q[v]) - std::log(sumQ)));
            }
            ReferenceRows reference(1, static_cast<int64_t>(n));
            reference.set(0, p);
            const RowScore score = scoreRow(q, reference, 0, static_cast<int32_t>(n / 2));
            QVERIFY(near(score.kl, kl, 1e-6 * (1 + kl)));
            QVERIFY(near(score.nll, std::log(sumQ) - static_cast<double>(q[n / 2]), 1e-6));
            QVERIFY(reference.maxSumError() < 1e-6);
        }
    }

    void tinyChangesKeepTheirDivergence()
    {
        // Rounding noise of a logit must not show up as a divergence (a full budget has to come out below 1e-8).
        const std::vector<float> p = noise(49152, 3, 3), change = noise(49152, 4, 1e-6F);
        std::vector<float> q(p.size());
        for (size_t v = 0; v < p.size(); ++v)
            q[v] = p[v] + change[v];
        ReferenceRows reference(1, 49152);
        reference.set(0, p);
        QVERIFY(std::abs(scoreRow(q, reference, 0, 0).kl) < 1e-8);
    }

    void softmaxIgnoresHiddenColumns()
    {
        std::vector<float> row{1, -INFINITY, 2, -INFINITY, 3, 0, 0, 0, 0, 0, -INFINITY};
        softmaxInPlace(row.data(), row.size());
        QCOMPARE(row[1], 0.0F);
        QCOMPARE(row.back(), 0.0F);
        QVERIFY(near(vectorSum(row.data(), row.size()), 1, 1e-6));
        QVERIFY(near(static_cast<double>(row[4] / row[2]), std::exp(1), 1e-5));
    }

    void percentilesInterpolateLinearly()
    {
        QCOMPARE(quantile({4, 1, 3, 2}, .5), 2.5);
        QCOMPARE(quantile({4, 1, 3, 2}, .9), 3.7);
        QCOMPARE(quantile({4, 1, 3, 2}, 1), 4.0);
        QCOMPARE(quantile({5}, .99), 5.0);
        QVERIFY(std::isnan(quantile({}, .5)));
    }

    void segmentStatisticsOfTheSpecification()
    {
        // kv-evaluation.md 8: four segment deltas.
        const std::vector<double> deltas{.02, .05, .03, .04};
        QVERIFY(near(mean(deltas), .035, 1e-12));
        QVERIFY(near(standardError(deltas), .006455, 1e-6));
        QVERIFY(near(std::exp(mean(deltas)), 1.035620, 1e-6));
    }

    void bootstrapIsSeededAndHoldsTheMean()
    {
        const std::vector<double> deltas{.02, .05, .03, .04};
        const Interval a = bootstrapMean(deltas, 1234), b = bootstrapMean(deltas, 1234);
        QCOMPARE(a.low, b.low);
        QCOMPARE(a.high, b.high);
        QVERIFY(a.low < .035 && .035 < a.high && a.low >= .02 && a.high <= .05);
        // Standard deviation of the mean of 400 draws from 0/1 is .025: the 95 % interval is .5 -+ .049.
        std::vector<double> coins(400);
        for (size_t i = 0; i < coins.size(); ++i)
            coins[i] = static_cast<double>(i % 2);
        const Interval wide = bootstrapMean(coins, 5);
        QVERIFY(near(wide.low, .451, .006) && near(wide.high, .549, .006));
        const Interval one = bootstrapMean(std::vector<double>{.3}, 1);
        QCOMPARE(one.low, .3);
        QCOMPARE(one.high, .3);
    }

    void kneeIsTheLastBudgetNotToldApart()
    {
        const Knee knee = kneeOf({{.05, .4}, {.8, .001}, {.2, .03}, {.5, .009}});
        QVERIFY(knee.found);
        QCOMPARE(knee.within, .5);
        QCOMPARE(knee.beyond, .2);
        QVERIFY(!kneeOf({{.8, .001}, {.5, .01}}).found);
    }

    void comparesIdLists()
    {
        // kv-evaluation.md 8.
        const std::vector<int32_t> a{5, 7, 9, 9, 2}, b{5, 7, 8, 9, 9, 1};
        QCOMPARE(levenshtein(a, b), int64_t(2));
        QVERIFY(near(editSimilarity(a, b), .666667, 1e-6));
        QCOMPARE(firstDivergence(a, b, 128), int64_t(2));
        QCOMPARE(firstDivergence(a, a, 128), int64_t(128));
        QCOMPARE(firstDivergence(a, std::vector<int32_t>{5, 7}, 128), int64_t(2));
        QCOMPARE(editSimilarity({}, {}), 1.0);
    }

    void repetitionCountsFourGramsSeenBefore()
    {
        QCOMPARE(repetition(std::vector<int32_t>{1, 2, 3, 4, 1, 2, 3, 4}), 1.0 / 5);
        QCOMPARE(repetition(std::vector<int32_t>{1, 1, 1, 1, 1, 1}), 2.0 / 3);
        QCOMPARE(repetition(std::vector<int32_t>{1, 2, 3}), 0.0);
    }
};

QTEST_GUILESS_MAIN(MetricsTest)
#include "metrics_test.moc"
