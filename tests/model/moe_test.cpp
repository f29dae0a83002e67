#include "core/model/ffn.h"
#include "core/model/moe.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/plain_moe.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <limits>

namespace winnow {
using namespace moe_test;
using test::maxDifference;

class MoeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { at::manual_seed(7); }
    void feedForwardMatchesTheFormula_data();
    void feedForwardMatchesTheFormula();
    void activationsHavePublishedValues();
    void longInputsGoThroughInBlocks();
    void blockMatchesTheFormula();
    void sharedExpertsAreAddedInFull();
    void oneRowEqualsThatRowOfMany();
    void onlyChosenExpertsAreRead();
    void permutedExpertsGiveTheSameOutput();
    void copiesOfOneExpertEqualIt();
    void storedWeightsGiveTheSameOutput();
};

void MoeTest::feedForwardMatchesTheFormula_data()
{
    QTest::addColumn<int>("activation");
    QTest::addColumn<bool>("gated");
    QTest::addColumn<bool>("biased");
    QTest::newRow("SwiGLU") << 0 << true << false;
    QTest::newRow("SwiGLU with biases") << 0 << true << true;
    QTest::newRow("GeGLU tanh") << 1 << true << false;
    QTest::newRow("GELU tanh, ungated") << 1 << false << true;
    QTest::newRow("GELU erf, ungated") << 2 << false << true;
    QTest::newRow("ReLU, ungated") << 3 << false << true;
}

void MoeTest::feedForwardMatchesTheFormula()
{
    QFETCH(int, activation);
    QFETCH(bool, gated);
    QFETCH(bool, biased);
    const c10::InferenceMode inference;
    ModelConfig config = someConfig(2);
    config.activation = static_cast<Activation>(activation);
    config.gatedFfn = gated;
    FfnWeights weights = someFfn(kHidden, 13);
    if (!gated)
        weights.gateUp = WeightMatrix(noise({13, kHidden}, 0.3));
    if (biased) {
        weights.gateUpBias = noise({weights.gateUp.rows()});
        weights.downBias = noise({kHidden});
    }
    for (const int64_t rows : {1, 5}) {
        const at::Tensor x = noise({rows, kHidden});
        const at::Tensor expected = plainFfnRows(config, weights, x);
        QVERIFY(maxDifference(ffn(config, weights, x), expected) < 2e-6);
        const at::Tensor start = noise({rows, kHidden});
        at::Tensor sum = start.clone();
        addFfn(config, weights, x, sum);
        QVERIFY(maxDifference(sum, start + expected) < 2e-6);
    }
}

void MoeTest::activationsHavePublishedValues()
{
    const c10::InferenceMode inference;
    // model-families.md 8, G7, through a feed-forward part whose matrices are 1.
    ModelConfig config = someConfig(2);
    config.gatedFfn = false;
    FfnWeights one;
    one.gateUp = WeightMatrix(at::eye(3));
    one.down = WeightMatrix(at::eye(3));
    const at::Tensor x = at::tensor({-1.0F, 0.5F, 2.0F}).unsqueeze(0);
    config.activation = Activation::GeluTanh;
    QVERIFY(maxDifference(ffn(config, one, x), at::tensor({-.158808F, .345714F, 1.954598F}).unsqueeze(0)) < 1e-6);
    config.activation = Activation::Silu;
    QVERIFY(maxDifference(ffn(config, one, x), at::tensor({-.268941F, .311230F, 1.761594F}).unsqueeze(0)) < 1e-6);
}

void MoeTest::longInputsGoThroughInBlocks()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(2);
    const FfnWeights weights = someFfn(kHidden, 13);
    const at::Tensor x = noise({600, kHidden});
    const at::Tensor all = ffn(config, weights, x);
    for (const int64_t row : {0, 255, 256, 511, 512, 599})
        QVERIFY(maxDifference(all.narrow(0, row, 1), ffn(config, weights, x.narrow(0, row, 1))) < 2e-6);
}

void MoeTest::blockMatchesTheFormula()
{
    const c10::InferenceMode inference;
    for (const int64_t active : {1, 3, 7}) {
        const ModelConfig config = someConfig(active);
        const MoeWeights weights = someExperts();
        const at::Tensor x = noise({19, kHidden});
        QVERIFY(maxDifference(block(config, weights, x), plainMoe(config, weights, x)) < 5e-6);
    }
}

void MoeTest::sharedExpertsAreAddedInFull()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    MoeWeights weights = someExperts();
    const at::Tensor x = noise({11, kHidden});
    const at::Tensor routed = block(config, weights, x);
    weights.shared = someFfn(kHidden, kShared);
    const at::Tensor shared = plainFfnRows(config, weights.shared, x);
    QVERIFY(maxDifference(block(config, weights, x), routed + shared) < 5e-6);
    weights.sharedGate = noise({kHidden}, 0.4);
    const at::Tensor gate = at::sigmoid(at::mv(x, weights.sharedGate)).unsqueeze(1);
    QVERIFY(maxDifference(block(config, weights, x), routed + gate * shared) < 5e-6);
    QVERIFY(maxDifference(block(config, weights, x.narrow(0, 4, 1)), (routed + gate * shared).narrow(0, 4, 1)) < 5e-6);
}

void MoeTest::oneRowEqualsThatRowOfMany()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({23, kHidden});
    const at::Tensor all = block(config, weights, x);
    for (int64_t t = 0; t < 23; ++t)
        QVERIFY(maxDifference(block(config, weights, x.narrow(0, t, 1)), all.narrow(0, t, 1)) < 5e-6);
}

void MoeTest::onlyChosenExpertsAreRead()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(2);
    MoeWeights weights = someExperts();
    const at::Tensor x = noise({1, kHidden});
    const at::Tensor expected = block(config, weights, x);
    const Routing routing = route(config.moe, at::mm(x, weights.router.t()), {});
    const at::Tensor nothing = at::full({2 * kWidth, kHidden}, std::numeric_limits<float>::quiet_NaN());
    for (int64_t e = 0; e < kExperts; ++e) {
        if (!routing.ids.eq(e).any().item<bool>())
            weights.experts[static_cast<size_t>(e)].gateUp = WeightMatrix(nothing);
    }
    QVERIFY(at::equal(block(config, weights, x), expected));
}

void MoeTest::permutedExpertsGiveTheSameOutput()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor order = at::randperm(kExperts);
    MoeWeights permuted;
    permuted.router = weights.router.index_select(0, order);
    for (int64_t e = 0; e < kExperts; ++e)
        permuted.experts.push_back(weights.experts[static_cast<size_t>(order[e].item<int64_t>())]);
    const at::Tensor x = noise({40, kHidden});
    QVERIFY(maxDifference(block(config, permuted, x), block(config, weights, x)) < 1e-5);
}

void MoeTest::copiesOfOneExpertEqualIt()
{
    const c10::InferenceMode inference;
    // moe-efficiency.md 3.8.7: with weights that sum to 1, any router and any k give the dense output.
    const ModelConfig config = someConfig(4);
    MoeWeights weights = someExperts();
    for (FfnWeights &expert : weights.experts)
        expert = weights.experts.front();
    const at::Tensor x = noise({12, kHidden});
    const at::Tensor dense = ffn(config, weights.experts.front(), x);
    for (int64_t k = 1; k <= kExperts; ++k)
        QVERIFY(maxDifference(block(config, weights, x, nullptr, RouterOptions{CombineMode::On, k, {}}), dense) < 5e-6);
}

void MoeTest::storedWeightsGiveTheSameOutput()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    MoeWeights dense = someExperts(), stored = dense;
    std::vector<at::Tensor> halves;
    for (size_t e = 0; e < dense.experts.size(); ++e) {
        const auto half = [&](WeightMatrix &kept, WeightMatrix &read) {
            halves.push_back(kept.dense().to(at::kHalf));
            const at::Tensor &bits = halves.back();
            kept = WeightMatrix(bits.to(at::kFloat));
            const std::span<const std::byte> bytes(static_cast<const std::byte *>(bits.data_ptr()), bits.nbytes());
            read = *WeightMatrix::stored({StoredRows{TensorType::F16, bytes, bits.size(0), 0}}, bits.size(1), nullptr);
        };
        half(dense.experts[e].gateUp, stored.experts[e].gateUp);
        half(dense.experts[e].down, stored.experts[e].down);
    }
    for (const int64_t rows : {1, 17}) {
        const at::Tensor x = noise({rows, kHidden});
        QVERIFY(maxDifference(block(config, stored, x), block(config, dense, x)) < 5e-6);
    }
}

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::MoeTest)
#include "moe_test.moc"
