#include "core/methods/interval_policy.h"
#include "core/methods/kv/common.h"
#include "core/methods/scoring_method.h"

#include <ATen/core/Tensor.h>

namespace winnow {
namespace {

    /// After each row (or every c-th) keeps the C slots that row looked at most.
    class LastRowPolicy : public DecodePolicy {
    public:
        LastRowPolicy(int64_t count, int64_t interval, int64_t newest)
            : m_count(count)
            , m_interval(interval)
            , m_newest(newest)
        {
        }

        bool wants(int64_t row) const override { return (row + 1) % m_interval == 0; }

        void after(const DecodeRow &row, std::vector<int32_t> &drop) override
        {
            drop.clear();
            m_dropScores.clear();
            if (!wants(row.row) || row.slots <= m_count)
                return;
            m_scores.resize(static_cast<size_t>(row.slots));
            reduceHeads(GroupRule::Layer, {row.weights, row.slots, row.heads, 1}, row.slots, m_scores.data());
            dropWorst(m_scores, 0, row.slots - m_newest, m_count - m_newest, drop, m_dropScores);
        }

        float dropScore(size_t i) const override { return m_dropScores[i]; }

    private:
        int64_t m_count;
        int64_t m_interval;
        int64_t m_newest;
        std::vector<float> m_scores, m_dropScores;
    };

    /// Token omission via attention: the last row decides, one set per layer (kv-eviction-baselines.md 3.4;
    /// arXiv:2401.06104, section 3.2). The newest token is not protected, as in the official code.
    class Tova : public ScoringMethod {
    public:
        CaptureNeeds needs(const Parameters &) const override { return {.window = 1}; }

        GroupRule rule(const Parameters &) const override { return GroupRule::Layer; }

        Result<at::Tensor> score(
            const Capture &capture, const Parameters &, int64_t layer, int64_t) const override
        {
            const at::Tensor &rows = capture.layers[static_cast<size_t>(layer)].winRows; // [H, W, N]
            return rows.select(1, rows.size(1) - 1).contiguous(); // [H, N]
        }

        ProtectedSlots protectedSlots(const Parameters &parameters, int64_t) const override
        {
            return {0, parameters.flag("protectNewest") ? 1 : 0};
        }

        std::unique_ptr<DecodePolicy> decodePolicy(const Capture &, const Ranking &, const KvPlan &plan,
            const Parameters &parameters, int64_t) const override
        {
            if (plan.decodeRule == DecodeRule::Grow || isIdentity(plan))
                return nullptr;
            const int64_t interval = plan.decodeRule == DecodeRule::Hold ? 1 : plan.interval;
            return std::make_unique<LastRowPolicy>(
                plan.budget, interval, protectedSlots(parameters, plan.budget).window);
        }
    };

    constexpr std::array kParameters{
        ParameterSpec{.name = "protectNewest",
            .title = "Protect the newest token",
            .tooltip = "Keeps the token that was read last even when it hardly looks at itself.",
            .type = ParameterType::Bool,
            .defaultValue = 0},
        kv::kDecodeHold, kv::kInterval};

} // namespace

namespace methodspecs {
    extern const MethodSpec tova;
}

constinit const MethodSpec methodspecs::tova{.id = "tova",
    .title = "TOVA",
    .family = "kv",
    .summary = "Keeps the tokens the last one looks at most, the same for all heads of a layer.",
    .source = "arXiv:2401.06104",
    .sourceUrl = "https://arxiv.org/abs/2401.06104",
    .budget = {},
    .parameters = kParameters,
    .needs = "winRows",
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<Tova>(); }};

} // namespace winnow
