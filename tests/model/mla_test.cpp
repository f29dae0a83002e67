#include "core/model/mla.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

namespace winnow {
namespace {

    using test::maxDifference;

    ModelConfig someConfig(int64_t queryRank)
    {
        ModelConfig config;
        config.heads = 3;
        config.kvHeads = 3;
        config.hidden = 20;
        config.normEps = 1e-2; // must not be used by the latent norms
        config.mla.latent = 12;
        config.mla.queryRank = queryRank;
        config.mla.nope = 6;
        config.mla.rope = 4;
        config.mla.value = 5;
        config.headDim = 10;
        config.valueDim = 5;
        config.scoreScale = 0.4;
        return config;
    }

    MlaWeights someWeights(const ModelConfig &config)
    {
        const MlaConfig &mla = config.mla;
        const auto matrix = [](int64_t rows, int64_t columns) { return WeightMatrix(at::randn({rows, columns}) * 0.4); };
        MlaWeights weights;
        weights.query = matrix(config.heads * (mla.nope + mla.rope), mla.queryRank > 0 ? mla.queryRank : config.hidden);
        if (mla.queryRank > 0) {
            weights.queryDown = matrix(mla.queryRank, config.hidden);
            weights.queryNorm = at::rand({mla.queryRank}) + 0.5;
        }
        weights.latentDown = matrix(mla.latent + mla.rope, config.hidden);
        weights.latentNorm = at::rand({mla.latent}) + 0.5;
        weights.latentUp = matrix(config.heads * (mla.nope + mla.value), mla.latent);
        return weights;
    }

    at::Tensor normed(const at::Tensor &x, const at::Tensor &weight)
    {
        const at::Tensor wide = x.to(at::kDouble);
        return (wide / (wide.square().mean(-1, true) + 1e-6).sqrt() * weight.to(at::kDouble)).to(at::kFloat);
    }

    /// Causal attention of the last rows over expanded heads, one row and head after the other, in double precision.
    at::Tensor plainAttention(const ModelConfig &config, const Projections &heads, int64_t rows)
    {
        const int64_t slots = heads.k.size(0), first = slots - rows;
        at::Tensor out = at::empty({rows, config.heads, config.mla.value});
        for (int64_t t = 0; t < rows; ++t) {
            for (int64_t h = 0; h < config.heads; ++h) {
                const at::Tensor keys = heads.k.narrow(0, 0, first + t + 1).select(1, h).to(at::kDouble);
                const at::Tensor values = heads.v.narrow(0, 0, first + t + 1).select(1, h).to(at::kDouble);
                const at::Tensor scores = at::mv(keys, heads.q[first + t][h].to(at::kDouble)) * config.scoreScale;
                out[t][h] = at::mv(values.t(), at::softmax(scores, 0)).to(at::kFloat);
            }
        }
        return out.view({rows, config.heads * config.mla.value});
    }

} // namespace

class MlaTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { at::manual_seed(11); }
    void projectionsFollowTheFormula_data();
    void projectionsFollowTheFormula();
    void rotatedKeyPartMayBeExpandedLater();
    void publishedExampleAgreesInBothForms();
    void absorbedEqualsPlain();
    void storedLatentsGiveTheSame();
    void yarnScalesScores();
};

void MlaTest::projectionsFollowTheFormula_data()
{
    QTest::addColumn<int>("queryRank");
    QTest::newRow("plain queries") << 0;
    QTest::newRow("compressed queries") << 8;
}

void MlaTest::projectionsFollowTheFormula()
{
    QFETCH(int, queryRank);
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(queryRank);
    const MlaWeights weights = someWeights(config);
    const at::Tensor x = at::randn({7, config.hidden});
    const Projections heads = mlaProjections(config, weights, x);
    const MlaProjections parts = mlaProject(config, weights, x);
    const at::Tensor down = at::mm(x, weights.latentDown.dense().t());
    const at::Tensor latent = normed(down.narrow(1, 0, 12), weights.latentNorm);
    QVERIFY(maxDifference(parts.latent, latent) < 1e-5);
    QVERIFY(maxDifference(parts.kpe, down.narrow(1, 12, 4)) < 1e-5);
    at::Tensor queries = x;
    if (queryRank > 0)
        queries = normed(at::mm(x, weights.queryDown.dense().t()), weights.queryNorm);
    QVERIFY(maxDifference(heads.q, at::mm(queries, weights.query.dense().t()).view({7, 3, 10})) < 1e-5);
    const at::Tensor up = at::mm(latent, weights.latentUp.dense().t()).view({7, 3, 11});
    QVERIFY(maxDifference(heads.k.narrow(2, 0, 6), up.narrow(2, 0, 6)) < 1e-5);
    for (int64_t h = 0; h < 3; ++h)
        QVERIFY(maxDifference(heads.k.select(1, h).narrow(1, 6, 4), down.narrow(1, 12, 4)) < 1e-5);
    QVERIFY(maxDifference(heads.v, up.narrow(2, 6, 5)) < 1e-5);
    // One row goes through another kernel.
    const Projections one = mlaProjections(config, weights, x.narrow(0, 3, 1));
    QVERIFY(maxDifference(one.k, heads.k.narrow(0, 3, 1)) < 1e-5);
    QVERIFY(maxDifference(one.q, heads.q.narrow(0, 3, 1)) < 1e-5);
}

void MlaTest::rotatedKeyPartMayBeExpandedLater()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(0);
    const MlaWeights weights = someWeights(config);
    const MlaProjections parts = mlaProject(config, weights, at::randn({4, config.hidden}));
    Projections heads;
    mlaExpand(config, weights, parts.latent, parts.kpe * -2, heads);
    Projections plain;
    mlaExpand(config, weights, parts.latent, parts.kpe, plain);
    QVERIFY(at::equal(heads.k.narrow(2, 6, 4), plain.k.narrow(2, 6, 4) * -2));
    QVERIFY(at::equal(heads.k.narrow(2, 0, 6), plain.k.narrow(2, 0, 6)));
}

void MlaTest::publishedExampleAgreesInBothForms()
{
    const c10::InferenceMode inference;
    // model-families.md 8, G8: one head, 3 unrotated channels, rank 2.
    ModelConfig config;
    config.heads = 1;
    config.mla.latent = 2;
    config.mla.nope = 3;
    config.mla.rope = 2;
    config.mla.value = 1;
    MlaWeights weights;
    weights.latentUp = WeightMatrix(at::tensor({.5F, .1F, -.3F, .7F, .2F, .2F, 0.F, 0.F}).view({4, 2}));
    const at::Tensor latent = at::tensor({1.F, -.5F, .2F, .8F}).view({2, 2});
    const at::Tensor q = at::tensor({.4F, -.2F, .6F, 0.F, 0.F}).view({1, 1, 5});
    const at::Tensor absorbed = mlaAbsorbQueries(config, weights, q);
    QVERIFY(maxDifference(absorbed.flatten(), at::tensor({.38F, .02F, 0.F, 0.F})) < 1e-6);
    const at::Tensor expected = at::tensor({.37F, .092F});
    QVERIFY(maxDifference(at::mv(latent, absorbed.flatten().narrow(0, 0, 2)), expected) < 1e-6);
    Projections heads;
    mlaExpand(config, weights, latent, at::zeros({2, 2}), heads);
    QVERIFY(maxDifference(at::mv(heads.k.select(1, 0), q.flatten()), expected) < 1e-6);
}

void MlaTest::absorbedEqualsPlain()
{
    const c10::InferenceMode inference;
    for (const int64_t queryRank : {0, 8}) {
        const ModelConfig config = someConfig(queryRank);
        const MlaWeights weights = someWeights(config);
        const MlaProjections parts = mlaProject(config, weights, at::randn({21, config.hidden}));
        Projections heads;
        heads.q = parts.q;
        mlaExpand(config, weights, parts.latent, parts.kpe, heads);
        for (const int64_t rows : {1, 6, 21}) {
            const at::Tensor q = parts.q.narrow(0, 21 - rows, rows);
            const at::Tensor absorbed = mlaAttend(config, weights, q, at::cat({parts.latent, parts.kpe}, 1));
            QVERIFY(maxDifference(absorbed, plainAttention(config, heads, rows)) < 1e-5);
        }
    }
}

void MlaTest::storedLatentsGiveTheSame()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(0);
    MlaWeights weights = someWeights(config);
    const MlaProjections parts = mlaProject(config, weights, at::randn({9, config.hidden}));
    const at::Tensor half = weights.latentUp.dense().to(at::kHalf);
    const at::Tensor latents = at::cat({parts.latent, parts.kpe}, 1);
    weights.latentUp = WeightMatrix(half.to(at::kFloat));
    const at::Tensor dense = mlaAttend(config, weights, parts.q, latents);
    const std::span<const std::byte> bytes(static_cast<const std::byte *>(half.data_ptr()), half.nbytes());
    weights.latentUp = *WeightMatrix::stored({StoredRows{TensorType::F16, bytes, half.size(0), 0}}, half.size(1), nullptr);
    QVERIFY(maxDifference(mlaAttend(config, weights, parts.q, latents), dense) < 1e-6);
}

void MlaTest::yarnScalesScores()
{
    // model-families.md 8, G4: V2-Lite.
    QVERIFY(std::abs(yarnMagnitude(40, 0.707) - 1.260804) < 1e-6);
    QVERIFY(std::abs(yarnScoreScale(192, 40, 0.707) - .114721) < 1e-6);
    QVERIFY(std::abs(yarnScoreScale(192, 40, 0) - .072169) < 1e-6);
    QCOMPARE(yarnMagnitude(1, 0.707), 1.0);
    QCOMPARE(yarnMagnitude(0.5, 1), 1.0);
}

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::MlaTest)
#include "mla_test.moc"
