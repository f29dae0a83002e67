#include "core/methods/interval_policy.h"
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

    /// The running column sums of one layer: append the row, attend, add the row, drop all but the recent and the heavy.
    class HeavyHitterPolicy : public DecodePolicy {
    public:
        HeavyHitterPolicy(const LayerCapture &layer, const ModelConfig &config, const KvPlan &plan,
            const Parameters &parameters, int64_t layerIndex)
            : m_rule(plan.groupRule)
            , m_tokens(plan.kept.tokens)
            , m_count(plan.budget)
            , m_recent(recentSlots(parameters, plan.budget))
            , m_interval(plan.decodeRule == DecodeRule::Hold ? 1 : plan.interval)
            , m_perVisibleRow(parameters.word("normalise") == "visible")
            , m_sets(static_cast<size_t>(plan.kept.heads))
        {
            const float *sums = layer.colSum.const_data_ptr<float>(); // [H, N]
            for (int64_t s = 0; s < plan.kept.heads; ++s) {
                const HeadRange heads = queryHeadsOf(m_rule, config, s);
                const std::vector<int32_t> positions = keptPositions(plan.kept, layerIndex, s);
                std::vector<std::vector<float>> &state = m_sets[static_cast<size_t>(s)];
                state.resize(static_cast<size_t>(heads.count));
                for (int64_t h = 0; h < heads.count; ++h) {
                    for (const int32_t v : positions)
                        state[static_cast<size_t>(h)].push_back(sums[(heads.first + h) * m_tokens + v]);
                }
            }
        }

        void after(const DecodeRow &row, std::vector<int32_t> &drop) override
        {
            drop.clear();
            m_dropScores.clear();
            addRow(row);
            if ((row.row + 1) % m_interval != 0 || row.slots <= m_count)
                return;
            scoreSlots(row);
            dropWorst(m_scores, 0, row.slots - m_recent, m_count - m_recent, drop, m_dropScores);
            for (std::vector<float> &sums : m_sets[static_cast<size_t>(row.set)])
                erase(sums, drop);
        }

        float dropScore(size_t i) const override { return m_dropScores[i]; }

    private:
        void addRow(const DecodeRow &row)
        {
            std::vector<std::vector<float>> &state = m_sets[static_cast<size_t>(row.set)];
            for (int64_t h = 0; h < row.heads; ++h) {
                std::vector<float> &sums = state[static_cast<size_t>(h)];
                sums.resize(static_cast<size_t>(row.slots), 0.0F); // the new column starts with its weight
                const float *weights = row.weights + h * row.slots;
                for (int64_t i = 0; i < row.slots; ++i)
                    sums[static_cast<size_t>(i)] += weights[i];
            }
        }

        void scoreSlots(const DecodeRow &row)
        {
            const std::vector<std::vector<float>> &state = m_sets[static_cast<size_t>(row.set)];
            m_heads.clear();
            for (const std::vector<float> &sums : state)
                m_heads.insert(m_heads.end(), sums.begin(), sums.end());
            m_scores.resize(static_cast<size_t>(row.slots));
            reduceHeads(m_rule, {m_heads.data(), row.slots, row.heads, 1}, row.slots, m_scores.data());
            for (int64_t i = 0; m_perVisibleRow && i < row.slots; ++i)
                m_scores[static_cast<size_t>(i)] /= static_cast<float>(m_tokens + row.row + 1 - row.positions[i]);
        }

        static void erase(std::vector<float> &sums, const std::vector<int32_t> &drop)
        {
            size_t out = 0;
            size_t next = 0;
            for (size_t i = 0; i < sums.size(); ++i) {
                if (next < drop.size() && static_cast<size_t>(drop[next]) == i)
                    ++next;
                else
                    sums[out++] = sums[i];
            }
            sums.resize(out);
        }

        GroupRule m_rule;
        int64_t m_tokens;
        int64_t m_count;
        int64_t m_recent;
        int64_t m_interval;
        bool m_perVisibleRow;
        std::vector<std::vector<std::vector<float>>> m_sets; // [sets][heads of the set][slots]
        std::vector<float> m_heads, m_scores, m_dropScores;
    };

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
            return std::make_unique<HeavyHitterPolicy>(
                capture.layers[static_cast<size_t>(layer)], capture.config, plan, parameters, layer);
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
