#pragma once

#include "core/base/budget.h"
#include "core/base/method_info.h"
#include "core/eval/pair_bytes.h"
#include "core/methods/method.h"
#include "core/serve/capture_store.h"

#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// A method with checked, canonical parameters.
struct MethodRequest {
    const MethodSpec *spec = nullptr;
    Json parameters = Json::object();
};

/// Reads {method, params} of a request; a parameter `seed` that is not given is the request's seed.
/// @error NotFound for an unknown method (with the known ids), BadInput for a method of another family and for parameters.
Result<MethodRequest> methodRequest(const Json &json, const Json &request, std::string_view family = "kv");

/// Reads `budget` of a cell: text in one of the four forms, or a number (fraction). A method without a budget keeps all; where
/// none is given, the method's parameter for it counts, else its default.
/// @error BadInput: unreadable, or outside of what the method allows.
Result<Budget> budgetRequest(const Json &json, const MethodRequest &method);

/// A plan for a budget and what it takes.
struct PlannedCell {
    KvPlan plan;
    CacheBytes bytes;
    int64_t count = 0; // C in the method's unit
    double selectMs = 0;
    BudgetMeaning meaning = BudgetMeaning::KeptTokens; // of count
};

/// Turns the budget into slots (bytes by equal-bytes search over native bytes and those of a small model's cache) and selects.
Result<PlannedCell> planCell(const Capture &capture, const RankedMethod &ranked, const Budget &budget,
    CountSmall countSmall = CountSmall::Yes);

/// The cell that executes a plan. Where the plan reads the prompt in its own way, that is done here, and plan and bytes become those
/// of what was read.
Result<EvaluationCell> evaluationCell(
    const Capture &capture, const RankedMethod &ranked, PlannedCell &planned, const RunContext &context);

/// What the union of some methods reads from a capture.
CaptureNeeds needsOf(const std::vector<MethodRequest> &methods);

} // namespace winnow
