#pragma once

#include "core/eval/evaluate.h"
#include "core/model/generate.h"

namespace winnow {

/// Continues a captured context under a plan, token by token on the real (ragged) cache, with the plan's decode rule. The
/// first token is chosen from the context pass, before compression; it is equal for all plans.
///
/// @error BadInput when maxNew does not fit into the model's context; Cancelled between tokens.
/// @cost  A copy of the compressed cache and one step a token.
Result<Generated> generateUnderPlan(const Capture &capture, const EvaluationCell &cell, const GenerateOptions &options,
    const TokenSink &sink, const RunContext &context);

} // namespace winnow
