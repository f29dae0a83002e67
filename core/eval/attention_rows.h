#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/eval/head_match.h"
#include "core/model/attention.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace winnow {

class Model; // core/model/model.h

/// Queries and keys of every layer over one sequence: what any attention row can be computed again from. O(n) numbers, where
/// the maps are O(n^2). Immutable, on the CPU.
struct AttentionSource {
    struct Layer {
        at::Tensor queries; // [H, n, D] f32 after RoPE
        at::Tensor keys; // [Hkv, n, D] f32 after RoPE
        ScoreRule rule;
    };
    std::vector<Layer> layers;
    HeadShape shape; // L, H
    int64_t kvHeads = 0;
    int64_t tokens = 0; // n
    double forwardMs = 0;

    int64_t bytes() const;
};

using AttentionSourcePtr = std::shared_ptr<const AttentionSource>;

/// Runs a model over a sequence and keeps queries and keys.
///
/// @param layers first layers to run; 0 = all. What is behind the last one's projections is not computed.
/// @error BadInput (no token, id outside the vocabulary, longer than the context, more layers than there are), Cancelled.
///        Progress `stage` in layers.
Result<AttentionSourcePtr> attentionSource(const Model &model, std::span<const int32_t> ids, int64_t layers, const char *stage,
    const RunContext &context);

/// Query rows [firstRow, end()) and the columns from firstColumn on that a causal map of them has.
struct MapRange {
    int64_t firstRow = 0;
    int64_t rows = 0;
    int64_t firstColumn = 0; // <= firstRow

    int64_t end() const { return firstRow + rows; }
    int64_t columns() const { return end() - firstColumn; }
    /// Columns row `row` sees when the first `skip` are taken out.
    int64_t width(int64_t row, int64_t skip) const { return std::max<int64_t>(0, row + 1 - firstColumn - skip); }
    /// Numbers in rows [begin, end) without the first `skip` columns.
    int64_t entries(int64_t begin, int64_t end, int64_t skip) const;
};

/// Rows of all heads, one behind the other without the hidden part: row u has its columns firstColumn..u.
struct RowBlock {
    const float *data = nullptr; // [heads, entries], heads `stride` apart
    int64_t stride = 0;
    int64_t begin = 0, end = 0; // rows
};

/// Attention rows of all heads of a source, block by block; the rows of short ranges are kept once they are computed.
class AttentionRows {
public:
    /// @param keepBytes all rows of the range are kept when they take no more than this.
    AttentionRows(AttentionSourcePtr source, MapRange range, int64_t keepBytes);

    const AttentionSource &source() const { return *m_source; }
    const MapRange &range() const { return m_range; }
    /// Valid until the next call. @param begin, end rows inside the range.
    RowBlock rows(int64_t begin, int64_t end);
    /// Sum of each column over the rows of the range, in f32 from the first row on (smallkv.md 3 step 1: which of nearly equal
    /// columns is in a top set depends on the order of additions). @return [heads, columns]
    /// @cost One pass over the rows at the first call. @error Cancelled.
    Result<const std::vector<float> *> columnSums(const RunContext &context);
    /// Of what is kept here, without the source.
    int64_t bytes() const;
    /// Rows of a block that keep it near 32 MiB.
    int64_t blockRows() const;

private:
    void compute(int64_t begin, int64_t end, float *out, int64_t stride) const;

    AttentionSourcePtr m_source;
    MapRange m_range;
    bool m_keeps = false;
    bool m_filled = false;
    std::vector<float> m_rows; // all of the range, or one block
    std::vector<float> m_columnSums;
};

/// One head's rows [begin, end) with all columns 0..end-1, zeros where nothing is seen. @return [end - begin, end]
/// @error BadInput (layer, head or rows out of range).
Result<std::vector<float>> attentionTile(
    const AttentionSource &source, int64_t layer, int64_t head, int64_t begin, int64_t end);

} // namespace winnow
