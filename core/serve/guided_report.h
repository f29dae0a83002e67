#pragma once

#include "core/base/report.h"
#include "core/eval/bytes.h"
#include "core/eval/evaluate.h"

namespace winnow {

/// What a report says about a cell that a small model guides: the table `guidedHeads` (which small head serves each head, how
/// clear the match was, where its attention went), what the host holds, and the surplus of modes that add mass. Nothing for other
/// plans.
///
/// @param result null when nothing was scored. @param measured null when nothing was timed.
void addGuided(ReportBuilder &builder, const KvPlan &plan, const Capture &capture, const CellResult *result,
    const MeasuredRun *measured);

/// Parts the stored bytes into keys and values, and says whether the small model saves more than it takes: by its cache alone, and from how many tokens on with its weights;
/// a net loss that the plan's own notices tell is not told again.
void addPairCosts(ReportBuilder &builder, const KvPlan &plan, const CacheBytes &bytes, int64_t tokens);

/// Metrics `smallNll`, `smallKl`, ... of the small model by itself.
void addSmallAlone(ReportBuilder &builder, const CellResult &alone);

/// Bytes on the host and moved per step, where a cell has them.
void addMoves(const CellResult &result, Savings &savings);

} // namespace winnow
