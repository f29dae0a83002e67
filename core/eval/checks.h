#pragma once

#include "core/base/report.h"
#include "core/eval/evaluate.h"

#include <vector>

namespace winnow {

/// Kept count = asked count, per layer and head set or, where counts differ by design, in total; sets inside the prompt.
std::vector<Check> planChecks(const KvPlan &plan);

/// Attention rows of the context pass sum to 1 (1e-4).
std::vector<Check> captureChecks(const Capture &capture);

/// The full cell: KL 0, agreement 1 on every row; its attention rows and the rows of refLogp sum to 1.
/// @param refSumError largest |sum of exp(refLogp) - 1|.
std::vector<Check> fullChecks(const CellResult &full, double refSumError);

/// One cell: planChecks; attention rows sum to 1; a full budget equals the full cache (KL <= 1e-8); a cell that dropped
/// tokens does not have KL 0 on all rows; hold cells end with the slots they announce.
std::vector<Check> cellChecks(const EvaluationCell &cell, const CellResult &result, int64_t rows);

} // namespace winnow
