#pragma once

#include "core/base/budget.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/serve/cell_request.h"

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

// Lists that sweeps of every kind read, and write back into the request that repeats them.

/// `budgets`, each once; `defaults` where the request has none.
/// @error BadInput: no list, an empty one, an unreadable budget.
Result<std::vector<Budget>> budgetList(const Json &request, std::span<const char *const> defaults);

/// `seeds`; none where the request has none.
/// @error BadInput: no list, or something else than whole numbers from 0.
Result<std::vector<int64_t>> seedList(const Json &request);

/// @error BadInput: more than 10,000 cells.
Result<void> checkCells(size_t methods, size_t budgets, size_t seeds);

/// Writes `methods` with all parameters, `budgets`, and `seeds` where there are any.
void writeLists(std::span<const MethodRequest> methods, std::span<const Budget> budgets, std::span<const int64_t> seeds, Json &request);

} // namespace winnow
