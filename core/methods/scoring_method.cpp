#include "core/methods/scoring_method.h"

#include "core/methods/interval_policy.h"
#include "core/methods/score_table.h"
#include "core/methods/sort_order.h"

#include <ATen/core/Tensor.h>

namespace winnow {
namespace {

    Error nanError(int64_t layer, int64_t head, int64_t position, const char *kind)
    {
        return Error{ErrorCode::BadInput,
            "score of layer " + std::to_string(layer) + ", " + kind + " " + std::to_string(head) + ", position "
                + std::to_string(position) + " is not a number",
            "the capture holds NaN there: look at the model's weights and the input"};
    }

    /// R3, before heads are mixed, so that the message can name the head.
    Result<void> checkNumbers(const at::Tensor &x, const ModelConfig &config, int64_t layer, int64_t columns)
    {
        const float *data = x.const_data_ptr<float>();
        const char *kind = x.size(0) == config.heads ? "head" : "KV head";
        for (int64_t h = 0; h < x.size(0); ++h) {
            if (const int64_t v = findNan(data + h * x.size(1), columns); v >= 0)
                return fail(nanError(layer, h, v, kind));
        }
        return {};
    }

    /// Rows of one set inside x, which holds one row per query head or per KV head.
    HeadScores rowsOfSet(const at::Tensor &x, GroupRule rule, const ModelConfig &config, int64_t set)
    {
        const bool perKvHead = x.size(0) != config.heads;
        const HeadRange range = perKvHead ? kvHeadsOf(rule, config, set) : queryHeadsOf(rule, config, set);
        const int64_t tokens = x.size(1);
        return {x.const_data_ptr<float>() + range.first * tokens, tokens, range.count, perKvHead ? config.groups() : 1};
    }

    Result<ScoreTablePtr> makeTable(const ScoringMethod &method, const Capture &capture, const Parameters &parameters,
        int64_t window, const RunContext &context)
    {
        const GroupRule rule = method.rule(parameters);
        auto table = std::make_shared<ScoreTable>();
        table->window = window;
        table->sinks = method.protectedSlots(parameters, capture.tokens()).sinks;
        table->layers = capture.config.layers;
        table->sets = headSets(rule, capture.config);
        table->tokens = capture.tokens();
        table->score.resize(table->at(table->layers, 0));
        table->order.resize(table->score.size());
        const int64_t columns = table->tokens - window;
        SortOrder sort;
        for (int64_t l = 0; l < table->layers; ++l) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "ranking cancelled");
            const auto x = method.score(capture, parameters, l, window); // [H, N] or [Hkv, N]
            if (!x)
                return fail(x.error());
            if (auto checked = checkNumbers(*x, capture.config, l, columns); !checked)
                return fail(checked.error());
            for (int64_t s = 0; s < table->sets; ++s) {
                float *row = table->score.data() + table->at(l, s);
                reduceHeads(rule, rowsOfSet(*x, rule, capture.config, s), columns, row);
                method.refine(parameters, row, columns);
                sort.descending(row, columns, table->order.data() + table->at(l, s));
                for (int64_t v = columns; v < table->tokens; ++v) // the window, always protected
                    table->order[table->at(l, s) + static_cast<size_t>(v)] = static_cast<int32_t>(v);
            }
        }
        return table;
    }

    int64_t scoreWindow(const ScoringMethod &method, const Parameters &parameters, int64_t count)
    {
        return method.scoresWindow() ? method.protectedSlots(parameters, count).window : 0;
    }

    Result<ScoreTablePtr> tableFor(const ScoringMethod &method, const Capture &capture, const ScoreRanking &ranking,
        const Parameters &parameters, int64_t count)
    {
        const int64_t window = scoreWindow(method, parameters, count);
        if (ScoreTablePtr table = ranking.find(window))
            return table;
        auto table = makeTable(method, capture, parameters, window, RunContext{});
        if (table)
            ranking.remember(*table);
        return table;
    }

} // namespace

Result<std::unique_ptr<const Ranking>> ScoringMethod::rank(
    const Capture &capture, const Parameters &parameters, const RunContext &context) const
{
    if (!capture.needs.covers(needs(parameters)))
        return fail(ErrorCode::BadInput, "the capture does not hold the statistics this method ranks by",
            "capture again with the method's needs");
    const int64_t window = scoreWindow(*this, parameters, capture.tokens());
    auto table = makeTable(*this, capture, parameters, window, context);
    if (!table)
        return fail(table.error());
    return std::make_unique<const ScoreRanking>(std::move(*table));
}

Result<KvPlan> ScoringMethod::select(
    const Capture &capture, const Ranking &ranking, const Parameters &parameters, int64_t count) const
{
    if (count < 1)
        return fail(ErrorCode::BadInput, "budget of " + std::to_string(count) + " slots: expected at least 1");
    const auto *scored = dynamic_cast<const ScoreRanking *>(&ranking);
    KvPlan plan = emptyPlan(capture, rule(parameters), count);
    if (!scored || scored->base().sets != plan.kept.heads || scored->base().tokens != plan.kept.tokens)
        return fail(ErrorCode::BadInput, "the ranking belongs to another method, capture or grouping");
    const int64_t slots = std::min(count, capture.tokens());
    auto table = tableFor(*this, capture, *scored, parameters, slots);
    if (!table)
        return fail(table.error());
    const ProtectedSlots protect = protectedSlots(parameters, slots);
    plan.decodeRule = decodeRuleOf(parameters);
    plan.interval = parameters.has("interval") ? parameters.integer("interval") : plan.interval;
    plan.window = parameters.has("window") ? protect.window : 0;
    if (!plan.inactive && plan.window > 0 && plan.window < parameters.integer("window")) {
        plan.notices.push_back("window " + std::to_string(parameters.integer("window")) + " shrunk to "
            + std::to_string(plan.window) + " (R5)");
    }
    finishPlan(capture, parameters, plan);
    for (int64_t l = 0; l < plan.kept.layers; ++l) {
        for (int64_t s = 0; s < plan.kept.heads; ++s)
            fillSet(plan, l, s, protect, (*table)->orderRow(l, s));
    }
    packMask(plan.kept);
    exportScores(**table, plan.kept);
    return plan;
}

std::unique_ptr<DecodePolicy> ScoringMethod::decodePolicy(const Capture &capture, const Ranking &, const KvPlan &plan,
    const Parameters &parameters, int64_t layer) const
{
    if (plan.decodeRule != DecodeRule::Interval || isIdentity(plan))
        return nullptr;
    auto scorer = slotScorer(capture, parameters, plan, layer);
    if (!scorer)
        return nullptr;
    return std::make_unique<IntervalPolicy>(*this, parameters, plan, layer, std::move(scorer));
}

void ScoringMethod::refine(const Parameters &, float *, int64_t) const { }

ProtectedSlots ScoringMethod::protectedSlots(const Parameters &, int64_t) const { return {}; }

void ScoringMethod::finishPlan(const Capture &, const Parameters &, KvPlan &) const { }

std::unique_ptr<SlotScorer> ScoringMethod::slotScorer(
    const Capture &, const Parameters &, const KvPlan &, int64_t) const
{
    return nullptr;
}

} // namespace winnow
