#include "core/methods/group_rule.h"
#include "core/methods/kv/common.h"
#include "core/methods/method.h"
#include "core/methods/selection.h"

#include <algorithm>

namespace winnow {
namespace {

    /// Drops the oldest tokens after the sinks: at every row before it attends (hold), or every c-th row after it did.
    class StreamingPolicy : public DecodePolicy {
    public:
        StreamingPolicy(int64_t count, int64_t sinks, DecodeRule rule, int64_t interval)
            : m_count(count)
            , m_sinks(sinks)
            , m_rule(rule)
            , m_interval(interval)
        {
        }

        void before(const DecodeRow &row, std::vector<int32_t> &drop) override
        {
            drop.clear();
            if (m_rule == DecodeRule::Hold)
                dropOldest(row, drop);
        }

        bool wants(int64_t row) const override
        {
            return m_rule == DecodeRule::Interval && (row + 1) % m_interval == 0;
        }

        void after(const DecodeRow &row, std::vector<int32_t> &drop) override
        {
            drop.clear();
            if (wants(row.row))
                dropOldest(row, drop);
        }

    private:
        void dropOldest(const DecodeRow &row, std::vector<int32_t> &drop) const
        {
            for (int64_t i = m_sinks; i < m_sinks + row.slots - m_count; ++i)
                drop.push_back(static_cast<int32_t>(i));
        }

        int64_t m_count;
        int64_t m_sinks;
        DecodeRule m_rule;
        int64_t m_interval;
    };

    /// Attention sinks and a sliding window (kv-eviction-baselines.md 3.2; arXiv:2309.17453, section 3.2).
    class StreamingLlm : public Method {
    public:
        CaptureNeeds needs(const Parameters &) const override { return {}; }

        Result<std::unique_ptr<const Ranking>> rank(
            const Capture &, const Parameters &, const RunContext &) const override
        {
            return std::make_unique<const Ranking>();
        }

        Result<KvPlan> select(
            const Capture &capture, const Ranking &, const Parameters &parameters, int64_t count) const override
        {
            if (count < 1)
                return fail(ErrorCode::BadInput, "budget of " + std::to_string(count) + " slots: expected at least 1");
            KvPlan plan = emptyPlan(capture, GroupRule::KvHeadMean, count);
            plan.decodeRule = decodeRuleOf(parameters);
            plan.interval = parameters.integer("interval");
            plan.positions = parameters.word("posMode") == "shift" ? PositionMode::Shift : PositionMode::Original;
            plan.storesPositions = false;
            const int64_t slots = std::min(count, capture.tokens());
            const int64_t sinks = std::min(parameters.integer("sinks"), slots - 1);
            for (int64_t l = 0; l < plan.kept.layers; ++l) {
                for (int64_t s = 0; s < plan.kept.heads; ++s)
                    fillSet(plan, l, s, {sinks, slots - sinks}, {});
            }
            packMask(plan.kept);
            return plan;
        }

        std::unique_ptr<DecodePolicy> decodePolicy(const Capture &, const Ranking &, const KvPlan &plan,
            const Parameters &parameters, int64_t) const override
        {
            if (plan.decodeRule == DecodeRule::Grow || isIdentity(plan))
                return nullptr;
            const int64_t sinks = std::min(parameters.integer("sinks"), plan.budget - 1);
            return std::make_unique<StreamingPolicy>(plan.budget, sinks, plan.decodeRule, plan.interval);
        }
    };

    constexpr std::array<std::string_view, 2> kPositionModes{"shift", "original"};
    constexpr std::array<std::string_view, 2> kPositionModeTitles{"Shift (slots count up)", "Original"};
    constexpr std::array kParameters{
        ParameterSpec{.name = "sinks",
            .title = "Sinks",
            .unit = "tokens",
            .tooltip = "The first tokens stay: attention rests on them whatever they say.",
            .type = ParameterType::Int,
            .defaultValue = 4,
            .minimum = 0,
            .maximum = 128},
        ParameterSpec{.name = "posMode",
            .title = "Positions",
            .tooltip = "Shift packs the kept tokens to positions 0, 1, 2 ... as in the paper; original leaves them where "
                       "they were.",
            .type = ParameterType::Choice,
            .defaultValue = 0,
            .choices = kPositionModes,
            .choiceTitles = kPositionModeTitles},
        kv::kDecodeHold, kv::kInterval};

} // namespace

namespace methodspecs {
    extern const MethodSpec streaming_llm;
}

constinit const MethodSpec methodspecs::streaming_llm{.id = "streaming_llm",
    .title = "StreamingLLM",
    .family = "kv",
    .summary = "Keeps the first few tokens and a sliding window of the newest.",
    .source = "arXiv:2309.17453",
    .sourceUrl = "https://arxiv.org/abs/2309.17453",
    .budget = {},
    .parameters = kParameters,
    .artifacts = "KeptTokens,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<StreamingLlm>(); }};

} // namespace winnow
