#include "core/model/cpu_kernels.h"

#include <cmath>

// Vector extensions instead of intrinsics: the same text compiles for each instruction set. Contraction to fused
// multiply-add is switched on for this file (core/CMakeLists.txt); ISO mode would leave it out.
#define WINNOW_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define WINNOW_INLINE static inline __attribute__((always_inline))

namespace winnow::cpu {
namespace {

    using Vec = float __attribute__((vector_size(32), aligned(4), may_alias)); // 8 floats, any alignment
    using IntVec = int __attribute__((vector_size(32)));
    constexpr int64_t kLanes = 8;

    // By reference: passing vectors by value changes the calling convention between instruction sets.
    WINNOW_INLINE void load(Vec &v, const float *p) { v = *reinterpret_cast<const Vec *>(p); }
    WINNOW_INLINE void store(float *p, const Vec &v) { *reinterpret_cast<Vec *>(p) = v; }

    WINNOW_INLINE float sumLanes(const Vec &v)
    {
        return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
    }

    /// e^x for x <= 88 (larger values saturate); relative error below 1.2e-7 (coefficients of the Cephes library's expf).
    WINNOW_INLINE void expVec(Vec &x)
    {
        const Vec low = x * 0.0F - 87.0F;
        const Vec high = x * 0.0F + 88.0F;
        x = x < low ? low : x;
        x = x > high ? high : x;
        // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
        Vec n = x * 1.44269504088896341F + 12582912.0F;
        const IntVec bits = (IntVec)n;
        n = n - 12582912.0F;
        Vec f = x - n * 0.693359375F;
        f = f + n * 2.12194440e-4F;
        Vec p = f * 1.9875691500e-4F + 1.3981999507e-3F;
        p = p * f + 8.3334519073e-3F;
        p = p * f + 4.1665795894e-2F;
        p = p * f + 1.6666665459e-1F;
        p = p * f + 5.0000001201e-1F;
        p = p * (f * f) + f + 1.0F;
        const IntVec exponent = (bits - (0x4b400000 - 127)) << 23;
        x = p * (Vec)exponent;
    }

    WINNOW_INLINE float maximum(const float *x, int64_t n)
    {
        Vec a, b;
        float result = x[0];
        int64_t i = 0;
        if (n >= 2 * kLanes) {
            load(a, x);
            load(b, x + kLanes);
            for (i = 2 * kLanes; i + 2 * kLanes <= n; i += 2 * kLanes) {
                Vec c, d;
                load(c, x + i);
                load(d, x + i + kLanes);
                a = c > a ? c : a;
                b = d > b ? d : b;
            }
            a = b > a ? b : a;
            for (int k = 0; k < kLanes; ++k)
                result = a[k] > result ? a[k] : result;
        }
        for (; i < n; ++i)
            result = x[i] > result ? x[i] : result;
        return result;
    }

    /// Up to 7 floats at the end of a row, padded with `fill`.
    WINNOW_INLINE void loadTail(Vec &v, const float *p, int64_t count, float fill)
    {
        alignas(32) float buffer[kLanes];
        for (int64_t k = 0; k < kLanes; ++k)
            buffer[k] = k < count ? p[k] : fill;
        load(v, buffer);
    }

    WINNOW_INLINE void storeTail(float *p, const Vec &v, int64_t count)
    {
        for (int64_t k = 0; k < count; ++k)
            p[k] = v[k];
    }

    /// dot of `Rows` matrix rows with `Inputs` input rows: Rows * Inputs sums stay in registers.
    template <int Rows, int Inputs>
    WINNOW_INLINE void dotTile(const float *matrix, const float *x, int64_t columns, float *y, int64_t yStride)
    {
        Vec sums[Rows][Inputs]{};
        int64_t i = 0;
        for (; i + kLanes <= columns; i += kLanes) {
            Vec weights[Rows];
            for (int r = 0; r < Rows; ++r)
                load(weights[r], matrix + r * columns + i);
            for (int k = 0; k < Inputs; ++k) {
                Vec input;
                load(input, x + k * columns + i);
                for (int r = 0; r < Rows; ++r)
                    sums[r][k] = sums[r][k] + weights[r] * input;
            }
        }
        for (int k = 0; k < Inputs; ++k) {
            for (int r = 0; r < Rows; ++r) {
                float sum = sumLanes(sums[r][k]);
                for (int64_t tail = i; tail < columns; ++tail)
                    sum += matrix[r * columns + tail] * x[k * columns + tail];
                y[k * yStride + r] = sum;
            }
        }
    }

    template <int Inputs>
    WINNOW_INLINE void dotInputs(const float *matrix, int64_t rows, int64_t columns, const float *x, float *y, int64_t yStride)
    {
        int64_t r = 0;
        for (; r + 2 <= rows; r += 2)
            dotTile<2, Inputs>(matrix + r * columns, x, columns, y + r, yStride);
        if (r < rows)
            dotTile<1, Inputs>(matrix + r * columns, x, columns, y + r, yStride);
    }

} // namespace

WINNOW_CLONES void rmsNormRows(
    const float *x, const float *weight, float *out, int64_t rows, int64_t width, float eps)
{
    for (int64_t r = 0; r < rows; ++r, x += width, out += width) {
        Vec a{}, b{};
        int64_t i = 0;
        for (; i + 2 * kLanes <= width; i += 2 * kLanes) {
            Vec c, d;
            load(c, x + i);
            load(d, x + i + kLanes);
            a = a + c * c;
            b = b + d * d;
        }
        float sum = sumLanes(a + b);
        for (; i < width; ++i)
            sum += x[i] * x[i];
        const float scale = 1.0F / std::sqrt(sum / static_cast<float>(width) + eps);
        for (i = 0; i + kLanes <= width; i += kLanes) {
            Vec c, w;
            load(c, x + i);
            load(w, weight + i);
            store(out + i, c * scale * w);
        }
        for (; i < width; ++i)
            out[i] = x[i] * scale * weight[i];
    }
}

WINNOW_CLONES void rotateRows(float *x, const float *cosine, const float *sine, int64_t rows, int64_t rowStride, int64_t heads,
    int64_t headDim, int64_t pairs, int64_t offset)
{
    for (int64_t r = 0; r < rows; ++r, x += rowStride, cosine += pairs, sine += pairs) {
        for (int64_t h = 0; h < heads; ++h) {
            float *first = x + h * headDim;
            float *second = first + offset;
            int64_t j = 0;
            for (; j + kLanes <= pairs; j += kLanes) {
                Vec a, b, c, s;
                load(a, first + j);
                load(b, second + j);
                load(c, cosine + j);
                load(s, sine + j);
                store(first + j, a * c - b * s);
                store(second + j, a * s + b * c);
            }
            for (; j < pairs; ++j) {
                const float a = first[j], b = second[j];
                first[j] = a * cosine[j] - b * sine[j];
                second[j] = a * sine[j] + b * cosine[j];
            }
        }
    }
}

WINNOW_CLONES void siluMulRows(const float *in, float *out, int64_t rows, int64_t width)
{
    for (int64_t r = 0; r < rows; ++r, in += 2 * width, out += width) {
        int64_t i = 0;
        for (; i + kLanes <= width; i += kLanes) {
            Vec gate, up;
            load(gate, in + i);
            load(up, in + width + i);
            Vec e = -gate;
            expVec(e);
            store(out + i, gate * up / (e + 1.0F));
        }
        if (i < width) {
            Vec gate, up;
            loadTail(gate, in + i, width - i, 0.0F);
            loadTail(up, in + width + i, width - i, 0.0F);
            Vec e = -gate;
            expVec(e);
            storeTail(out + i, gate * up / (e + 1.0F), width - i);
        }
    }
}

WINNOW_CLONES SoftmaxRow softmaxRow(float *scores, int64_t visible, int64_t n, float *columnSum, bool wantStatistics)
{
    const float top = maximum(scores, visible);
    Vec sumA{}, sumB{}, dotA{}, dotB{};
    int64_t i = 0;
    for (; i + 2 * kLanes <= visible; i += 2 * kLanes) {
        Vec a, b;
        load(a, scores + i);
        load(b, scores + i + kLanes);
        a = a - top;
        b = b - top;
        Vec ea = a, eb = b;
        expVec(ea);
        expVec(eb);
        sumA = sumA + ea;
        sumB = sumB + eb;
        if (wantStatistics) {
            dotA = dotA + ea * a;
            dotB = dotB + eb * b;
        }
        store(scores + i, ea);
        store(scores + i + kLanes, eb);
    }
    for (; i < visible; i += kLanes) {
        const int64_t count = visible - i < kLanes ? visible - i : kLanes;
        Vec a;
        loadTail(a, scores + i, count, top - 200.0F);
        a = a - top;
        Vec ea = a;
        expVec(ea);
        // Padding lanes must not count: e^-87 is not 0.
        for (int64_t k = count; k < kLanes; ++k)
            ea[k] = 0.0F;
        sumA = sumA + ea;
        dotA = dotA + ea * a;
        storeTail(scores + i, ea, count);
    }
    const float sum = sumLanes(sumA + sumB);
    const float scale = 1.0F / sum;
    SoftmaxRow result;
    if (wantStatistics)
        result.entropy = std::log(sum) - sumLanes(dotA + dotB) * scale;
    Vec totalA{}, totalB{};
    for (i = 0; i + 2 * kLanes <= visible; i += 2 * kLanes) {
        Vec a, b;
        load(a, scores + i);
        load(b, scores + i + kLanes);
        a = a * scale;
        b = b * scale;
        store(scores + i, a);
        store(scores + i + kLanes, b);
        totalA = totalA + a;
        totalB = totalB + b;
        if (columnSum) {
            Vec c, d;
            load(c, columnSum + i);
            load(d, columnSum + i + kLanes);
            store(columnSum + i, c + a);
            store(columnSum + i + kLanes, d + b);
        }
    }
    float rest = 0;
    for (; i < visible; ++i) {
        scores[i] *= scale;
        rest += scores[i];
        if (columnSum)
            columnSum[i] += scores[i];
    }
    for (i = visible; i < n; ++i)
        scores[i] = 0.0F;
    result.sum = sumLanes(totalA + totalB) + rest;
    return result;
}

WINNOW_CLONES void matrixVector(const float *matrix, const float *x, float *y, int64_t rows, int64_t columns)
{
    for (int64_t r = 0; r < rows; ++r, matrix += columns) {
        Vec a{}, b{}, c{}, d{};
        int64_t i = 0;
        for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
            Vec m0, m1, m2, m3, x0, x1, x2, x3;
            load(m0, matrix + i);
            load(m1, matrix + i + kLanes);
            load(m2, matrix + i + 2 * kLanes);
            load(m3, matrix + i + 3 * kLanes);
            load(x0, x + i);
            load(x1, x + i + kLanes);
            load(x2, x + i + 2 * kLanes);
            load(x3, x + i + 3 * kLanes);
            a = a + m0 * x0;
            b = b + m1 * x1;
            c = c + m2 * x2;
            d = d + m3 * x3;
        }
        float sum = sumLanes((a + b) + (c + d));
        for (; i < columns; ++i)
            sum += matrix[i] * x[i];
        y[r] = sum;
    }
}

WINNOW_CLONES void matrixInputs(
    const float *matrix, int64_t rows, int64_t columns, const float *x, int64_t inputs, float *y, int64_t yStride)
{
    for (; inputs >= 4; inputs -= 4, x += 4 * columns, y += 4 * yStride)
        dotInputs<4>(matrix, rows, columns, x, y, yStride);
    if (inputs == 3)
        dotInputs<3>(matrix, rows, columns, x, y, yStride);
    else if (inputs == 2)
        dotInputs<2>(matrix, rows, columns, x, y, yStride);
    else if (inputs == 1)
        dotInputs<1>(matrix, rows, columns, x, y, yStride);
}

WINNOW_CLONES void weightedRows(const float *weights, const float *matrix, float *out, int64_t rows, int64_t columns)
{
    int64_t i = 0;
    for (; i + 4 * kLanes <= columns; i += 4 * kLanes) {
        Vec a{}, b{}, c{}, d{};
        const float *row = matrix + i;
        for (int64_t r = 0; r < rows; ++r, row += columns) {
            Vec m0, m1, m2, m3;
            load(m0, row);
            load(m1, row + kLanes);
            load(m2, row + 2 * kLanes);
            load(m3, row + 3 * kLanes);
            a = a + m0 * weights[r];
            b = b + m1 * weights[r];
            c = c + m2 * weights[r];
            d = d + m3 * weights[r];
        }
        store(out + i, a);
        store(out + i + kLanes, b);
        store(out + i + 2 * kLanes, c);
        store(out + i + 3 * kLanes, d);
    }
    for (; i < columns; ++i) {
        float sum = 0;
        for (int64_t r = 0; r < rows; ++r)
            sum += weights[r] * matrix[r * columns + i];
        out[i] = sum;
    }
}

WINNOW_CLONES uint64_t readBytes(const void *bytes, int64_t count)
{
    using Words = uint64_t __attribute__((vector_size(32), aligned(1), may_alias));
    const auto *p = static_cast<const unsigned char *>(bytes);
    Words a{}, b{}, c{}, d{};
    int64_t i = 0;
    for (; i + 128 <= count; i += 128) {
        a ^= *reinterpret_cast<const Words *>(p + i);
        b ^= *reinterpret_cast<const Words *>(p + i + 32);
        c ^= *reinterpret_cast<const Words *>(p + i + 64);
        d ^= *reinterpret_cast<const Words *>(p + i + 96);
    }
    a ^= b ^ c ^ d;
    uint64_t mixed = a[0] ^ a[1] ^ a[2] ^ a[3];
    for (; i < count; ++i)
        mixed ^= static_cast<uint64_t>(p[i]) << (i % 8 * 8);
    return mixed;
}

} // namespace winnow::cpu
