#pragma once

#include "core/model/weight_matrix.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace winnow {

/// Rows of one type that stand one after the other in a file and in the matrix.
struct StoredRun {
    TensorType type = TensorType::F32;
    const std::byte *bytes = nullptr;
    int64_t rows = 0;
    int64_t target = 0; // of the first one, counted from the first row asked for
};

/// Row of a part that holds the matrix's row `row`: heads of permuted parts are stored 0, D/2, 1, D/2 + 1, ...
inline int64_t storedRow(const StoredRows &part, int64_t row)
{
    const int64_t width = part.permutedHeadDim;
    if (width == 0)
        return row;
    const int64_t inside = row % width, half = width / 2;
    return row - inside + (inside < half ? 2 * inside : 2 * (inside - half) + 1);
}

/// Calls visit(StoredRun) for the runs that make up rows [first, first + count); rows of permuted parts come one by one.
template <typename Visit>
void forStoredRows(std::span<const StoredRows> parts, int64_t columns, int64_t first, int64_t count, Visit visit)
{
    int64_t begin = 0; // of the part
    for (const StoredRows &part : parts) {
        const int64_t from = std::max(first, begin), to = std::min(first + count, begin + part.rows);
        const TensorTypeInfo *info = tensorTypeInfo(part.type);
        const int64_t stride = columns / info->blockElements * info->blockBytes;
        const int64_t step = part.permutedHeadDim > 0 ? 1 : to - from;
        for (int64_t row = from; row < to; row += step)
            visit(StoredRun{part.type, part.bytes.data() + storedRow(part, row - begin) * stride, step, row - first});
        begin += part.rows;
    }
}

/// Weights that a GPU dequantises at a time: 134 MB of f32.
inline constexpr int64_t kDeviceBlockWeights = int64_t{1} << 25;

/// Rows of a matrix that are worth a thread of their own: about 256k weights.
inline int64_t rowGrain(int64_t columns) { return std::max<int64_t>(1, (int64_t{1} << 18) / std::max<int64_t>(1, columns)); }

} // namespace winnow
