#include "core/methods/heavy_hitters.h"
#include "core/methods/kv/common.h"
#include "core/methods/scoring_method.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/div.h>

#include <cmath>

namespace winnow {
namespace {

    /// R1 counts shares inside C by floors in f64; recent = C - heavy.
    int64_t recentSlots(const Parameters &parameters, int64_t count)
    {
        return count - static_cast<int64_t>(std::floor(parameters.number("heavyShare") * static_cast<double>(count)));
    }

    /// Heavy hitters by accumulated attention, and the recent tokens (kv-eviction-baselines.md 3.3; arXiv:2306.14048,
    /// algorithm 1).
    class HeavyHitters : public ScoringMethod {
    public:
        CaptureNeeds needs(const Parameters &) const override { return {.colSum = true}; }

        Result<at::Tensor> score(
            const Capture &capture, const Parameters &parameters, int64_t layer, int64_t) const override
        {
            const at::Tensor &sums = capture.layers[static_cast<size_t>(layer)].colSum; // [H, N]
            if (parameters.word("normalise") == "none")
                return sums;
            const int64_t tokens = capture.tokens(); // position v was seen by rows v .. N-1
            return at::div(sums, at::arange(tokens, 0, -1, at::kFloat));
        }

        ProtectedSlots protectedSlots(const Parameters &parameters, int64_t count) const override
        {
            return {0, recentSlots(parameters, count)};
        }

        void finishPlan(const Capture &, const Parameters &, KvPlan &plan) const override { plan.storesScores = true; }

        std::unique_ptr<DecodePolicy> decodePolicy(const Capture &capture, const Ranking &, const KvPlan &plan,
            const Parameters &parameters, int64_t layer) const override
        {
            if (plan.decodeRule == DecodeRule::Grow || isIdentity(plan))
                return nullptr;
            const HeavyHitterRule rule{recentSlots(parameters, plan.budget),
                plan.decodeRule == DecodeRule::Hold ? 1 : plan.interval, parameters.word("normalise") == "visible"};
            return std::make_unique<HeavyHitterPolicy>(
                capture.layers[static_cast<size_t>(layer)], capture.config, plan, rule, layer);
        }
    };

    constexpr std::array<std::string_view, 2> kNormalise{"none", "visible"};
    constexpr std::array<std::string_view, 2> kNormaliseTitles{"None", "By rows that saw the token"};
    constexpr std::array kParameters{
        ParameterSpec{.name = "heavyShare",
            .title = "Heavy share",
            .unit = "of C",
            .tooltip = "Part of the budget for tokens with much attention; the rest goes to the newest tokens.",
            .type = ParameterType::Float,
            .defaultValue = 0.5},
        ParameterSpec{.name = "normalise",
            .title = "Normalise",
            .tooltip = "Early tokens are seen by more rows; dividing by them removes that head start (not in the paper).",
            .type = ParameterType::Choice,
            .defaultValue = 0,
            .choices = kNormalise,
            .choiceTitles = kNormaliseTitles},
        kv::kGroupRule, kv::kDecodeHold, kv::kInterval};

} // namespace

namespace methodspecs {
    extern const MethodSpec h2o;
}

constinit const MethodSpec methodspecs::h2o{.id = "h2o",
    .title = "H2O",
    .family = "kv",
    .summary = "Keeps the tokens that gathered most attention and the newest ones.",
    .source = "arXiv:2306.14048",
    .sourceUrl = "https://arxiv.org/abs/2306.14048",
    .budget = {},
    .parameters = kParameters,
    .needs = "colSum",
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<HeavyHitters>(); }};

} // namespace winnow
