#include "core/model/packed_kernels.h"

// Compiled for AVX2 and FMA (core/CMakeLists.txt) and entered only where the processor has them. Therefore nothing of the standard
// library is used here: an inline function compiled in this file could be the one that the whole program links.
#if defined(__AVX2__) && defined(__FMA__)

#include "core/model/packed_tile_avx2.h"

namespace winnow::packed {
namespace {

    constexpr int64_t kPanel = 24; // inputs side by side: 3 registers
    constexpr int64_t kColumns = 576; // of a panel that are summed up in registers
    constexpr int64_t kTileRows = 96; // weight rows whose products are gathered before they are written

    /// Inputs of the panel that begins where `left` are left.
    int64_t panelWidth(int64_t left) { return left > 2 * kLanes ? kPanel : left > kLanes ? 2 * kLanes : kLanes; }

    /// out[c * width + i] = rows[i][c] of 8 columns and 8 inputs.
    WINNOW_INLINE void transpose8(const float *const rows[kLanes], int64_t column, float *out, int64_t width)
    {
        Floats in[kLanes], pairs[kLanes], fours[kLanes];
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i)
            in[i] = _mm256_loadu_ps(rows[i] + column);
#pragma GCC unroll 4
        for (int i = 0; i < 8; i += 2) {
            pairs[i] = _mm256_unpacklo_ps(in[i], in[i + 1]);
            pairs[i + 1] = _mm256_unpackhi_ps(in[i], in[i + 1]);
        }
#pragma GCC unroll 2
        for (int i = 0; i < 8; i += 4) {
            fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
            fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
            fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
            fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
        }
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            _mm256_storeu_ps(out + i * width, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x20));
            _mm256_storeu_ps(out + (i + 4) * width, _mm256_permute2f128_ps(fours[i], fours[i + 4], 0x31));
        }
    }

    /// 8 inputs of a panel; `inputs` of them are there, at least one.
    void packLanes(const float *x, int64_t inputs, int64_t columns, int64_t stride, float *out, int64_t width)
    {
        const float *rows[kLanes];
        for (int64_t i = 0; i < kLanes; ++i)
            rows[i] = x + smaller(i, inputs - 1) * stride;
        int64_t c = 0;
        for (; inputs == kLanes && c + kLanes <= columns; c += kLanes)
            transpose8(rows, c, out + c * width, width);
        for (; c < columns; ++c) {
            for (int64_t i = 0; i < kLanes; ++i)
                out[c * width + i] = i < inputs ? rows[i][c] : 0.0F;
        }
    }

    /// sums[i * kTileRows + r] (+)= lanes i of four weight rows r: side by side in the result, so they are written together.
    WINNOW_INLINE void gatherFour(const Floats &a, const Floats &b, const Floats &c, const Floats &d, float *sums, bool add)
    {
        const Floats lowAb = _mm256_unpacklo_ps(a, b), highAb = _mm256_unpackhi_ps(a, b);
        const Floats lowCd = _mm256_unpacklo_ps(c, d), highCd = _mm256_unpackhi_ps(c, d);
        const Floats four[4] = {_mm256_shuffle_ps(lowAb, lowCd, 0x44), _mm256_shuffle_ps(lowAb, lowCd, 0xee),
            _mm256_shuffle_ps(highAb, highCd, 0x44), _mm256_shuffle_ps(highAb, highCd, 0xee)};
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) {
            float *at = sums + i * kTileRows;
            __m128 sum = i < 4 ? _mm256_castps256_ps128(four[i % 4]) : _mm256_extractf128_ps(four[i % 4], 1);
            if (add)
                sum = _mm_add_ps(sum, _mm_load_ps(at));
            _mm_store_ps(at, sum);
        }
    }

    template <int Rows, int Vectors>
    WINNOW_INLINE void tile(const float *const rows[Rows], const float *panel, int64_t columns, float *sums, bool add)
    {
        Floats acc[Rows][Vectors];
        dotTile<Rows, Vectors>(rows, panel, Vectors * kLanes, columns, acc);
#pragma GCC unroll 2
        for (int r = 0; r < Rows; r += 4) {
#pragma GCC unroll 3
            for (int v = 0; v < Vectors; ++v)
                gatherFour(acc[r][v], acc[r + 1][v], acc[r + 2][v], acc[r + 3][v], sums + v * kLanes * kTileRows + r, add);
        }
    }

    /// A panel with up to kTileRows rows of weights; what is behind the last one in `sums` has no meaning.
    template <int Rows, int Vectors>
    void panelTimesRows(const float *weights, int64_t count, int64_t stride, const float *panel, float *sums)
    {
        for (int64_t c = 0; c < stride; c += kColumns) {
            const int64_t columns = smaller(kColumns, stride - c);
            for (int64_t r = 0; r < count; r += Rows) {
                const float *rows[Rows];
                for (int k = 0; k < Rows; ++k)
                    rows[k] = weights + smaller(r + k, count - 1) * stride + c;
                tile<Rows, Vectors>(rows, panel + c * Vectors * kLanes, columns, sums + r, c > 0);
            }
        }
    }

    void writeTile(const float *sums, int64_t inputs, int64_t count, float *y, const Target &target)
    {
        const bool add = target.into == Into::Add;
        for (int64_t i = 0; i < inputs; ++i, sums += kTileRows, y += target.stride) {
            int64_t r = 0;
            for (; r + kLanes <= count; r += kLanes) {
                const Floats sum = _mm256_load_ps(sums + r);
                _mm256_storeu_ps(y + r, add ? _mm256_add_ps(sum, _mm256_loadu_ps(y + r)) : sum);
            }
            for (; r < count; ++r)
                y[r] = add ? y[r] + sums[r] : sums[r];
        }
    }

} // namespace

int64_t packedFloats(int64_t inputs, int64_t columns)
{
    const int64_t whole = inputs / kPanel * kPanel;
    return columns * (whole + (inputs > whole ? panelWidth(inputs - whole) : 0));
}

void packInputs(const float *x, int64_t inputs, int64_t columns, int64_t stride, float *out)
{
    for (int64_t first = 0; first < inputs;) {
        const int64_t width = panelWidth(inputs - first);
        for (int64_t i = 0; i < width; i += kLanes)
            packLanes(x + (first + i) * stride, smaller(kLanes, inputs - first - i), columns, stride, out + i, width);
        out += width * columns;
        first += width;
    }
}

void multiplyPacked(const float *packed, int64_t inputs, int64_t columns, const float *rows, int64_t count, const Target &target)
{
    alignas(32) float sums[kPanel * kTileRows];
    for (int64_t first = 0; first < inputs;) {
        const int64_t width = panelWidth(inputs - first), there = smaller(width, inputs - first);
        for (int64_t r = 0; r < count; r += kTileRows) {
            const int64_t some = smaller(kTileRows, count - r);
            const float *weights = rows + r * columns;
            if (width == kPanel)
                panelTimesRows<4, 3>(weights, some, columns, packed, sums);
            else if (width == 2 * kLanes)
                panelTimesRows<4, 2>(weights, some, columns, packed, sums);
            else
                panelTimesRows<8, 1>(weights, some, columns, packed, sums);
            writeTile(sums, there, some, target.y + first * target.stride + r, target);
        }
        packed += width * columns;
        first += width;
    }
}

} // namespace winnow::packed

#else

namespace winnow::packed {

int64_t packedFloats(int64_t, int64_t) { return 0; }
void packInputs(const float *, int64_t, int64_t, int64_t, float *) { }
void multiplyPacked(const float *, int64_t, int64_t, const float *, int64_t, const Target &) { }

} // namespace winnow::packed

#endif
