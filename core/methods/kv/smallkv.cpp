#include "core/methods/group_rule.h"
#include "core/methods/guided_parameters.h"
#include "core/methods/heavy_hitters.h"
#include "core/methods/selection.h"

#include <algorithm>

namespace winnow {
namespace {

    using namespace guided;

    Result<void> checkSelect(
        const Capture &capture, const GuidedRanking *ranking, const Parameters &parameters, int64_t count)
    {
        if (count < 1)
            return fail(ErrorCode::BadInput, "budget of " + std::to_string(count) + " slots: expected at least 1");
        const bool fits = ranking
            && (!ranking->table || (ranking->table->sets == headSets(groupRuleOf(parameters), capture.config)
                    && ranking->table->tokens == capture.tokens()));
        if (!fits)
            return fail(ErrorCode::BadInput, "the ranking belongs to another method, capture or grouping");
        return {};
    }

    /// What happens to a short prompt later on: null when its heads are never matched.
    std::shared_ptr<const StandIn> latePlan(const Capture &capture, const Parameters &parameters, int64_t count)
    {
        const GuideMatch match = matchOf(parameters);
        // The match needs the maps of exactly the tokens read so far, and the ranking no rows that are gone by then.
        if (match.most < match.least || policyOf(parameters) == GuidePolicy::Window || !parameters.flag("compensateSaliency"))
            return nullptr;
        const ModelConfig &small = capture.pair->small->config;
        auto plan = std::make_shared<GuidedPlan>();
        plan->serving.assign(static_cast<size_t>(capture.config.layers * capture.config.heads), -1);
        for (int32_t head = 0; head < static_cast<int32_t>(small.layers * small.heads); ++head)
            plan->serving.push_back(head);
        plan->earlyExit = false;
        plan->budget = budgetOf(parameters, capture.tokens(), count);
        plan->policy = policyOf(parameters);
        plan->rescale = rescaleOf(parameters);
        plan->late = match;
        return plan;
    }

    /// A prompt that is too short to match heads on: everything stays.
    KvPlan wholePrompt(const Capture &capture, const Parameters &parameters, int64_t count, int64_t least)
    {
        KvPlan plan = emptyPlan(capture, groupRuleOf(parameters), count);
        plan.inactive = true;
        plan.notices.push_back("inactive: prompt shorter than " + std::to_string(least) + " tokens");
        if (count < capture.tokens())
            plan.standIn = latePlan(capture, parameters, count);
        plan.notices.push_back(plan.standIn ? "nothing is dropped until the text has " + std::to_string(least) + " tokens"
                                            : "the heads of the two models are not matched, so nothing is dropped while decoding either");
        plan.expectUniform = plan.expectTotal = false;
        plan.layerCounts.assign(static_cast<size_t>(plan.kept.layers), capture.tokens());
        std::fill(plan.kept.classes.begin(), plan.kept.classes.end(), static_cast<uint8_t>(TokenClass::Kept));
        packMask(plan.kept);
        return plan;
    }

    std::shared_ptr<const StandIn> guidedPlan(
        const Parameters &parameters, const GuidedBudget &budget, const GuidedRanking &ranking)
    {
        auto plan = std::make_shared<GuidedPlan>();
        plan->serving = ranking.serving;
        plan->earlyExit = parameters.flag("slmEarlyExit");
        plan->budget = budget;
        plan->policy = policyOf(parameters);
        plan->window = parameters.integer("window");
        plan->rescale = rescaleOf(parameters);
        plan->ranksBySmall = parameters.flag("compensateSaliency");
        plan->matchScore = ranking.match.score;
        plan->matchMargin = ranking.match.margin;
        plan->matchMs = ranking.matchMs;
        return plan;
    }

    /// A small model of the same family ranks the tokens at every step, so that a dropped one can come back, and its attention
    /// stands in for that on tokens of which only the value is kept (smallkv.md; arXiv:2508.02751).
    class SmallKv : public Method {
    public:
        CaptureNeeds needs(const Parameters &parameters) const override
        {
            CaptureNeeds needs{.colSum = true};
            if (usesSmall(parameters)) {
                needs.pair.small = true;
                needs.pair.window = rankingRows(parameters);
                needs.pair.spans = {matchOf(parameters).span()};
            }
            return needs;
        }

        Result<std::unique_ptr<const Ranking>> rank(
            const Capture &capture, const Parameters &parameters, const RunContext &) const override
        {
            if (!capture.needs.covers(needs(parameters)))
                return fail(ErrorCode::BadInput, "the capture does not hold what SmallKV ranks by",
                    "capture the input with a small model and this method among its methods");
            auto ranking = std::make_unique<GuidedRanking>();
            const GuideMatch match = matchOf(parameters);
            if (usesSmall(parameters) && capture.tokens() < match.least) {
                ranking->shortOf = match.least;
                return ranking;
            }
            if (usesSmall(parameters)) {
                if (auto matched = matchGuides(capture, match, *ranking); !matched)
                    return fail(matched.error());
            }
            auto table = parameters.flag("compensateSaliency")
                ? guidedTable(capture, groupRuleOf(parameters), ranking->serving, policyOf(parameters), rankingRows(parameters))
                : heavyTable(capture, groupRuleOf(parameters));
            if (!table)
                return fail(table.error());
            ranking->table = std::move(*table);
            return ranking;
        }

        Result<KvPlan> select(
            const Capture &capture, const Ranking &ranking, const Parameters &parameters, int64_t count) const override
        {
            const auto *guided = dynamic_cast<const GuidedRanking *>(&ranking);
            if (auto valid = checkSelect(capture, guided, parameters, count); !valid)
                return fail(valid.error());
            if (guided->shortOf > 0)
                return wholePrompt(capture, parameters, count, guided->shortOf);
            KvPlan plan = emptyPlan(capture, groupRuleOf(parameters), count);
            const GuidedBudget budget = budgetOf(parameters, capture.tokens(), count);
            const ClassCounts counts = budget.at(capture.tokens());
            fillClasses(plan, *guided->table, counts);
            plan.storesScores = !parameters.flag("compensateSaliency");
            plan.expectUniform = false; // a budget is a cost here, not a number of slots
            plan.expectTotal = budget.count == count;
            plan.notices.push_back(std::to_string(counts.critical) + " critical, " + std::to_string(counts.recent) + " recent and "
                + std::to_string(counts.marginal) + " marginal tokens (values only) per head set cost "
                + std::to_string(budget.count) + " full ones");
            if (plan.inactive)
                return plan;
            if (!plan.expectTotal)
                plan.notices.push_back("the budget is raised to 2 tokens: one critical and the newest one");
            plan.decodeRule = budget.base == BudgetBase::Current ? DecodeRule::Grow : DecodeRule::Hold;
            if (usesSmall(parameters))
                plan.standIn = guidedPlan(parameters, budget, *guided);
            return plan;
        }

        std::unique_ptr<DecodePolicy> decodePolicy(const Capture &capture, const Ranking &, const KvPlan &plan,
            const Parameters &parameters, int64_t layer) const override
        {
            if (plan.inactive || parameters.flag("compensateSaliency"))
                return nullptr; // the small model's rows decide
            const ClassCounts counts = budgetOf(parameters, capture.tokens(), plan.budget).at(capture.tokens());
            return std::make_unique<HeavyHitterPolicy>(capture.layers[static_cast<size_t>(layer)], capture.config, plan,
                HeavyHitterRule{counts.recent, 1, false}, layer);
        }
    };

} // namespace

namespace methodspecs {
    extern const MethodSpec smallkv;
}

constinit const MethodSpec methodspecs::smallkv{.id = "smallkv",
    .title = "SmallKV",
    .family = "kv",
    .summary = "A small model decides at every step which tokens stay, and stands in for those of which only the value is kept.",
    .source = "arXiv:2508.02751",
    .sourceUrl = "https://arxiv.org/abs/2508.02751",
    .budget = {},
    .parameters = kParameters,
    .needs = "colSum,small",
    .artifacts = "KeptTokens,TokenScores,Savings",
    .create = []() -> std::unique_ptr<const Method> { return std::make_unique<SmallKv>(); }};

} // namespace winnow
