#include "core/serve/cell_request.h"

#include "core/base/json_fields.h"
#include "core/eval/mapped_context.h"
#include "core/eval/plan_notices.h"
#include "core/methods/registry.h"

#include <chrono>

namespace winnow {
namespace {

    std::string knownMethods(std::string_view family)
    {
        std::string ids;
        for (const MethodSpec *spec : methodsOf(family))
            ids += (ids.empty() ? "" : ", ") + std::string(spec->id);
        return ids;
    }

} // namespace

Result<MethodRequest> methodRequest(const Json &json, const Json &request, std::string_view family)
{
    const std::string id = stringField(json, "method");
    if (id.empty())
        return fail(ErrorCode::BadInput, "the request names no method", "known: " + knownMethods(family));
    const MethodSpec *spec = findMethod(id);
    if (!spec)
        return fail(ErrorCode::NotFound, "unknown method \"" + id + "\"", "known: " + knownMethods(family));
    if (spec->family != family)
        return fail(ErrorCode::BadInput, id + " is a method of the family " + std::string(spec->family) + ", expected one of the family " + std::string(family),
            "known: " + knownMethods(family));
    const MethodInfo info = methodInfo(*spec);
    Json given = childField(json, "params");
    if (given.is_null())
        given = Json::object();
    if (info.parameter("seed") && given.is_object() && !given.contains("seed") && request.contains("seed"))
        given["seed"] = request.at("seed");
    auto parameters = canonicalParameters(info, given);
    if (!parameters)
        return fail(parameters.error());
    return MethodRequest{spec, std::move(*parameters)};
}

Result<Budget> budgetRequest(const Json &json, const MethodRequest &method)
{
    const BudgetSpec &spec = method.spec->budget;
    if (spec.unit.empty())
        return Budget{};
    const Json &given = childField(json, "budget");
    if (given.is_null() && !spec.parameter.empty())
        return Budget{BudgetKind::Fraction, numberField(method.parameters, std::string(spec.parameter).c_str())};
    if (given.is_null())
        return Budget{BudgetKind::Fraction, spec.defaultFraction};
    if (!given.is_string() && !given.is_number())
        return fail(ErrorCode::BadInput, "budget: expected text, found " + jsonText(given),
            "write a kept fraction 0.25, a percentage 25%, a count 256t, or bytes 6MiB");
    const std::string text = given.is_string() ? given.get<std::string>() : jsonText(given);
    if (spec.meaning == BudgetMeaning::ReplacedLayers && saysNone(text))
        return Budget{BudgetKind::Fraction, 0};
    return parseBudget(text);
}

Result<PlannedCell> planCell(
    const Capture &capture, const RankedMethod &ranked, const Budget &budget, CountSmall countSmall)
{
    const auto began = std::chrono::steady_clock::now();
    const BudgetMeaning meaning = ranked.meaning;
    const int64_t layers = capture.config.layers;
    PlannedCell cell;
    cell.meaning = meaning;
    int64_t staying = 0;
    if (budget.kind == BudgetKind::Bytes) {
        const auto native = [&](int64_t count) -> Result<double> {
            auto plan = ranked.method->select(capture, *ranked.ranking, ranked.parameters, count);
            if (!plan)
                return fail(plan.error());
            return countedBytes(cellBytes(*plan, capture), countSmall);
        };
        auto found = countForBytes(budget.value, budgetTotal(meaning, capture.tokens(), layers), native);
        if (!found)
            return fail(found.error());
        staying = found->count;
        cell.count = countOfStaying(meaning, staying, layers);
    } else {
        cell.count = budgetCount(budget, meaning, capture.tokens(), layers);
        staying = stayingCount(meaning, cell.count, layers);
    }
    auto plan = ranked.method->select(capture, *ranked.ranking, ranked.parameters, staying);
    if (!plan)
        return fail(plan.error());
    cell.plan = std::move(*plan);
    addModelNotices(capture.config, cell.plan);
    cell.bytes = cellBytes(cell.plan, capture);
    cell.selectMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    return cell;
}

Result<EvaluationCell> evaluationCell(
    const Capture &capture, const RankedMethod &ranked, PlannedCell &planned, const RunContext &context)
{
    EvaluationCell cell{planned.plan, ranked.method.get(), ranked.ranking, ranked.parameters};
    if (!needsContext(capture, cell))
        return cell;
    if (auto given = giveContext(capture, cell, context); !given)
        return fail(given.error());
    planned.plan = cell.plan;
    planned.bytes = cellBytes(cell.plan, capture);
    return cell;
}

CaptureNeeds needsOf(const std::vector<MethodRequest> &methods)
{
    CaptureNeeds needs;
    for (const MethodRequest &method : methods)
        needs.include(method.spec->create()->needs(Parameters(method.parameters)));
    return needs;
}

} // namespace winnow
