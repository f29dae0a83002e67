#pragma once

#include "core/base/budget.h"
#include "core/base/report.h"
#include "core/eval/bytes.h"
#include "core/eval/cell_key.h"
#include "core/eval/evaluate.h"
#include "core/eval/pair_bytes.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

/// One line of a sweep: a method with its canonical parameters.
struct SweepMethod {
    std::string method; // id
    Json parameters = Json::object();
};

struct SweepRequest {
    std::vector<SweepMethod> methods;
    std::vector<Budget> budgets;
    std::vector<int64_t> seeds; // for methods with a parameter `seed`; empty = the one in the parameters
    EvaluationOptions options;
    int64_t elementBytes = 0; // of the byte kinds; 0 = as the model was opened
    CountSmall countSmall = CountSmall::Yes; // in budgets of bytes
    CellRecipe recipe; // hashes, segment, dtype, device, version; the rest is filled in per cell
};

enum class CellState { Measured, Known, Inactive, Unreachable };

/// One (method, parameters, budget, seed) of a sweep, ready to be shown and stored.
struct SweepCell {
    std::string key; // cellKey
    SweepMethod method; // parameters with the seed of this cell
    std::string title; // of the method
    Budget budget; // as asked
    int64_t count = 0; // C
    int64_t seed = 0;
    CellState state = CellState::Measured;
    std::string reason; // why there is no value (Known, Inactive, Unreachable)
    std::shared_ptr<const KvPlan> plan; // null when Known or Unreachable
    CacheBytes bytes; // when there is a plan
    double selectMs = 0;
    std::shared_ptr<const CellResult> result; // Measured only
};

struct SweepCallbacks {
    /// True when a result with this key exists already: the cell is not run. May be empty.
    std::function<bool(const std::string &key)> known;
    /// Each cell once, as it is finished, in the order of the sweep within a batch. May be empty.
    std::function<void(const SweepCell &cell)> done;
};

struct SweepResult {
    std::vector<SweepCell> cells; // in the order of the sweep: budgets coarse first, methods as given
    CellResult full; // empty when no cell was measured
    double rankMs = 0, selectMs = 0, evaluateMs = 0;
};

/// Order of kv-evaluation.md 3.8: shares nearest to 20, 50, 10, 80, 5 % first, then the rest, largest first.
std::vector<Budget> coarseFirst(std::vector<Budget> budgets, int64_t tokens);

/// Union of what the methods of a sweep read from a capture.
/// @error NotFound for an unknown method.
Result<CaptureNeeds> sweepNeeds(const std::vector<SweepMethod> &methods);

/// Ranks each method once, selects every budget, and evaluates all cells that are not known, inactive or unreachable as
/// batches over one capture. Finished cells stay finished when the sweep is cancelled: `done` has been called for them.
///
/// @error BadInput (unknown method, capture without a needed part), Cancelled, OutOfMemory, or a method's own error.
Result<SweepResult> runSweep(const Capture &capture, const std::vector<int32_t> &continuation, const SweepRequest &request,
    const SweepCallbacks &callbacks, const RunContext &context);

/// "rescale=mass": the parameters of a cell that other cells of its method have otherwise; empty when there are none.
std::string parameterDifference(const SweepCell &cell, const std::vector<SweepCell> &cells);

/// What a curve is drawn over.
enum class CurveAxis { NativeBytes, NominalBytes, Tokens, EffectiveBytes }; // effective: native and the small model's cache

/// One curve per method and parameter set for a metric (the parameters that tell sets of one method apart are in its id and title): x ascending, y the mean over the seeds, low and high the 95 %
/// bootstrap interval over the rows of the one text. Inactive, unreachable and known cells leave gaps.
/// `thresholds` holds objects {"name", "y" or "x", "text"}: "interval" says what the band is over, "full" is the full
/// cache's value, "knee" (deltaNll only) the budgets between which the loss becomes visible.
/// @param full result of the full cache, null = no line for it.
std::vector<Curve> buildCurves(
    const std::vector<SweepCell> &cells, const std::string &metric, CurveAxis axis, const CellResult *full = nullptr);

} // namespace winnow
