#pragma once

#include "core/base/error.h"
#include "core/base/report.h"
#include "core/base/run_context.h"
#include "core/eval/capture.h"
#include "core/methods/method.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace winnow {

struct MappedTimes; // core/eval/mapped_context.h

/// Execution modes of kv-evaluation.md 3.6. With a fixed kept set both give equal logits.
enum class ExecutionMode { Drop, Mask };

/// One thing to compare: a plan and what made it. `method` and `ranking` may be null for a plan that grows.
struct EvaluationCell {
    KvPlan plan;
    const Method *method = nullptr;
    std::shared_ptr<const Ranking> ranking;
    Parameters parameters{Json::object()};
    CapturePtr context{}; // a context pass of its own (IAM); null = the capture that all cells share
    std::shared_ptr<const MappedTimes> contextTimes{}; // what that pass took
};

struct EvaluationOptions {
    ExecutionMode mode = ExecutionMode::Drop;
    int64_t memoryLimitBytes = 0; // 0 = half of free memory
    int64_t maxBatch = 0; // cells that finish together at most; 0 = as many as fit
    int64_t blockRows = 128; // continuation rows at a time: bounds the attention rows held
    bool recordEvictions = true;
    bool saliency = true; // saliencyJaccard: sorts the full run's attention once per row, layer and head
};

/// Per-row series of one cell: values[t] for t = 0..T-1, in nats.
struct TokenSeries {
    std::vector<float> nll, kl, deltaNll, deltaP;
    std::vector<uint8_t> agree; // argmax equal to the full cache
    std::vector<uint8_t> overlap; // common ids of both top-5 lists
    std::vector<int32_t> rank; // how many ids the cell prefers to the target
    std::vector<float> lostMass; // full-run attention on slots the cell does not hold, mean over layers and heads
    std::vector<float> surplus, marginalMass, revivals; // guided cells: attention beyond 1, the stand-in's, new among the critical
    std::vector<float> saliencyJaccard; // kept set against the best equally many tokens by full-run attention, mean over sets
};

struct CellResult {
    std::map<std::string, double> metrics; // names of kv-evaluation.md 6
    TokenSeries series;
    std::vector<Eviction> evictions;
    std::vector<ClassChange> changes; // guided cells
    std::vector<float> classMass; // guided cells: [L, H, 6] mean masses of critical, recent, marginal, lost; rescaled kept, marginal
    double hostBytes = -1, d2hBytes = -1, h2dBytes = -1; // guided cells, f32: held on the host at the end; moved per step
    int64_t slotsAtEnd = 0; // sum over layers and head sets
    std::vector<double> layerError; // [L]
    double rowSumError = 0; // largest |sum of an attention row - 1| of this cell
    std::vector<Check> checks; // did it act (kv-evaluation.md 8), planChecks included
};

/// Called when a cell is finished, in the order of finishing; index into the request's cells.
using CellDone = std::function<void(size_t index, const CellResult &result)>;

/// Scores `continuation` (y_0..y_T, T >= 1) under every cell, layer-major, all cells of a batch as one; the full cache is
/// run beside them and its result stands at index cells.size().
///
/// @param cells  Any mix of grow and hold plans over `capture`; results do not depend on batch size or order (1e-5).
/// @error BadInput (T < 1, id outside the vocabulary, context overrun), OutOfMemory when one cell does not fit the limit
///        (states predicted and allowed bytes), Cancelled.
/// @cost  kv-evaluation.md 5: M*T rows through the layers; no attention map beyond [H, T, n + T] of one cell group.
/// @source kv-evaluation.md 3.5.
Result<std::vector<CellResult>> evaluate(const Capture &capture, const std::vector<int32_t> &continuation,
    const std::vector<EvaluationCell> &cells, const EvaluationOptions &options, const CellDone &done,
    const RunContext &context);

/// Measured run of one cell (kv-evaluation.md 3.11): context pass that compresses each layer and frees its full K and V,
/// then token steps on the real ragged cache.
struct MeasuredRun {
    double allocatedBytes = 0; // live cache tensors after compression, before the first step; each storage once
    double peakBytes = 0; // maximum of the same, including the context pass
    double smallCacheBytes = 0; // the small model's cache at the end, beside the above
    double compressMs = 0;
    double prefillMs = -1; // of a context pass of its own; -1 = the shared one
    double spanMs = -1, chunksMs = -1, smallPrefillMs = -1; // its parts (iam.md 5)
    double msPerToken = 0; // the small model included
    double smallMsPerToken = 0; // its part
    std::vector<float> nll; // [T]
};
Result<MeasuredRun> measureCell(const Capture &capture, const std::vector<int32_t> &continuation, const EvaluationCell &cell,
    const RunContext &context);

} // namespace winnow
