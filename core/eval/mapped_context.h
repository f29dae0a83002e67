#pragma once

#include "core/eval/capture.h"
#include "core/eval/evaluate.h"
#include "core/methods/mapped_plan.h"

namespace winnow {

/// What reading a prompt in IAM's way took (iam.md 5): the parts of the time to the first token.
struct MappedTimes {
    double spanMs = 0; // both models over the match span, ordinary attention
    double chunksMs = 0; // the rest of the prompt, small model included
    double smallMs = 0; // of both: the small model
    int64_t blockRows = 0; // b
    int64_t blocks = 0;
    double peakCacheBytes = 0; // of the large model's cache while it was read
};

/// A context read under a mapped plan (iam.md 3 step 2): the span with ordinary attention, then, mode chunked, blocks of rows, the
/// small model's rows first; mapped layers keep values and lose their keys behind the span.
struct MappedContext : Capture {
    MappedTimes times;
};

/// Reads the ids of `shared` under a plan.
///
/// @param needs Statistics of the layers that are not mapped; mapped ones have none, and keys of no channels.
/// @error as captureContext; BadInput when `shared` has no small model.
/// @cost  A prefill with explicit scores; rows of the small model take 4 U b S bytes at a time.
Result<std::shared_ptr<const MappedContext>> mappedContext(
    const Capture &shared, const MappedPlan &plan, const CaptureNeeds &needs, const RunContext &context);

/// Whether a plan reads the prompt in its own way and that has not been done for the cell.
bool needsContext(const Capture &shared, const EvaluationCell &cell);

/// Gives a cell a context of its own where its plan reads the prompt in its own way, once; an eviction method ranks and selects
/// again on it, so that the plan of the cell may change. Other cells are left alone.
Result<void> giveContext(const Capture &shared, EvaluationCell &cell, const RunContext &context);

} // namespace winnow
