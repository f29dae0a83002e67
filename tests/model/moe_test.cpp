#include "core/model/ffn.h"
#include "core/model/moe.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <limits>

namespace winnow {
namespace {

    using test::maxDifference;

    constexpr int64_t kHidden = 24, kWidth = 10, kShared = 14, kExperts = 7;

    at::Tensor noise(at::IntArrayRef shape, double scale = 1) { return at::randn(shape) * scale; }

    FfnWeights someFfn(int64_t hidden, int64_t width)
    {
        FfnWeights weights;
        weights.gateUp = WeightMatrix(noise({2 * width, hidden}, 0.3));
        weights.down = WeightMatrix(noise({hidden, width}, 0.3));
        return weights;
    }

    ModelConfig someConfig(int64_t active)
    {
        ModelConfig config;
        config.hidden = kHidden;
        config.moe.experts = kExperts;
        config.moe.active = active;
        config.moe.expertFfn = kWidth;
        config.moe.normalise = true;
        return config;
    }

    MoeWeights someExperts(int64_t experts = kExperts)
    {
        MoeWeights weights;
        weights.router = noise({experts, kHidden}, 0.4);
        for (int64_t e = 0; e < experts; ++e)
            weights.experts.push_back(someFfn(kHidden, kWidth));
        return weights;
    }

    double activated(double x, Activation activation)
    {
        switch (activation) {
        case Activation::Silu:
            return x / (1 + std::exp(-x));
        case Activation::GeluTanh:
            return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
        case Activation::Gelu:
            return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
        case Activation::Relu:
            return std::max(0.0, x);
        }
        return 0;
    }

    double dot(const at::Tensor &matrix, int64_t row, const std::vector<double> &x)
    {
        const at::Tensor values = matrix[row].contiguous();
        double sum = 0;
        for (size_t i = 0; i < x.size(); ++i)
            sum += static_cast<double>(values.data_ptr<float>()[i]) * x[i];
        return sum;
    }

    double biasOf(const at::Tensor &bias, int64_t row) { return bias.defined() ? bias[row].item<double>() : 0.0; }

    /// Feed-forward part of one row in double precision, entry by entry.
    std::vector<double> plainFfn(const ModelConfig &config, const FfnWeights &weights, const std::vector<double> &x)
    {
        const int64_t width = weights.down.columns();
        std::vector<double> inner(static_cast<size_t>(width)), out(static_cast<size_t>(weights.down.rows()));
        const at::Tensor gateUp = weights.gateUp.rowsF32(0, weights.gateUp.rows());
        const at::Tensor down = weights.down.rowsF32(0, weights.down.rows());
        for (int64_t i = 0; i < width; ++i) {
            const double first = dot(gateUp, i, x) + biasOf(weights.gateUpBias, i);
            inner[static_cast<size_t>(i)] = activated(first, config.activation)
                * (config.gatedFfn ? dot(gateUp, width + i, x) + biasOf(weights.gateUpBias, width + i) : 1.0);
        }
        for (int64_t i = 0; i < down.size(0); ++i)
            out[static_cast<size_t>(i)] = dot(down, i, inner) + biasOf(weights.downBias, i);
        return out;
    }

    std::vector<double> rowOf(const at::Tensor &x, int64_t row)
    {
        const at::Tensor values = x[row].to(at::kDouble).contiguous();
        return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
    }

    at::Tensor plainFfnRows(const ModelConfig &config, const FfnWeights &weights, const at::Tensor &x)
    {
        at::Tensor out = at::empty({x.size(0), weights.down.rows()});
        for (int64_t t = 0; t < x.size(0); ++t)
            out[t] = at::tensor(plainFfn(config, weights, rowOf(x, t)), at::kDouble).to(at::kFloat);
        return out;
    }

    /// Softmax over all, the k largest, divided by their sum: written out, one token after the other.
    at::Tensor plainMoe(const ModelConfig &config, const MoeWeights &weights, const at::Tensor &x)
    {
        at::Tensor out = at::zeros(x.sizes());
        for (int64_t t = 0; t < x.size(0); ++t) {
            const std::vector<double> row = rowOf(x, t);
            std::vector<std::pair<double, int64_t>> ranked;
            for (int64_t e = 0; e < config.moe.experts; ++e)
                ranked.emplace_back(-std::exp(dot(weights.router, e, row)), e);
            std::sort(ranked.begin(), ranked.end());
            double sum = 0;
            for (int64_t j = 0; j < config.moe.active; ++j)
                sum += ranked[static_cast<size_t>(j)].first;
            for (int64_t j = 0; j < config.moe.active; ++j) {
                const auto [score, expert] = ranked[static_cast<size_t>(j)];
                const std::vector<double> y = plainFfn(config, weights.experts[static_cast<size_t>(expert)], row);
                out[t].add_(at::tensor(y, at::kDouble).to(at::kFloat), score / sum);
            }
        }
        return out;
    }

    at::Tensor block(const ModelConfig &config, const MoeWeights &weights, const at::Tensor &x, const Hooks *hooks = nullptr,
        const RouterOptions &options = {})
    {
        const RunContext context;
        const auto result = moeBlock(config, weights, x, MoeSite{context, hooks, 1, 0, options});
        if (!result)
            qFatal("%s", result.error().message.c_str());
        return *result;
    }

} // namespace

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
    void hooksSeeTheChoiceById();
    void hooksReplaceTheChoice();
    void fewerExpertsFollowTheOptions();
    void badOptionsAndIdsAreRefused();
    void cancelStopsBetweenExperts();
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

void MoeTest::hooksSeeTheChoiceById()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({9, kHidden});
    Hooks hooks;
    std::vector<std::string> names;
    std::vector<at::Tensor> seen;
    std::vector<HookScope> scopes;
    for (const HookPoint point : {HookPoint::RouterLogits, HookPoint::ExpertIds, HookPoint::ExpertWeights, HookPoint::ExpertNorms})
        scopes.push_back(hooks.add(point, 1, [&](const at::Tensor &value, const HookSite &site) {
            names.push_back(hookName(site.point, site.layer));
            seen.push_back(value.clone());
            return std::nullopt;
        }));
    block(config, weights, x, &hooks);
    QCOMPARE(names, (std::vector<std::string>{"layer.1.router_logits", "layer.1.topk_ids", "layer.1.topk_weights", "layer.1.expert_norms"}));
    const Routing expected = sortedById(route(config.moe, at::mm(x, weights.router.t()), {}));
    QVERIFY(at::equal(seen[0], expected.logits));
    QCOMPARE(seen[1].scalar_type(), at::kInt);
    QVERIFY(at::equal(seen[1], expected.ids));
    QVERIFY(at::equal(seen[2], expected.weights));
    for (int64_t t = 0; t < 9; ++t) {
        for (int64_t j = 0; j < 3; ++j) {
            const auto expert = static_cast<size_t>(expected.ids[t][j].item<int>());
            const double norm = ffn(config, weights.experts[expert], x.narrow(0, t, 1)).norm().item<double>();
            QVERIFY(std::abs(seen[3][t][j].item<double>() - norm) < 1e-5);
        }
    }
    // The same from one row.
    seen.clear();
    block(config, weights, x.narrow(0, 2, 1), &hooks);
    QVERIFY(at::equal(seen[1], expected.ids.narrow(0, 2, 1)));
    const auto first = static_cast<size_t>(expected.ids[2][0].item<int>());
    QVERIFY(std::abs(seen[3][0][0].item<double>() - ffn(config, weights.experts[first], x.narrow(0, 2, 1)).norm().item<double>()) < 1e-5);
}

void MoeTest::hooksReplaceTheChoice()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(2);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({5, kHidden});
    const auto with = [&](HookPoint point, const at::Tensor &value) {
        Hooks hooks;
        const HookScope scope = hooks.add(point, 1, [&](const at::Tensor &, const HookSite &) { return value; });
        return block(config, weights, x, &hooks);
    };
    const at::Tensor logits = noise({5, kExperts});
    const Routing chosen = route(config.moe, logits, {});
    at::Tensor expected = at::zeros({5, kHidden});
    for (int64_t t = 0; t < 5; ++t) {
        for (int64_t j = 0; j < 2; ++j)
            expected[t] += chosen.weights[t][j]
                * ffn(config, weights.experts[static_cast<size_t>(chosen.ids[t][j].item<int>())], x.narrow(0, t, 1))[0];
    }
    QVERIFY(maxDifference(with(HookPoint::RouterLogits, logits), expected) < 5e-6);
    // Experts 2 and 5 for everyone, weighed by the scores the router gave them.
    const at::Tensor ids = at::tensor({2, 5}, at::kInt).unsqueeze(0).expand({5, 2}).contiguous();
    const at::Tensor scores = at::softmax(at::mm(x, weights.router.t()), 1);
    const at::Tensor two = scores.select(1, 2), five = scores.select(1, 5), sum = two + five;
    const at::Tensor mixed = (two / sum).unsqueeze(1) * ffn(config, weights.experts[2], x)
        + (five / sum).unsqueeze(1) * ffn(config, weights.experts[5], x);
    QVERIFY(maxDifference(with(HookPoint::ExpertIds, ids), mixed) < 5e-6);
    QVERIFY(maxDifference(with(HookPoint::ExpertWeights, at::zeros({5, 2})), at::zeros({5, kHidden})) == 0);
}

void MoeTest::fewerExpertsFollowTheOptions()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({8, kHidden});
    // k = 2 under the family's rule is the block of a model whose file says 2.
    QVERIFY(at::equal(block(config, weights, x, nullptr, RouterOptions{CombineMode::Default, 2, {}}), block(someConfig(2), weights, x)));
    // Dropping expert 4 is a model without it.
    at::Tensor keep = at::ones({kExperts}, at::kBool);
    keep[4] = false;
    MoeWeights sliced;
    sliced.router = weights.router.index_select(0, at::tensor({0, 1, 2, 3, 5, 6}, at::kLong));
    for (const size_t e : {0U, 1U, 2U, 3U, 5U, 6U})
        sliced.experts.push_back(weights.experts[e]);
    ModelConfig smaller = config;
    smaller.moe.experts = 6;
    const at::Tensor dropped = block(config, weights, x, nullptr, RouterOptions{CombineMode::Default, 0, keep});
    QVERIFY(maxDifference(dropped, block(smaller, sliced, x)) < 5e-6);
}

void MoeTest::badOptionsAndIdsAreRefused()
{
    const c10::InferenceMode inference;
    const ModelConfig config = someConfig(3);
    const MoeWeights weights = someExperts();
    const at::Tensor x = noise({2, kHidden});
    const RunContext context;
    QVERIFY(!moeBlock(config, weights, x, MoeSite{context, nullptr, 0, 0, RouterOptions{CombineMode::On, 9, {}}}));
    for (const int32_t id : {-1, 7}) {
        Hooks hooks;
        const HookScope scope = hooks.add(HookPoint::ExpertIds, 0,
            [&](const at::Tensor &ids, const HookSite &) { return at::full_like(ids, id); });
        const auto refused = moeBlock(config, weights, x, MoeSite{context, &hooks, 0, 0, {}});
        QVERIFY(!refused && refused.error().code == ErrorCode::BadInput);
    }
}

void MoeTest::cancelStopsBetweenExperts()
{
    const c10::InferenceMode inference;
    std::stop_source source;
    source.request_stop();
    const RunContext context{source.get_token(), nullptr};
    const auto result = moeBlock(someConfig(3), someExperts(), noise({4, kHidden}), MoeSite{context, nullptr, 2, 0, {}});
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Cancelled);
}

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::MoeTest)
#include "moe_test.moc"
