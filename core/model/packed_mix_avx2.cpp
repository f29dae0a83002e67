#include "core/model/packed_kernels.h"

// As packed_kernels_avx2.cpp: compiled for AVX2 and FMA, entered only where the processor has them, nothing of the standard library.
#if defined(__AVX2__) && defined(__FMA__)

#include "core/model/packed_tile_avx2.h"

namespace winnow::packed {
namespace {

    constexpr int64_t kMixedRows = 256; // of values, 3 registers of each: 24 kB of the first-level cache

    /// out[i][v] (+)= sum over r of weights[i][r] * values[r][v], for 4 rows of weights and a few registers of values.
    template <int Vectors>
    WINNOW_INLINE void mixTile(const float *const weights[4], const float *values, int64_t rows, int64_t width, float *const out[4], bool add)
    {
        Floats acc[4][Vectors];
        dotTile<4, Vectors>(weights, values, width, rows, acc);
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v) {
                float *at = out[i] + v * kLanes;
                _mm256_storeu_ps(at, add ? _mm256_add_ps(acc[i][v], _mm256_loadu_ps(at)) : acc[i][v]);
            }
        }
    }

    /// Rows [first, first + rows) of the values, of which Vectors registers from `column` on.
    template <int Vectors>
    void mixColumns(const Mix &mix, int64_t first, int64_t rows, int64_t column, float *out)
    {
        for (int64_t i = 0; i < mix.inputs; i += 4) {
            const float *weights[4];
            float *to[4];
            float none[Vectors * kLanes]; // of rows that are not there
            for (int64_t k = 0; k < 4; ++k) {
                const int64_t input = smaller(i + k, mix.inputs - 1);
                weights[k] = mix.weights + input * mix.rows + first;
                to[k] = i + k < mix.inputs ? out + input * mix.width + column : none;
            }
            for (float &value : none)
                value = 0;
            mixTile<Vectors>(weights, mix.values + first * mix.width + column, rows, mix.width, to, first > 0);
        }
    }

} // namespace

void mixRows(const Mix &mix, float *out)
{
    for (int64_t first = 0; first < mix.rows; first += kMixedRows) {
        const int64_t rows = smaller(kMixedRows, mix.rows - first);
        int64_t column = 0;
        for (; column + 3 * kLanes <= mix.width; column += 3 * kLanes)
            mixColumns<3>(mix, first, rows, column, out);
        if (column + 2 * kLanes <= mix.width) {
            mixColumns<2>(mix, first, rows, column, out);
            column += 2 * kLanes;
        } else if (column + kLanes <= mix.width) {
            mixColumns<1>(mix, first, rows, column, out);
            column += kLanes;
        }
    }
}

} // namespace winnow::packed

#else

namespace winnow::packed {

void mixRows(const Mix &, float *) { }

} // namespace winnow::packed

#endif
