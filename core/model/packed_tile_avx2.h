#pragma once

#include <cstdint>
#include <immintrin.h>

// What the files of packed kernels share; each has its own copy. Only for files compiled for AVX2 and FMA.

#define WINNOW_INLINE inline __attribute__((always_inline))

namespace winnow::packed {
namespace {

    using Floats = __m256;
    constexpr int64_t kLanes = 8;

    WINNOW_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

    /// Adds up products in registers. rows: one pointer a weight row. panel: what `columns` meet, `step` floats apart.
    template <int Rows, int Vectors>
    WINNOW_INLINE void dotTile(
        const float *const rows[Rows], const float *panel, int64_t step, int64_t columns, Floats acc[Rows][Vectors])
    {
#pragma GCC unroll 8
        for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v)
                acc[r][v] = _mm256_setzero_ps();
        }
        for (int64_t c = 0; c < columns; ++c, panel += step) {
            Floats inputs[Vectors];
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v)
                inputs[v] = _mm256_loadu_ps(panel + v * kLanes);
#pragma GCC unroll 8
            for (int r = 0; r < Rows; ++r) {
                const Floats weight = _mm256_broadcast_ss(rows[r] + c);
#pragma GCC unroll 3
                for (int v = 0; v < Vectors; ++v)
                    acc[r][v] = _mm256_fmadd_ps(weight, inputs[v], acc[r][v]);
            }
        }
    }

} // namespace
} // namespace winnow::packed
