#include "core/methods/kv/common.h"
#include "core/methods/noise.h"
#include "core/methods/scoring_method.h"

#include <ATen/ops/empty.h>

namespace winnow {
namespace {

    /// Score of one cached token: a pure function of seed, layer, KV head and position (R8, row 0).
    float randomScore(uint64_t seed, int64_t layer, int64_t kvHead, int64_t position)
    {
        return static_cast<float>(noiseUniform(seed,
            {.layer = static_cast<uint64_t>(layer),
                .head = static_cast<uint64_t>(kvHead),
                .row = 0,
                .key = static_cast<uint64_t>(position)}));
    }

    class RandomSlots : public SlotScorer {
    public:
        RandomSlots(uint64_t seed, GroupRule rule, const ModelConfig &config, int64_t layer)
            : m_seed(seed)
            , m_rule(rule)
            , m_config(config)
            , m_layer(layer)
        {
        }

        int64_t score(const DecodeRow &row, std::vector<float> &x) const override
        {
            const HeadRange heads = kvHeadsOf(m_rule, m_config, row.set);
            x.clear();
            for (int64_t j = 0; j < heads.count; ++j) {
                for (int64_t i = 0; i < row.slots; ++i)
                    x.push_back(randomScore(m_seed, m_layer, heads.first + j, row.positions[i]));
            }
            return heads.count;
        }

    private:
        uint64_t m_seed;
        GroupRule m_rule;
        ModelConfig m_config;
        int64_t m_layer;
    };

    /// Keeps the window and a random choice of the rest: what a score has to beat (kv-eviction-baselines.md 3.15).
    class Random : public ScoringMethod {
    public:
        CaptureNeeds needs(const Parameters &) const override { return {}; }

        Result<at::Tensor> score(
            const Capture &capture, const Parameters &parameters, int64_t layer, int64_t) const override
        {
            const int64_t tokens = capture.tokens();
            at::Tensor scores = at::empty({capture.config.kvHeads, tokens}, at::kFloat); // [Hkv, N]
            float *out = scores.mutable_data_ptr<float>();
            const auto seed = static_cast<uint64_t>(parameters.integer("seed"));
            for (int64_t g = 0; g < capture.config.kvHeads; ++g) {
                for (int64_t v = 0; v < tokens; ++v)
                    *out++ = randomScore(seed, layer, g, v);
            }
            return scores;
        }

        ProtectedSlots protectedSlots(const Parameters &parameters, int64_t count) const override
        {
            return {0, effectiveWindow(parameters.integer("window"), count)};
        }

        std::unique_ptr<SlotScorer> slotScorer(
            const Capture &capture, const Parameters &parameters, const KvPlan &plan, int64_t layer) const override
        {
            return std::make_unique<RandomSlots>(
                static_cast<uint64_t>(parameters.integer("seed")), plan.groupRule, capture.config, layer);
        }
    };

    constexpr std::array kParameters{kv::kSeed, kv::kWindow, kv::kGroupRule, kv::kDecodeGrow, kv::kInterval};

} // namespace

namespace methodspecs {
    extern const MethodSpec random;
}

constinit const MethodSpec methodspecs::random{.id = "random",
    .title = "Random",
    .family = "kv",
    .summary = "Keeps the newest tokens and a random choice of the others.",
    .source = "control",
    .budget = {},
    .parameters = kParameters,
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<Random>(); }};

} // namespace winnow
