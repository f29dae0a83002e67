#include "core/eval/checks.h"

#include "core/methods/guided_plan.h"
#include "core/methods/mapped_plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

namespace winnow {
namespace {

std::string numberText(double value)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

Check makeCheck(const char *id, const char *title, bool ok, std::string expected, std::string found, std::string where = {})
{
    return {id, title, ok, std::move(expected), std::move(found), std::move(where)};
}

Check atMost(const char *id, const char *title, double value, double limit)
{
    return makeCheck(id, title, value <= limit, "<= " + numberText(limit), numberText(value));
}

constexpr double kRowSumTolerance = 1e-4; // kv-evaluation.md 8
constexpr double kFullBudgetKl = 1e-8;

/// What a head set of a layer should hold: the schedule, or the budget.
int64_t askedCount(const KvPlan &plan, int64_t layer)
{
    if (plan.inactive)
        return plan.kept.tokens;
    const bool scheduled = plan.layerCounts.size() == static_cast<size_t>(plan.kept.layers);
    return scheduled ? plan.layerCounts[static_cast<size_t>(layer)] : plan.budget;
}

} // namespace

std::vector<Check> planChecks(const KvPlan &plan)
{
    const KeptTokens &kept = plan.kept;
    Check check = makeCheck("keptCount", "Asked = kept", true, "", "");
    int64_t asked = 0, found = 0, marginal = 0;
    for (int64_t layer = 0; layer < kept.layers; ++layer) {
        for (int64_t head = 0; head < kept.heads; ++head) {
            const int64_t holds = kept.countKept(layer, head), wants = askedCount(plan, layer);
            asked += wants;
            found += holds;
            for (int64_t token = 0; plan.standIn && token < kept.tokens; ++token)
                marginal += kept.tokenClass(layer, head, token) == TokenClass::Marginal;
            if (holds != wants && check.ok) {
                check.ok = false;
                check.where = "layer " + std::to_string(layer) + ", set " + std::to_string(head) + ": " + std::to_string(holds)
                    + " of " + std::to_string(wants);
            }
        }
    }
    check.expected = std::to_string(asked) + " slots over all layers and sets";
    check.found = std::to_string(found);
    std::vector<Check> checks{check};
    if (plan.expectTotal && !plan.inactive && !plan.expectUniform) {
        const int64_t total = plan.budget * kept.layers * kept.heads;
        // A marginal token is a value without its key: half a slot. Their number is even (smallkv.md 3, step 0).
        checks.push_back(makeCheck("keptTotal", "Asked = kept, all layers", found + marginal / 2 == total,
            std::to_string(total), std::to_string(found + marginal / 2)));
    }
    return checks;
}

std::vector<Check> captureChecks(const Capture &capture)
{
    return {atMost("contextRows", "Context rows sum to 1", capture.maxRowSumError, kRowSumTolerance)};
}

std::vector<Check> fullChecks(const CellResult &full, double refSumError)
{
    const auto zero = [](float value) { return value == 0; };
    const bool equal = std::all_of(full.series.kl.begin(), full.series.kl.end(), zero);
    const bool agree = std::all_of(full.series.agree.begin(), full.series.agree.end(), [](uint8_t value) { return value == 1; });
    return {makeCheck("fullIsItself", "The full cache has KL 0 and agreement 1", equal && agree, "0 and 1",
                numberText(full.metrics.at("kl")) + " and " + numberText(full.metrics.at("top1Agreement"))),
        atMost("referenceRows", "Probabilities of the full cache sum to 1", refSumError, kRowSumTolerance),
        atMost("fullRows", "Full cache rows sum to 1", full.rowSumError, kRowSumTolerance)};
}

std::vector<Check> cellChecks(const EvaluationCell &cell, const CellResult &result, int64_t rows)
{
    const KvPlan &plan = cell.plan;
    std::vector<Check> checks = planChecks(plan);
    checks.push_back(atMost("rows", "Attention rows sum to 1", result.rowSumError, kRowSumTolerance));
    if (cell.context)
        checks.push_back(atMost("ownContextRows", "Context rows of the plan sum to 1", cell.context->maxRowSumError, kRowSumTolerance));
    const GuidedPlan *guided = guidedPlanOf(plan);
    if (guided && (guided->rescale == Rescale::Mass || guided->rescale == Rescale::Ratio || guided->rescale == Rescale::None)) {
        double worst = 0; // the other modes have another sum by definition (smallkv.md 3, step 5)
        for (const float surplus : result.series.surplus)
            worst = std::max(worst, std::abs(static_cast<double>(surplus)));
        checks.push_back(atMost("rescaledRows", "Rescaled rows sum to 1", worst, kRowSumTolerance));
    }
    int64_t kept = 0;
    for (int64_t layer = 0; layer < plan.kept.layers; ++layer) {
        for (int64_t head = 0; head < plan.kept.heads; ++head)
            kept += plan.kept.countKept(layer, head);
    }
    const int64_t sets = plan.kept.layers * plan.kept.heads;
    const bool whole = kept == sets * plan.kept.tokens;
    const bool equal = std::all_of(result.series.kl.begin(), result.series.kl.end(), [](float value) { return value == 0; });
    const bool mapped = mappedPlanOf(plan) != nullptr;
    if (guided && guided->late) // a short prompt is whole, what follows may not be
        return checks;
    if (mapped)
        checks.push_back(makeCheck("acted", "Mapped layers changed the predictions", !equal, "KL above 0 on some row",
            equal ? "KL 0 on every row" : "KL " + numberText(result.metrics.at("kl"))));
    else if (whole && plan.decodeRule == DecodeRule::Grow && plan.positions == PositionMode::Original)
        checks.push_back(atMost("fullBudget", "A full budget equals the full cache (KL)", result.metrics.at("kl"), kFullBudgetKl));
    else if (!whole)
        checks.push_back(makeCheck("acted", "Dropping tokens changed the predictions", !equal, "KL above 0 on some row",
            equal ? "KL 0 on every row" : "KL " + numberText(result.metrics.at("kl"))));
    if (plan.decodeRule == DecodeRule::Hold && !plan.inactive)
        checks.push_back(makeCheck("held", "Slots at the end equal the budget", result.slotsAtEnd == kept,
            std::to_string(kept), std::to_string(result.slotsAtEnd), "after " + std::to_string(rows) + " rows"));
    return checks;
}

} // namespace winnow
