#include "core/model/forward.h"

#include "core/model/attention.h"
#include "core/model/cpu_kernels.h"
#include "core/model/generate.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/xlogy.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <numeric>

using namespace winnow;
using namespace winnow::test;

/// Invariants and computed values of model-families.md 8 that concern llama and qwen2, on tiny models and by hand.
class ForwardTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void ropeRotatesHalves();
    void ropeOnPermutedRowsEqualsHalfRope();
    void ropeFactorsDivideFrequencies();
    void rmsNormEqualsComputedValues();
    void siluEqualsComputedValues();
    void softmaxRowEqualsDirectSum();
    void queryHeadsShareKvHeads();
    void tiedHeadIsTheEmbedding();
    void prefillEqualsStepByStepDecoding_data();
    void prefillEqualsStepByStepDecoding();
    void prefillInPiecesEqualsOnePrefill();
    void raggedCacheWithAllSlotsEqualsTheUniformOne();
    void maskedSlotEqualsDroppedSlot();
    void explicitPositionsMoveRelativeDistance();
    void hooksObserveInOrderAndReplace();
    void hookScopeEndsWithItsBlock();
    void badInputIsRefused();
    void cancelledPassLeavesTheCacheAsItWas();
    void samplingIsSeeded();

private:
    std::shared_ptr<const Model> m_llama = openModel(dataPath("models/llama-f16.gguf"));
    std::shared_ptr<const Model> m_qwen = openModel(dataPath("models/qwen2-f16.gguf"));
};

namespace {

RopeConfig ropeOf(int64_t dim)
{
    RopeConfig config;
    config.dim = dim;
    return config;
}

at::Tensor tensorOf(const std::vector<float> &values) { return at::tensor(at::ArrayRef<float>(values), at::kFloat); }

std::vector<int32_t> someIds(int count)
{
    std::vector<int32_t> ids;
    for (int i = 0; i < count; ++i)
        ids.push_back((i * 73 + 29) % 512);
    return ids;
}

at::Tensor logitsOf(const Model &model, const std::vector<int32_t> &ids)
{
    KvCache cache(model.config());
    return forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{})->logits;
}

} // namespace

void ForwardTest::ropeRotatesHalves()
{
    const RopeTable table(ropeOf(8), RopePairing::Half, 8);
    const std::vector<int32_t> positions{3};
    at::Tensor x = tensorOf({1, 2, 3, 4, 5, 6, 7, 8}).view({1, 1, 8});
    table.rotate(x, table.angles(positions, 4, at::kCPU));
    // G2
    const at::Tensor half = tensorOf({-1.695593F, .137552F, 2.788682F, 3.975982F, -4.808842F, 6.323059F, 7.086837F, 8.011964F});
    QVERIFY(maxDifference(x.view({8}), half) < 1e-6);
    // The form for other devices computes the same: a strided view takes it.
    at::Tensor wide = at::zeros({1, 1, 16}, at::kFloat);
    at::Tensor strided = wide.view({1, 1, 8, 2}).select(3, 0);
    strided.copy_(tensorOf({1, 2, 3, 4, 5, 6, 7, 8}).view({1, 1, 8}));
    table.rotate(strided, table.angles(positions, 4, at::kCPU));
    QVERIFY(maxDifference(strided.reshape({8}), half) < 1e-6);
}

void ForwardTest::ropeOnPermutedRowsEqualsHalfRope()
{
    // G2: adjacent RoPE of the stored order 0, D/2, 1, ... gives the half result in that order, so moving rows back on load and
    // using half RoPE leaves every product of query and key as it was.
    const std::vector<float> adjacent{-1.695593F, -4.808842F, .137552F, 6.323059F, 2.788682F, 7.086837F, 3.975982F, 8.011964F};
    const std::vector<float> half{-1.695593F, .137552F, 2.788682F, 3.975982F, -4.808842F, 6.323059F, 7.086837F, 8.011964F};
    for (int64_t stored = 0; stored < 8; ++stored)
        QCOMPARE(half[static_cast<size_t>(originalRow(stored, 8))], adjacent[static_cast<size_t>(stored)]);
}

void ForwardTest::ropeFactorsDivideFrequencies()
{
    RopeConfig config = ropeOf(4);
    const std::vector<float> plain = inverseFrequencies(config, 0);
    QCOMPARE(plain[0], 1.0F);
    QVERIFY(std::abs(plain[1] - 0.01F) < 1e-9F);
    config.scaling = RopeScaling::Factors;
    config.factors = {1.0F, 8.0F};
    QCOMPARE(inverseFrequencies(config, 0)[0], 1.0F);
    QCOMPARE(inverseFrequencies(config, 0)[1], plain[1] / 8.0F);
    config.scaling = RopeScaling::Linear;
    config.factor = 2;
    QCOMPARE(inverseFrequencies(config, 0)[0], 0.5F);
}

void ForwardTest::rmsNormEqualsComputedValues()
{
    const at::Tensor x = tensorOf({1, -2, 3, .5F}).view({1, 4});
    const at::Tensor w = tensorOf({1, .5F, 2, 1});
    QVERIFY(maxDifference(rmsNorm(x, w, 1e-5).view({4}), tensorOf({.529812F, -.529812F, 3.178873F, .264906F})) < 1e-6); // G6
    QCOMPARE(rmsNorm(at::zeros({2, 4}), w, 1e-5).abs().max().item<float>(), 0.0F);
    // 37 columns: vector body and tail.
    const at::Tensor wide = at::arange(37, at::kFloat).sub(17).view({1, 37});
    const at::Tensor expected = wide / at::sqrt(wide.square().mean() + 1e-5);
    QVERIFY(maxDifference(rmsNorm(wide, at::ones({37}), 1e-5), expected) < 1e-6);
}

void ForwardTest::siluEqualsComputedValues()
{
    for (const int64_t width : {3, 8, 21}) {
        at::Tensor in = at::ones({1, 2 * width}, at::kFloat);
        const std::vector<float> x{-1, .5F, 2};
        for (int64_t i = 0; i < width; ++i)
            in[0][i] = x[static_cast<size_t>(i % 3)];
        at::Tensor out = at::empty({1, width}, at::kFloat);
        cpu::siluMulRows(in.data_ptr<float>(), out.data_ptr<float>(), 1, width);
        const std::vector<float> expected{-.268941F, .311230F, 1.761594F}; // G7
        for (int64_t i = 0; i < width; ++i)
            QVERIFY(std::abs(out[0][i].item<float>() - expected[static_cast<size_t>(i % 3)]) < 1e-6F);
    }
}

void ForwardTest::softmaxRowEqualsDirectSum()
{
    for (const int64_t visible : {1, 5, 8, 16, 19, 64, 100}) {
        at::Tensor row = at::sin(at::arange(visible + 3, at::kFloat) * 1.7) * 20;
        const at::Tensor p = at::softmax(row.narrow(0, 0, visible).to(at::kDouble), 0);
        at::Tensor columns = at::ones({visible}, at::kFloat);
        const cpu::SoftmaxRow result
            = cpu::softmaxRow(row.data_ptr<float>(), visible, visible + 3, columns.data_ptr<float>(), true);
        QVERIFY(maxDifference(row.narrow(0, 0, visible), p) < 2e-7);
        QVERIFY(maxDifference(columns, p + 1) < 3e-7);
        QCOMPARE(row.narrow(0, visible, 3).abs().sum().item<float>(), 0.0F);
        QVERIFY(std::abs(result.entropy - static_cast<float>(-at::xlogy(p, p).sum().item<double>())) < 2e-6F);
        QVERIFY(std::abs(result.sum - 1.0F) < 1e-6F);
    }
}

void ForwardTest::queryHeadsShareKvHeads()
{
    // G9: H = 9, Hkv = 3 maps to 0,0,0,1,1,1,2,2,2. Values that name their KV head come out of every query head of it.
    ModelConfig config;
    config.kvHeads = 3;
    config.headDim = 4;
    LayerCache cache(config, at::kCPU);
    at::Tensor v = at::zeros({2, 3, 4}, at::kFloat);
    for (int64_t g = 0; g < 3; ++g)
        v.select(1, g).fill_(static_cast<double>(g));
    const std::vector<int32_t> positions{0, 1};
    cache.append(at::zeros({2, 3, 4}, at::kFloat), v, positions);
    const auto out = attend(at::ones({2, 9, 4}, at::kFloat), cache, ScoreRule{0.5}, AttentionProbe{}, RunContext{});
    QVERIFY(out.has_value());
    for (int64_t h = 0; h < 9; ++h)
        QCOMPARE((*out)[1][4 * h].item<float>(), static_cast<float>(h / 3));
}

void ForwardTest::tiedHeadIsTheEmbedding()
{
    QVERIFY(m_qwen->config().tied);
    QVERIFY(m_qwen->weights().head.sameRows(m_qwen->weights().embedding));
    QVERIFY(!m_llama->config().tied);
    QVERIFY(!m_llama->weights().head.sameRows(m_llama->weights().embedding));
    QCOMPARE(m_llama->config().parameters, int64_t(127296));
    QCOMPARE(m_qwen->config().parameters, int64_t(94784));
    QVERIFY(m_qwen->config().qkvBias);
}

void ForwardTest::prefillEqualsStepByStepDecoding_data()
{
    QTest::addColumn<bool>("qwen");
    QTest::newRow("llama") << false;
    QTest::newRow("qwen2") << true;
}

void ForwardTest::prefillEqualsStepByStepDecoding()
{
    QFETCH(bool, qwen);
    const c10::InferenceMode inference;
    const Model &model = qwen ? *m_qwen : *m_llama;
    const std::vector<int32_t> ids = someIds(90);
    const at::Tensor expected = logitsOf(model, ids);
    KvCache cache(model.config());
    double worst = 0;
    for (size_t t = 0; t < ids.size(); ++t) {
        const auto step = forward(model, std::span(&ids[t], 1), cache, ForwardOptions{}, RunContext{});
        worst = std::max(worst, maxDifference(step->logits[0], expected[static_cast<int64_t>(t)]));
    }
    QVERIFY2(worst < 1e-4, qPrintable(QString::number(worst)));
    QCOMPARE(cache.nextPosition(), int64_t(90));
}

void ForwardTest::prefillInPiecesEqualsOnePrefill()
{
    const c10::InferenceMode inference;
    const std::vector<int32_t> ids = someIds(200);
    const at::Tensor expected = logitsOf(*m_llama, ids);
    KvCache cache(m_llama->config());
    int64_t row = 0;
    for (const size_t count : {70, 1, 129}) {
        const auto piece = forward(*m_llama, std::span(ids).subspan(static_cast<size_t>(row), count), cache,
            ForwardOptions{.logits = LogitsRows::All}, RunContext{});
        QVERIFY(maxDifference(piece->logits, expected.narrow(0, row, static_cast<int64_t>(count))) < 1e-4);
        row += static_cast<int64_t>(count);
    }
}

void ForwardTest::raggedCacheWithAllSlotsEqualsTheUniformOne()
{
    const c10::InferenceMode inference;
    const std::vector<int32_t> ids = someIds(40);
    KvCache uniform(m_llama->config()), ragged(m_llama->config());
    (void)forward(*m_llama, ids, uniform, ForwardOptions{}, RunContext{});
    (void)forward(*m_llama, ids, ragged, ForwardOptions{}, RunContext{});
    std::vector<int32_t> all(40);
    std::iota(all.begin(), all.end(), 0);
    for (int64_t l = 0; l < ragged.layers(); ++l)
        ragged.layer(l).keep(1, all);
    QVERIFY(uniform.layer(0).uniform() && !ragged.layer(0).uniform());
    const int32_t next = 7;
    const auto a = forward(*m_llama, std::span(&next, 1), uniform, ForwardOptions{}, RunContext{});
    const auto b = forward(*m_llama, std::span(&next, 1), ragged, ForwardOptions{}, RunContext{});
    QVERIFY(maxDifference(a->logits, b->logits) < 1e-6);
}

void ForwardTest::maskedSlotEqualsDroppedSlot()
{
    // Dropping slot 3 of head 0 in layer 1 equals replacing its weight by 0 and renormalising.
    const c10::InferenceMode inference;
    const std::vector<int32_t> ids = someIds(20);
    KvCache masked(m_llama->config()), dropped(m_llama->config());
    (void)forward(*m_llama, ids, masked, ForwardOptions{}, RunContext{});
    (void)forward(*m_llama, ids, dropped, ForwardOptions{}, RunContext{});
    const std::vector<int32_t> gone{3};
    dropped.layer(1).drop(0, gone);
    QCOMPARE(dropped.layer(1).head(0).count(), int64_t(19));
    QCOMPARE(dropped.layer(1).head(1).count(), int64_t(20));
    QCOMPARE(dropped.layer(1).head(0).positions[3], 4);
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::Probabilities, 1, [](const at::Tensor &weights, const HookSite &site) -> std::optional<at::Tensor> {
        if (site.firstHead != 0)
            return std::nullopt;
        at::Tensor changed = weights.clone();
        changed.select(2, 3).zero_();
        return changed / changed.sum(-1, true);
    });
    const int32_t next = 7;
    const auto a = forward(*m_llama, std::span(&next, 1), masked, ForwardOptions{.hooks = &hooks}, RunContext{});
    const auto b = forward(*m_llama, std::span(&next, 1), dropped, ForwardOptions{}, RunContext{});
    QVERIFY(maxDifference(a->logits, b->logits) < 1e-5);
}

void ForwardTest::explicitPositionsMoveRelativeDistance()
{
    // Rotary positions only matter relative to each other: a shift of all changes nothing, a gap does.
    const c10::InferenceMode inference;
    const std::vector<int32_t> ids = someIds(6);
    const at::Tensor expected = logitsOf(*m_llama, ids);
    const auto shifted = [&](const std::vector<int32_t> &positions) {
        KvCache cache(m_llama->config());
        return forward(*m_llama, ids, cache, ForwardOptions{.logits = LogitsRows::All, .positions = positions}, RunContext{})->logits;
    };
    QVERIFY(maxDifference(shifted({50, 51, 52, 53, 54, 55}), expected) < 1e-4);
    QVERIFY(maxDifference(shifted({0, 1, 2, 3, 4, 60}), expected) > 1e-3);
}

void ForwardTest::hooksObserveInOrderAndReplace()
{
    const c10::InferenceMode inference;
    const std::vector<int32_t> ids = someIds(10);
    Hooks hooks;
    std::vector<std::string> seen;
    std::vector<HookScope> scopes;
    for (const HookPointInfo &info : hookPoints())
        scopes.push_back(hooks.add(info.point, kEveryLayer, [&](const at::Tensor &, const HookSite &site) {
            seen.push_back(hookName(site.point, site.layer));
            return std::nullopt;
        }));
    KvCache cache(m_llama->config());
    const auto observed = forward(*m_llama, ids, cache, ForwardOptions{.logits = LogitsRows::All, .hooks = &hooks}, RunContext{});
    QVERIFY(maxDifference(observed->logits, logitsOf(*m_llama, ids)) < 1e-5);
    const std::vector<std::string> layer{"hidden.0", "layer.0.q", "layer.0.k", "layer.0.v", "layer.0.q_rope", "layer.0.k_rope",
        "layer.0.probs", "layer.0.probs", "layer.0.heads", "layer.0.attn_out", "layer.0.mlp_out", "hidden.1"};
    QVERIFY(seen.size() > layer.size());
    QCOMPARE(std::vector<std::string>(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(layer.size())), layer);
    QCOMPARE(seen.back(), std::string("logits"));

    // Without attention and feed-forward output every layer hands its input on.
    Hooks silent;
    const auto zero = [](const at::Tensor &value, const HookSite &) { return std::optional(at::zeros_like(value)); };
    const HookScope first = silent.add(HookPoint::AttentionOutput, kEveryLayer, zero);
    const HookScope second = silent.add(HookPoint::MlpOutput, kEveryLayer, zero);
    KvCache other(m_llama->config());
    const auto passed = forward(*m_llama, ids, other, ForwardOptions{.hooks = &silent}, RunContext{});
    QVERIFY(maxDifference(passed->hidden, embedRows(*m_llama, ids, positionsFrom(0, 10))) == 0.0);
}

void ForwardTest::hookScopeEndsWithItsBlock()
{
    Hooks hooks;
    {
        const HookScope scope = hooks.add(HookPoint::Value, 1, [](const at::Tensor &, const HookSite &) { return std::nullopt; });
        QVERIFY(hooks.wants(HookPoint::Value, 1) && !hooks.wants(HookPoint::Value, 0));
    }
    QVERIFY(!hooks.wants(HookPoint::Value, 1));
}

void ForwardTest::badInputIsRefused()
{
    const auto refusal = [&](const std::vector<int32_t> &ids, const std::vector<int32_t> &positions) {
        KvCache cache(m_llama->config());
        const auto result = forward(*m_llama, ids, cache, ForwardOptions{.positions = positions}, RunContext{});
        return result ? std::string() : result.error().message;
    };
    QVERIFY(refusal({}, {}).find("no tokens") != std::string::npos);
    QVERIFY(refusal({1, 512}, {}).find("id 512") != std::string::npos);
    QVERIFY(refusal({-1}, {}).find("id -1") != std::string::npos);
    QVERIFY(refusal(std::vector<int32_t>(257, 1), {}).find("257") != std::string::npos);
    QVERIFY(!refusal({1, 2}, {4, 4}).empty());
    QVERIFY(!refusal({1, 2}, {4}).empty());
    QVERIFY(!refusal({1, 2}, {4, 256}).empty());
    QVERIFY(refusal(std::vector<int32_t>(256, 1), {}).empty());
}

void ForwardTest::cancelledPassLeavesTheCacheAsItWas()
{
    const c10::InferenceMode inference;
    const std::vector<int32_t> ids = someIds(12);
    KvCache cache(m_llama->config());
    (void)forward(*m_llama, ids, cache, ForwardOptions{}, RunContext{});
    std::stop_source stop;
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::MlpOutput, 0, [&](const at::Tensor &, const HookSite &) {
        stop.request_stop();
        return std::nullopt;
    });
    const auto cancelled = forward(*m_llama, ids, cache, ForwardOptions{.hooks = &hooks}, RunContext{stop.get_token()});
    QVERIFY(!cancelled && cancelled.error().code == ErrorCode::Cancelled);
    QCOMPARE(cache.nextPosition(), int64_t(12));
    for (int64_t l = 0; l < cache.layers(); ++l)
        QCOMPARE(cache.layer(l).maxCount(), int64_t(12));
    QVERIFY(forward(*m_llama, ids, cache, ForwardOptions{}, RunContext{}).has_value());
}

void ForwardTest::samplingIsSeeded()
{
    const std::vector<int32_t> ids = someIds(5);
    const auto sample = [&](double temperature, uint64_t seed) {
        return generate(*m_llama, ids, GenerateOptions{.maxNew = 12, .temperature = temperature, .seed = seed, .endTokens = EndTokens::Ignore}, nullptr, RunContext{})->ids;
    };
    QCOMPARE(sample(1.0, 3), sample(1.0, 3));
    QVERIFY(sample(1.0, 3) != sample(1.0, 4));
    QCOMPARE(sample(1e-6, 3), sample(0, 0)); // cold sampling is greedy
    QVERIFY(!generate(*m_llama, ids, GenerateOptions{.maxNew = 253}, nullptr, RunContext{}));
    QVERIFY(!generate(*m_llama, ids, GenerateOptions{.temperature = -1}, nullptr, RunContext{}));
    TokenChooser greedy(0, 0);
    QCOMPARE(greedy.choose(tensorOf({1, 5, 5, 2})), 1); // the lower id of equals
}

QTEST_GUILESS_MAIN(ForwardTest)
#include "forward_test.moc"
