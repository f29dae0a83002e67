#include "core/eval/similarity_block.h"

#include "core/methods/noise.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {
namespace {

    void setScaled(const float *from, float *to, int64_t n, float factor)
    {
        for (int64_t i = 0; i < n; ++i)
            to[i] = from[i] * factor;
    }

    void addScaled(const float *from, float *to, int64_t n, float factor)
    {
        for (int64_t i = 0; i < n; ++i)
            to[i] += from[i] * factor;
    }

    /// One head's rows without the first columns, each by `put` to its place.
    template <typename Put>
    void putHead(const float *row, const MapRange &range, const RowBlock &rows, int64_t skip, float weight, float *to, const Put &put)
    {
        for (int64_t u = rows.begin; u < rows.end; ++u) {
            const int64_t all = range.width(u, 0), left = range.width(u, skip);
            float factor = weight;
            if (skip > 0 && left > 0) {
                const double sum = vectorSums(row + skip, left).sum;
                factor = sum > 0 ? float(double(weight) / sum) : 0.0F;
            }
            put(row + skip, to, left, factor);
            row += all;
            to += left;
        }
    }

} // namespace

void PackedBlock::reset(int64_t heads, std::vector<int64_t> widths, int64_t firstRow)
{
    m_heads = heads;
    m_entries = std::accumulate(widths.begin(), widths.end(), int64_t(0));
    m_firstRow = firstRow;
    m_widths = std::move(widths);
    m_data.resize(size_t(m_heads * m_entries));
}

void PackedBlock::pack(const RowBlock &rows, const MapRange &range, HeadShape shape, int64_t skip, bool averageHeads)
{
    std::vector<int64_t> widths;
    for (int64_t u = rows.begin; u < rows.end; ++u)
        widths.push_back(range.width(u, skip));
    reset(averageHeads ? shape.layers : shape.count(), std::move(widths), rows.begin);
    const int64_t perVector = averageHeads ? shape.heads : 1;
    at::parallel_for(0, m_heads, 8, [&](int64_t first, int64_t last) {
        for (int64_t vector = first; vector < last; ++vector) {
            const float *from = rows.data + vector * perVector * rows.stride;
            putHead(from, range, rows, skip, 1.0F / float(perVector), head(vector), setScaled);
            for (int64_t h = 1; h < perVector; ++h)
                putHead(from + h * rows.stride, range, rows, skip, 1.0F / float(perVector), head(vector), addScaled);
        }
    });
}

void PackedBlock::makeRowsUnit()
{
    at::parallel_for(0, m_heads, 8, [&](int64_t first, int64_t last) {
        for (int64_t vector = first; vector < last; ++vector) {
            float *row = head(vector);
            for (const int64_t width : m_widths) {
                const double square = vectorSums(row, width).square;
                const float factor = square > 0 ? float(1 / std::sqrt(square)) : 0.0F;
                for (int64_t i = 0; i < width; ++i)
                    row[i] *= factor;
                row += width;
            }
        }
    });
}

RowShuffle::RowShuffle(int64_t heads, int64_t columns, uint64_t seed)
    : m_columns(columns)
    , m_seed(seed)
    , m_order(size_t(heads * columns))
    , m_widths(size_t(heads))
{
}

/// Puts the next columns in at random places (inside-out shuffle): every order of the columns so far is equally likely.
void RowShuffle::grow(int64_t head, int64_t width)
{
    int32_t *order = m_order.data() + head * m_columns;
    for (int64_t &column = m_widths[size_t(head)]; column < width; ++column) {
        const uint64_t bits = noiseBits(m_seed, {.layer = 1, .head = uint64_t(head), .row = uint64_t(column), .key = 0});
        const auto place = int64_t(bits % uint64_t(column + 1));
        order[column] = order[place];
        order[place] = int32_t(column);
    }
}

void RowShuffle::apply(const PackedBlock &from, PackedBlock &to)
{
    to.reset(from.heads(), from.widths(), from.firstRow());
    const HeadVectors source = from.vectors();
    at::parallel_for(0, from.heads(), 8, [&](int64_t first, int64_t last) {
        for (int64_t head = first; head < last; ++head) {
            const float *row = source.data + head * source.stride;
            float *out = to.head(head);
            const int32_t *order = m_order.data() + head * m_columns;
            for (const int64_t width : from.widths()) {
                grow(head, width);
                for (int64_t i = 0; i < width; ++i)
                    out[i] = row[order[i]];
                row += width;
                out += width;
            }
        }
    });
}

} // namespace winnow
