#include "core/methods/kv/common.h"
#include "core/methods/scoring_method.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    class NormSlots : public SlotScorer {
    public:
        int64_t score(const DecodeRow &row, std::vector<float> &x) const override
        {
            x.clear();
            for (int64_t j = 0; j < row.kvHeads; ++j) {
                for (int64_t i = 0; i < row.slots; ++i) {
                    const float *key = row.keys + j * row.kvStride + i * row.headDim;
                    float sum = 0;
                    for (int64_t c = 0; c < row.headDim; ++c)
                        sum += key[c] * key[c];
                    x.push_back(-std::sqrt(sum));
                }
            }
            return row.kvHeads;
        }
    };

    /// Keeps keys of small norm; RoPE does not change a norm (kv-eviction-baselines.md 3.11; arXiv:2406.11430, section 3).
    class KeyNorm : public ScoringMethod {
    public:
        CaptureNeeds needs(const Parameters &) const override { return {}; }

        Result<at::Tensor> score(
            const Capture &capture, const Parameters &, int64_t layer, int64_t) const override
        {
            const at::Tensor &keys = capture.layers[static_cast<size_t>(layer)].keys; // [Hkv, N, D]
            return at::linalg_vector_norm(keys, 2, at::IntArrayRef{-1}).neg_(); // [Hkv, N]
        }

        void finishPlan(const Capture &capture, const Parameters &parameters, KvPlan &plan) const override
        {
            const int64_t skip = std::min(parameters.integer("skipLayers"), capture.config.layers);
            if (skip == 0 || plan.inactive)
                return;
            std::fill_n(plan.layerCounts.begin(), skip, capture.tokens());
            plan.expectUniform = false;
            plan.expectTotal = false;
            plan.notices.push_back("the first " + std::to_string(skip) + " of " + std::to_string(capture.config.layers)
                + " layers are kept whole, on top of the budget");
        }

        std::unique_ptr<SlotScorer> slotScorer(
            const Capture &, const Parameters &parameters, const KvPlan &, int64_t layer) const override
        {
            if (layer < parameters.integer("skipLayers"))
                return nullptr;
            return std::make_unique<NormSlots>();
        }
    };

    constexpr std::array kParameters{
        ParameterSpec{.name = "skipLayers",
            .title = "Skip layers",
            .unit = "layers",
            .tooltip = "The first layers keep their whole cache, on top of the budget.",
            .type = ParameterType::Int,
            .defaultValue = 0,
            .minimum = 0,
            .maximum = 256},
        kv::kGroupRule, kv::kDecodeGrow, kv::kInterval};

} // namespace

namespace methodspecs {
    extern const MethodSpec knorm;
}

constinit const MethodSpec methodspecs::knorm{.id = "knorm",
    .title = "Key norm",
    .family = "kv",
    .summary = "Keeps the keys with the smallest norm; they draw the most attention.",
    .source = "arXiv:2406.11430",
    .sourceUrl = "https://arxiv.org/abs/2406.11430",
    .budget = {},
    .parameters = kParameters,
    .needs = "keyNorm",
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<KeyNorm>(); }};

} // namespace winnow
