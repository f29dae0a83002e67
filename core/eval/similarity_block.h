#pragma once

#include "core/eval/attention_rows.h"
#include "core/eval/similarity_vector.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// One block of rows of all heads as vectors, without the first `skip` columns.
class PackedBlock {
public:
    /// Copies rows of all heads; with skip > 0 each row is divided by the sum of what is left.
    /// @param averageHeads heads of a layer become their mean: the block has one vector a layer.
    void pack(const RowBlock &rows, const MapRange &range, HeadShape shape, int64_t skip, bool averageHeads);
    /// Room for a block that is then filled head by head, all of it. @param widths of its rows.
    void reset(int64_t heads, std::vector<int64_t> widths, int64_t firstRow);
    /// Divides every row by its L2 norm; rows of zeros stay.
    void makeRowsUnit();

    HeadVectors vectors() const { return {m_data.data(), m_heads, m_entries, m_entries}; }
    int64_t heads() const { return m_heads; }
    /// Lengths of the rows.
    const std::vector<int64_t> &widths() const { return m_widths; }
    int64_t firstRow() const { return m_firstRow; }
    float *head(int64_t index) { return m_data.data() + index * m_entries; }

private:
    std::vector<float> m_data; // [heads, entries]
    std::vector<int64_t> m_widths;
    int64_t m_heads = 0, m_entries = 0, m_firstRow = 0;
};

/// The causal shuffle of the control: one permutation a head, which grows row by row.
class RowShuffle {
public:
    /// @param columns of the whole range behind the sinks.
    RowShuffle(int64_t heads, int64_t columns, uint64_t seed);
    /// The next block with its rows shuffled. Blocks come in order, from the first row on.
    void apply(const PackedBlock &from, PackedBlock &to);

private:
    void grow(int64_t head, int64_t width);

    int64_t m_columns;
    uint64_t m_seed;
    std::vector<int32_t> m_order; // [heads, columns]
    std::vector<int64_t> m_widths; // [heads] how far each permutation has grown
};

} // namespace winnow
