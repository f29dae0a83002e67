#pragma once

#include "core/eval/evaluate.h"

namespace winnow {

/// The small model of a capture by itself on the same continuation, against the large one's full cache: the line that a method
/// of a pair has to stay below. Metrics and series of logits only.
///
/// Of models with more rows of logits than tokens only the rows both have are compared.
/// @error BadInput (a capture without its pair, T < 1), as forward; Cancelled.
/// @cost  T rows through both models.
Result<CellResult> evaluateSmall(const Capture &capture, const std::vector<int32_t> &continuation, const RunContext &context);

} // namespace winnow
