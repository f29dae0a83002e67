#include "core/methods/method.h"
#include "core/methods/selection.h"

namespace winnow {
namespace {

    /// Keeps everything: what the others are measured against (kv-eviction-baselines.md 3.1).
    class Full : public Method {
    public:
        CaptureNeeds needs(const Parameters &) const override { return {}; }

        Result<std::unique_ptr<const Ranking>> rank(
            const Capture &, const Parameters &, const RunContext &) const override
        {
            return std::make_unique<const Ranking>();
        }

        Result<KvPlan> select(
            const Capture &capture, const Ranking &, const Parameters &, int64_t) const override
        {
            KvPlan plan = emptyPlan(capture, GroupRule::KvHeadMean, capture.tokens());
            plan.storesPositions = false;
            std::vector<int32_t> all(static_cast<size_t>(capture.tokens()));
            for (size_t v = 0; v < all.size(); ++v)
                all[v] = static_cast<int32_t>(v);
            for (int64_t l = 0; l < plan.kept.layers; ++l) {
                for (int64_t s = 0; s < plan.kept.heads; ++s)
                    fillSet(plan, l, s, {}, all);
            }
            packMask(plan.kept);
            return plan;
        }
    };

} // namespace

namespace methodspecs {
    extern const MethodSpec full;
}

constinit const MethodSpec methodspecs::full{.id = "full",
    .title = "Full cache",
    .family = "kv",
    .summary = "Keeps every token: the reference the other methods are measured against.",
    .source = "arXiv:1706.03762",
    .sourceUrl = "https://arxiv.org/abs/1706.03762",
    .budget = {.unit = "", .defaultFraction = 1, .minimumFraction = 1},
    .artifacts = "KeptTokens,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<Full>(); }};

} // namespace winnow
