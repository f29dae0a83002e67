#pragma once

#include "core/eval/step_layer.h"

#include <memory>
#include <optional>
#include <vector>

namespace winnow {

/// The real caches of one cell, and the step that feeds one token through them: the small model first where the plan uses
/// one, then the large one.
class CellDecoder {
public:
    CellDecoder(const Capture &capture, const EvaluationCell &cell);

    /// Takes the captured context over and compresses it. @error BadInput when the plan needs a small model and there is none.
    Result<void> adoptContext();

    /// Reads the context again, layer after layer; each layer is compressed and its full K and V freed before the next one
    /// (kv-evaluation.md 3.11).
    /// @param run Receives allocated, peak and the time of compressing.
    Result<void> readContext(MeasuredRun &run, const RunContext &context);

    void reserveSteps(int64_t steps);

    /// Logits [1, V] after token number `row` of the continuation.
    /// @error Cancelled; as SmallPass::feed.
    Result<at::Tensor> step(int64_t row, int32_t id, const RunContext &context);

    /// Storage of the large model's cache.
    double liveBytes() const;
    /// Time of the small model in all steps so far.
    double smallMs() const { return m_smallMs; }
    /// Storage of the small model's cache; 0 without one.
    double smallBytes() const { return m_small ? static_cast<double>(m_small->cacheBytes()) : 0; }

private:
    Result<void> startSmall();
    /// The same as readContext for a context of the cell's own, which has been read and timed before.
    Result<void> takeOwnContext(MeasuredRun &run);

    const Capture &m_shared; // of all cells: holds the pair
    const Capture &m_capture; // of this cell
    const EvaluationCell &m_cell;
    const Model &m_model;
    std::vector<std::unique_ptr<StepLayer>> m_layers;
    std::vector<int32_t> m_smallHeads;
    std::optional<SmallPass> m_small;
    double m_smallMs = 0;
};

} // namespace winnow
