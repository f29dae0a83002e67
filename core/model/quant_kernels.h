#pragma once

#include "core/model/quant.h"

#include <cstddef>
#include <cstdint>

namespace winnow::quant {

// Products with rows that stay in file precision. Every weight has the value that dequantiseRows gives it and is multiplied
// in f32; inputs are never quantised. Plain pointers, rows one after the other, nothing is checked: types and lengths were
// checked when the matrix was built. On processors with AVX2, FMA and F16C by hand-written kernels, elsewhere by
// dequantiseRows and the dense kernels.

/// Consecutive inputs whose sum dotRows wants for this type; 0 = none. Formats with a minimum m in each group of g values,
/// w = d q + m, take sum(w x) as d sum(q x) + m sum(x): one product a group instead of one a value.
int64_t sumWidth(TensorType type);

/// sums[i] = x[i * width] + .. + x[(i + 1) * width - 1], columns / width of them.
void groupSums(const float *x, int64_t columns, int64_t width, float *sums);

/// y[r] = dot(row r, x).
/// @param sums  groupSums of x for sumWidth(type); not read when that is 0.
/// @cost  Reads the stored bytes once; 0.05 to 0.1 ns a weight on one core.
void dotRows(TensorType type, const std::byte *rows, int64_t count, int64_t columns, const float *x, const float *sums, float *y);

/// dequantiseRows for blocks that stay in cache: the same values bit for bit, several times faster.
void unpackRows(TensorType type, const std::byte *rows, int64_t count, int64_t columns, float *out);

/// The hand-written kernels of one instruction set, by type; null members where a type has none.
struct RowKernels {
    void (*dot)(const std::byte *rows, int64_t count, int64_t columns, const float *x, const float *sums, float *y) = nullptr;
    void (*unpack)(const std::byte *rows, int64_t count, int64_t columns, float *out) = nullptr;
};
RowKernels avx2Kernels(TensorType type);

} // namespace winnow::quant
