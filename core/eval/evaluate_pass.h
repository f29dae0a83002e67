#pragma once

#include "core/base/error.h"
#include "core/eval/evaluate.h"
#include "core/eval/evaluate_layer.h"
#include "core/model/forward.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace winnow {

/// Rows of one block of the continuation, all cells that run: the rows of the i-th are i * count .. of x.
struct RowBlock {
    int64_t first = 0, count = 0;
    at::Tensor x; // [cells * count, E] residual stream
};

/// What the full cache did in every layer and block: run with the first batch, read by the later ones.
struct FullRun {
    bool keep = false; // more batches follow and the memory is there
    bool done = false;
    std::array<bool, kHeadSetKinds> saliencyKinds{}; // what the cells of any batch will ask for
    std::vector<FullBlock> blocks; // keep: [layers * blocks]; else the one at work
    CellRecord record;
};

/// The continuation under all cells of one batch, layer by layer (kv-evaluation.md 3.5). Cell 0 is the full cache, unless
/// it has been run and kept.
class LayerMajorPass {
public:
    /// @param cells The batch without the full cell. Borrowed, as everything here.
    /// @param small Rows of the small model, null when no cell uses them.
    LayerMajorPass(const Capture &capture, const std::vector<int32_t> &continuation, std::span<const EvaluationCell> cells,
        const EvaluationOptions &options, FullRun &full, const SmallRows *small);

    /// Runs all layers. @error Cancelled. @param layerDone called after each layer.
    Result<void> run(const RunContext &context, const std::function<void(int64_t layer)> &layerDone);

    int64_t rows() const { return m_rows; } // T
    const std::vector<RowBlock> &blocks() const { return m_blocks; } // the residual stream leaving the last layer
    int64_t firstCell() const { return m_firstCell; } // 0 = the full cache runs here, 1 = it ran before
    CellRecord &record(size_t cell) { return m_records[cell]; } // 1 = the first of `cells`

    /// Rows that go through the matrices together: large enough for full speed, small enough to cancel in time.
    static constexpr int64_t kChunkRows = 768;
    /// Rows whose logits are held at a time: the head matrix is read once for each such piece; cancel waits for one.
    static constexpr int64_t kLogitRows = 128;

    /// Bytes that do not depend on the number of cells, and bytes per cell.
    struct Memory {
        int64_t shared = 0, perCell = 0;
        int64_t keptFull = 0; // a FullRun that is kept
    };
    static Memory memory(const ModelConfig &config, int64_t tokens, int64_t rows, int64_t blockRows);

private:
    Result<void> runLayer(int64_t layer, const RunContext &context);
    Result<void> runChunk(int64_t layer, size_t block, std::pair<int64_t, int64_t> cells, const RunContext &context);
    void attendCell(int64_t layer, size_t block, int64_t cell, const Projections &fresh, float *out);
    void runFull(int64_t layer, size_t block, const BlockRows &rows, float *out);
    FullBlock &fullBlock(int64_t layer, size_t block);
    bool shifts(int64_t cell) const;

    const Capture &m_capture;
    const Model &m_model;
    std::span<const EvaluationCell> m_cells;
    const EvaluationOptions &m_options;
    FullRun &m_full;
    const SmallRows *m_small;
    int64_t m_rows = 0;
    int64_t m_firstCell = 0;
    std::vector<RowBlock> m_blocks;
    std::vector<CellRecord> m_records; // [1 + cells]
    std::vector<std::unique_ptr<LayerExecution>> m_layers; // [1 + cells], of the current layer; [0] unused
    std::vector<float> m_keys, m_values; // [1 + cells, Hkv, T, D] and [.., Dv] of the current layer
    std::unique_ptr<SaliencyRanks> m_saliency;
    AttentionScratch m_scratch;
    at::Tensor m_attended; // [chunk rows, H * Dv]
    std::vector<float> m_before; // [count, H, D] queries before RoPE of one cell
};

} // namespace winnow
