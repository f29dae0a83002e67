#include "tests/support/method_fixture.h"

#include "core/methods/query_moments.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>

using namespace winnow;
using namespace winnow::test;

namespace {

/// D = 2, one pair of frequency 1; queries with mean (1, .5) and covariance (.4 .1; .1 .2). The published example averages
/// positions 6 and 7 over four keys: two sinks in front, which take no part, make those positions the next ones.
Capture smallCapture()
{
    Capture capture = shapedCapture(1, 1, 1, 2, 6);
    LayerCapture &layer = capture.layers[0];
    layer.keys = tensor2({{9, 9}, {-9, 9}, {1, 0}, {0, 1}, {-1, 1}, {.5F, .5F}}).unsqueeze(0);
    layer.values = tensor2({{7, 7}, {7, 7}, {1, 0}, {0, 2}, {1, 0}, {.5F, 0}}).unsqueeze(0);
    // Four queries around the mean: +-a, +-b with a a^T + b b^T = 2 Sigma (Cholesky of 2 Sigma).
    const double a1 = std::sqrt(.8), a2 = .2 / a1, b2 = std::sqrt(.4 - a2 * a2);
    layer.headQueries = at::full({1, 6, 2}, 5, at::kFloat);
    const double rows[4][2] = {{1 + a1, .5 + a2}, {1 - a1, .5 - a2}, {1, .5 + b2}, {1, .5 - b2}};
    for (int64_t r = 0; r < 4; ++r) {
        layer.headQueries[0][r + 2][0] = rows[r][0];
        layer.headQueries[0][r + 2][1] = rows[r][1];
    }
    return capture;
}

LayerRotation onePair(float frequency) { return {{frequency}, {{0, 1, 0, 1}}, 1}; }

bool near(const at::Tensor &found, const std::vector<double> &expected, double tolerance)
{
    const at::Tensor flat = found.flatten().to(at::kDouble);
    for (size_t i = 0; i < expected.size(); ++i) {
        if (std::abs(flat[int64_t(i)].item<double>() - expected[i]) > tolerance)
            return false;
    }
    return flat.numel() == int64_t(expected.size());
}

} // namespace

/// expected_attention of kv-eviction-baselines.md 8 (six digits given: 1e-6).
class ExpectedAttentionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void momentsAreDividedByTheCount()
    {
        const QueryMoments moments = promptMoments(smallCapture().layers[0], 6, 2);
        QVERIFY(near(moments.mean, {1, .5}, 1e-7));
        QVERIFY(near(moments.covariance, {.4, .1, .1, .2}, 1e-6)); // queries are f32
    }

    void meanRotationTurnsTheMoments()
    {
        const MeanRotation rotation(onePair(1.0F), 6, 2);
        const at::Tensor unit = at::eye(2, at::kDouble);
        const QueryMoments columns = rotation.apply({unit[0].clone(), unit.clone()});
        QVERIFY(near(columns.mean, {.857036, .188786}, 1e-6)); // first column of Rbar
        const QueryMoments turned = rotation.apply(promptMoments(smallCapture().layers[0], 6, 2));
        QVERIFY(near(turned.mean, {.762643, .617304}, 1e-6));
        QVERIFY(near(turned.covariance, {.268573, .102246, .102246, .193517}, 1e-6));
    }

    void closedFormEqualsTheSumOverPositions()
    {
        for (const float w : {1.0F, .3F, 1e-4F, 0.0F}) {
            const MeanRotation rotation(onePair(w), 1000, 512);
            const QueryMoments turned = rotation.apply({at::eye(2, at::kDouble)[0].clone(), at::eye(2, at::kDouble)});
            double c = 0, s = 0;
            for (int64_t p = 1000; p < 1512; ++p) {
                c += std::cos(double(p) * double(w)) / 512;
                s += std::sin(double(p) * double(w)) / 512;
            }
            QVERIFY(near(turned.mean, {c, s}, 1e-9));
        }
    }

    void scoresAreThePublishedOnes()
    {
        const std::vector<std::pair<Json, std::vector<float>>> cases{
            {{{"useVnorm", false}}, {.299729F, .265428F, .157290F, .277553F}},
            {{}, {.299729F, .530856F, .157290F, .138776F}},
            {{{"useCov", false}}, {.295993F, .534168F, .155756F, .140584F}},
        };
        const Capture capture = smallCapture();
        for (const auto &[more, expected] : cases) {
            Json given{{"nFuture", 2}, {"nSink", 2}};
            if (more.is_object())
                given.update(more);
            const Ranked ranked = rankMethod("expected_attention", capture, given);
            const std::vector<float> found = ranked.plan(4).kept.score;
            for (size_t v = 0; v < expected.size(); ++v)
                QVERIFY(std::abs(found[v + 2] - expected[v]) < 1e-6F);
            const float best = *std::max_element(expected.begin(), expected.end());
            QVERIFY(std::abs(found[0] - (best + 1)) < 1e-6F); // sinks: largest score of the layer + 1
        }
    }

    void statisticsBeyondTheFirstRowsAreAdded()
    {
        const Capture whole = noiseCapture(1, 2, 1, 4, 150);
        // The same queries as one block of moments: rows 64.. are only there as sums.
        const QueryMoments moments = promptMoments(whole.layers[0], 150, 10);
        const at::Tensor queries = (noiseTensor({2, 150, 4}, 3) * 3)[1].narrow(0, 10, 140).to(at::kDouble);
        const at::Tensor mean = queries.mean(0);
        QVERIFY(at::allclose(moments.mean[1], mean, 1e-6, 1e-6));
        const at::Tensor centred = queries - mean;
        QVERIFY(at::allclose(moments.covariance[1], at::matmul(centred.t(), centred) / 140, 1e-6, 1e-6));
    }

    void tooFewTokensAreRefused()
    {
        const Ranked ranked = rankMethod("expected_attention", noiseCapture(1, 1, 1, 4, 4));
        QVERIFY(!ranked.ranking);
        QVERIFY(ranked.error.find("nSink is 4") != std::string::npos);
    }

    void sinksCountInsideTheBudget()
    {
        const Capture capture = noiseCapture(1, 1, 1, 4, 30);
        QCOMPARE(keptBy("expected_attention", capture, {}, 4), (Positions{0, 1, 2, 3}));
        QCOMPARE(keptBy("expected_attention", capture, {}, 2), (Positions{0, 1}));
    }
};

QTEST_GUILESS_MAIN(ExpectedAttentionTest)
#include "expected_attention_test.moc"
