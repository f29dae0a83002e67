#pragma once

#include "core/eval/evaluate_layer.h"

#include <memory>
#include <span>

namespace winnow {

/// What executes a plan in one layer: the one place that knows which kinds of plans there are.
///
/// @param capture The context that all cells share; a cell with a context of its own is executed on that.
std::unique_ptr<LayerExecution> makeLayerExecution(
    const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options);

/// Rows of the small model that any of the cells uses, over the rows of a continuation that are fed; null when none does.
/// @error BadInput when a plan uses rows of a small model and the capture has none; as smallRows.
Result<std::shared_ptr<const SmallRows>> smallRowsOf(
    const Capture &capture, std::span<const EvaluationCell> cells, std::span<const int32_t> fed, const RunContext &context);

} // namespace winnow
