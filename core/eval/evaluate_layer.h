#pragma once

#include "core/eval/evaluate.h"
#include "core/eval/evaluate_saliency.h"
#include "core/eval/guided_record.h"
#include "core/eval/small_pass.h"
#include "core/model/attention.h"
#include "core/model/rope.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

namespace winnow {

/// Memory that one attention call after the other uses again.
struct AttentionScratch {
    std::vector<float> queries; // [H, rows, D] scaled
    std::vector<float> rowsOfUnit; // [columns, D or Dv] keys or values of one product
    std::vector<float> scores; // per head [rows, columns of its set]
    std::vector<float> outputs; // [H, rows, Dv]
    std::vector<float> weights; // [heads of a set, slots]
    std::vector<float> policyKeys, policyValues, policyQueries;
    std::vector<float> missing; // [N] 1 for prompt tokens a set does not hold
    std::vector<float> shifted; // [H, D] queries of shiftedRow at shiftedPosition
    int64_t shiftedRow = -1, shiftedPosition = -1;
    std::vector<int32_t> drop;
};

/// Queries, keys and values of one cell in one layer, rows first..first+count-1 of the continuation being new.
struct BlockRows {
    int64_t first = 0, count = 0;
    const float *q = nullptr; // row t of the block, head h at q + t * rowStride + h * D; after RoPE
    int64_t rowStride = 0;
    const float *qBefore = nullptr; // [count, H, D] before RoPE, only for shifted positions
    const float *k = nullptr, *v = nullptr; // [Hkv, capacity, D] and [.., Dv], rows 0..first+count-1 filled
    int64_t capacity = 0; // T
};

/// What the full cache did with the same rows of the same layer.
struct FullBlock {
    int64_t columns = 0; // N + first + count
    std::vector<float> weights; // [H, count, columns]
    std::vector<float> output; // [count, H * Dv]
    SaliencyBlock saliency; // empty when not asked for
    double rowSumError = 0;
};

/// Sums of one cell over its layers.
struct CellRecord {
    std::vector<double> lostMass, jaccard; // [T] sums over the layers
    std::vector<double> layerError; // [L] sums over the rows
    std::vector<Eviction> evictions;
    double rowSumError = 0;
    int64_t slotsAtEnd = 0;
    GuidedRecord guided; // of cells that a small model guides
};

/// Keeps the largest |sum - 1| of attention rows.
inline void noteRowSum(float sum, double &worst) { worst = std::max(worst, std::abs(static_cast<double>(sum) - 1)); }

/// Attention of the full cache over its N + rows slots.
/// @cost 2 * H * count * columns * (D + Dv) flops.
void attendFull(const Capture &capture, int64_t layer, const BlockRows &rows, AttentionScratch &scratch, FullBlock &full);

/// What attend reads beside the rows.
struct LayerContext {
    const FullBlock &full;
    const ModelRope &rope; // for shifted positions
    int64_t length = 0; // N + T
    const SmallRows *small = nullptr; // rows of the small model, only when a cell of the batch uses them
};

/// One layer of one cell while its rows go by: which slots every row sees, and with what weights.
class LayerExecution {
public:
    virtual ~LayerExecution() = default;

    /// Rows in ascending order, block after block.
    /// @param out [count, H * Dv]
    virtual void attend(const BlockRows &rows, const LayerContext &context, AttentionScratch &scratch, float *out, CellRecord &record) = 0;

    /// Slots held now, over all sets.
    virtual int64_t slots() const = 0;
};

/// The execution of plans over a cache of one model: the slots it holds, and what decides which of them leave.
///
/// A block of rows is scored against every slot it may see in one product; the row loop then only picks the held ones,
/// normalises and drops. The same numbers as one row at a time over a cache that is cut after each row
/// (kv-evaluation.md 3.5), at the speed of matrix products.
class CellLayer : public LayerExecution {
public:
    CellLayer(const Capture &capture, const EvaluationCell &cell, int64_t layer, const EvaluationOptions &options);

    void attend(const BlockRows &rows, const LayerContext &context, AttentionScratch &scratch, float *out, CellRecord &record) override;
    int64_t slots() const override;

private:
    struct Set {
        std::vector<int32_t> held; // positions, ascending
        std::vector<int32_t> columns; // position of each column of the block
        std::vector<int32_t> column; // column of each held slot
    };

    void layColumns(const BlockRows &rows, Set &set);
    void multiplyKeys(const BlockRows &rows, AttentionScratch &scratch);
    void multiplyValues(const BlockRows &rows, AttentionScratch &scratch) const;
    enum class Part { Keys, Values };
    int64_t widthOf(Part part) const { return part == Part::Keys ? m_config.headDim : m_config.valueWidth(); }
    const float *slotRow(Part part, const BlockRows &rows, int64_t kvHead, int64_t position) const;
    void gather(Part part, const BlockRows &rows, int64_t kvHead, const std::vector<int32_t> &positions, float *out) const;
    float *scoreRow(AttentionScratch &scratch, int64_t head, int64_t row) const;

    void growRows(const BlockRows &rows, int64_t set, const LayerContext &context, AttentionScratch &scratch, CellRecord &record);
    void decodeRow(const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context, AttentionScratch &scratch,
        CellRecord &record);
    void shiftScores(const BlockRows &rows, int64_t row, int64_t set, const LayerContext &context, AttentionScratch &scratch) const;
    size_t firstSeen(const Set &set, int64_t position) const;
    void fillPolicyRows(const BlockRows &rows, int64_t set, AttentionScratch &scratch, DecodeRow &view) const;
    void noteRow(int64_t first, int64_t row, int64_t set, double lost, const FullBlock &full, CellRecord &record) const;
    double lostByHeld(int64_t row, int64_t set, const FullBlock &full) const;
    void dropSlots(int64_t row, int64_t set, const std::vector<int32_t> &drop, CellRecord &record);

    const Capture &m_capture;
    const ModelConfig &m_config;
    const KvPlan &m_plan;
    const EvaluationOptions &m_options;
    int64_t m_layer = 0;
    HeadSets m_kind;
    int64_t m_setHeads = 0; // query heads of a set
    ScoreRule m_rule;
    bool m_shift = false;
    std::unique_ptr<DecodePolicy> m_policy;
    std::vector<Set> m_sets;
    std::vector<int64_t> m_offset; // [H] of a head's scores
    std::vector<float> m_pastQueries; // [rows so far, H, D] for policies that read queries
};

} // namespace winnow
