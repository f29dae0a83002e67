#include "core/eval/similarity_vector.h"

#include <algorithm>
#include <cstring>

// The sanitiser build takes the plain version: it cannot follow functions that are resolved at load time.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define WINNOW_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WINNOW_CLONES
#endif
#define WINNOW_INLINE inline __attribute__((always_inline))

namespace winnow {
namespace {

// Vectors of eight; the compiler splits or joins them to what the chosen instruction set has (of sixteen it makes memory copies).
typedef float Float8 __attribute__((vector_size(32)));
typedef int32_t Int8 __attribute__((vector_size(32)));

constexpr int64_t kLanes = 8;
constexpr int64_t kTile = 512; // entries whose sum is f32; a tile of all heads stays in the second-level cache

WINNOW_INLINE void load(Float8 &to, const float *from) { std::memcpy(&to, from, sizeof to); }

/// The tail of a row, filled up with zeros.
WINNOW_INLINE void loadTail(Float8 &to, const float *from, int64_t n)
{
    float lanes[kLanes] = {};
    for (int64_t j = 0; j < n; ++j)
        lanes[j] = from[j];
    load(to, lanes);
}

WINNOW_INLINE double sumLanes(const Float8 &v)
{
    double sum = 0;
    for (int64_t j = 0; j < kLanes; ++j)
        sum += double(v[j]);
    return sum;
}

/// Adds m log2(m / 2) of the sum m of two numbers >= 0: the exponent plus a polynomial of the mantissa's part behind the point. The
/// polynomial is the best one of its degree for log2(1 + f) over [0, 1) that is 0 at 0 (Lawson's weights): 4.7e-8 off at most.
WINNOW_INLINE void addHalfLog(const Float8 &m, Float8 &sum)
{
    Int8 bits;
    std::memcpy(&bits, &m, sizeof bits);
    const Int8 biased = (bits >> 23) | 0x4B000000; // the exponent as the last bits of 2^23: no conversion
    Float8 exponent;
    std::memcpy(&exponent, &biased, sizeof exponent);
    const Int8 mantissa = (bits & 0x007FFFFF) | 0x3F800000;
    Float8 f;
    std::memcpy(&f, &mantissa, sizeof f);
    f = f - 1.0F;
    Float8 p = f * -0.009309042575053272F + 0.05205855439246604F;
    p = p * f - 0.13752068610827975F;
    p = p * f + 0.24186426920476378F;
    p = p * f - 0.34730087313604713F;
    p = p * f + 0.4786836518567341F;
    p = p * f - 0.721165800902632F;
    p = p * f + 1.4426898809966502F;
    sum = sum + m * (p * f + (exponent - 8388736.0F)); // 2^23, the bias 127, and 1 for the half
}

WINNOW_CLONES void sums(const float *x, int64_t n, double *total, double *square)
{
    Float8 sum{}, squares{};
    for (int64_t i = 0; i < n; i += kLanes) {
        Float8 a;
        if (i + kLanes <= n)
            load(a, x + i);
        else
            loadTail(a, x + i, n - i);
        sum = sum + a;
        squares = squares + a * a;
    }
    *total += sumLanes(sum);
    *square += sumLanes(squares);
}

/// A few vectors of each side, eight entries from k on.
template <int64_t kRows, int64_t kColumns, typename Add>
WINNOW_INLINE void addEntries(Float8 (&a)[kRows], const Float8 (&b)[kColumns], Float8 (&total)[kRows][kColumns], const Add &add)
{
#pragma GCC unroll 8 // or the sums stay in memory
    for (int64_t j = 0; j < kColumns; ++j) {
#pragma GCC unroll 8
        for (int64_t i = 0; i < kRows; ++i)
            add(a[i], b[j], total[i][j]);
    }
}

/// n entries of kRows vectors of x and kColumns of y (as many as the registers hold sums for), the last ones filled up with zeros: every kernel gives 0 for two zeros.
template <int64_t kRows, int64_t kColumns, typename Add>
WINNOW_INLINE void overEntries(const float *const *x, const float *const *y, int64_t n, double *sums, const Add &add)
{
    Float8 total[kRows][kColumns] = {}, a[kRows], b[kColumns];
    int64_t k = 0;
    for (; k + kLanes <= n; k += kLanes) {
#pragma GCC unroll 8
        for (int64_t i = 0; i < kRows; ++i)
            load(a[i], x[i] + k);
#pragma GCC unroll 8
        for (int64_t j = 0; j < kColumns; ++j)
            load(b[j], y[j] + k);
        addEntries(a, b, total, add);
    }
    if (k < n) {
        for (int64_t i = 0; i < kRows; ++i)
            loadTail(a[i], x[i] + k, n - k);
        for (int64_t j = 0; j < kColumns; ++j)
            loadTail(b[j], y[j] + k, n - k);
        addEntries(a, b, total, add);
    }
    for (int64_t i = 0; i < kRows; ++i)
        for (int64_t j = 0; j < kColumns; ++j)
            sums[i * kColumns + j] = sumLanes(total[i][j]);
}

WINNOW_CLONES void absoluteSums(const float *const *x, const float *const *y, int64_t n, double *sums)
{
    overEntries<2, 4>(x, y, n, sums, [](const Float8 &a, const Float8 &b, Float8 &total) __attribute__((always_inline)) {
        Float8 d = a - b;
        Int8 bits;
        std::memcpy(&bits, &d, sizeof bits);
        bits = bits & 0x7FFFFFFF;
        std::memcpy(&d, &bits, sizeof d);
        total = total + d;
    });
}

WINNOW_CLONES void squareSums(const float *const *x, const float *const *y, int64_t n, double *sums)
{
    overEntries<2, 4>(x, y, n, sums, [](const Float8 &a, const Float8 &b, Float8 &total) __attribute__((always_inline)) {
        const Float8 d = a - b;
        total = total + d * d;
    });
}

WINNOW_CLONES void halfLogSums(const float *const *x, const float *const *y, int64_t n, double *sums)
{
    overEntries<1, 2>(x, y, n, sums, [](const Float8 &a, const Float8 &b, Float8 &total) __attribute__((always_inline)) {
        addHalfLog(a + b, total);
    });
}

using Kernel = void (*)(const float *const *x, const float *const *y, int64_t n, double *sums);

/// Adds factor times a kernel's sums for rows [first, last) of x and all of y, tile by tile. A block at the edge repeats its last
/// vector and drops what that gives.
template <int64_t kRows, int64_t kColumns>
void addPairs(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, Kernel kernel, double factor, double *out)
{
    for (int64_t tile = 0; tile < x.entries; tile += kTile) {
        const int64_t n = std::min(kTile, x.entries - tile);
        for (int64_t i = first; i < last; i += kRows) {
            const float *rows[kRows];
            for (int64_t r = 0; r < kRows; ++r)
                rows[r] = x.data + std::min(i + r, last - 1) * x.stride + tile;
            for (int64_t j = 0; j < y.heads; j += kColumns) {
                const float *columns[kColumns];
                for (int64_t c = 0; c < kColumns; ++c)
                    columns[c] = y.data + std::min(j + c, y.heads - 1) * y.stride + tile;
                double sums[kRows * kColumns];
                kernel(rows, columns, n, sums);
                for (int64_t r = 0; r < std::min(kRows, last - i); ++r)
                    for (int64_t c = 0; c < std::min(kColumns, y.heads - j); ++c)
                        out[(i + r) * y.heads + j + c] += factor * sums[r * kColumns + c];
            }
        }
    }
}

} // namespace

VectorSums vectorSums(const float *x, int64_t n)
{
    VectorSums result;
    for (int64_t tile = 0; tile < n; tile += kTile)
        sums(x + tile, std::min(kTile, n - tile), &result.sum, &result.square);
    return result;
}

void addAbsoluteDistances(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *absolute)
{
    addPairs<2, 4>(x, y, first, last, absoluteSums, 1, absolute);
}

void addSquareDistances(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *square)
{
    addPairs<2, 4>(x, y, first, last, squareSums, 1, square);
}

void addMixEntropies(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *entropy)
{
    addPairs<1, 2>(x, y, first, last, halfLogSums, -0.5, entropy);
}

void addEntropies(const HeadVectors &x, int64_t first, int64_t last, double *entropy)
{
    for (int64_t i = first; i < last; ++i) {
        const HeadVectors row{x.data + i * x.stride, 1, x.entries, x.stride};
        addPairs<1, 2>(row, row, 0, 1, halfLogSums, -0.5, entropy + i);
    }
}

} // namespace winnow
