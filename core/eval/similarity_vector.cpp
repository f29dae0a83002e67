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
constexpr int64_t kTile = 1024; // entries whose sum is f32; a tile of all heads stays in the second-level cache

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

/// m log2 m for 0 <= m: the exponent plus a polynomial of the mantissa in [sqrt(1/2), sqrt(2)) (Cephes' logf, times log2 e).
WINNOW_INLINE void timesLog2(Float8 &m)
{
    const Float8 value = m > 1e-30F ? m : Float8{} + 1e-30F; // what is below adds nothing
    Int8 bits;
    std::memcpy(&bits, &value, sizeof bits);
    const Int8 shifted = bits - 0x3F3504F3; // sqrt(1/2)
    const Int8 exponent = shifted >> 23;
    const Int8 mantissa = (shifted & 0x007FFFFF) + 0x3F3504F3;
    Float8 x;
    std::memcpy(&x, &mantissa, sizeof x);
    x = x - 1.0F;
    const Float8 square = x * x;
    Float8 p = x * 7.0376836292e-2F - 1.1514610310e-1F;
    p = p * x + 1.1676998740e-1F;
    p = p * x - 1.2420140846e-1F;
    p = p * x + 1.4249322787e-1F;
    p = p * x - 1.6668057665e-1F;
    p = p * x + 2.0000714765e-1F;
    p = p * x - 2.4999993993e-1F;
    p = p * x + 3.3333331174e-1F;
    const Float8 log = p * square * x - square * 0.5F + x;
    m = m * (log * 1.44269504088896341F + __builtin_convertvector(exponent, Float8));
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

WINNOW_INLINE void addDifference(const Float8 &a, const Float8 &b, Float8 &sum, Float8 &squares)
{
    const Float8 d = a - b;
    sum = sum + (d < 0.0F ? -d : d);
    squares = squares + d * d;
}

WINNOW_CLONES void distances(const float *x, const float *y, int64_t n, double *absolute, double *square)
{
    Float8 sum{}, squares{}, sum2{}, squares2{}; // two of each: an addition takes four cycles
    Float8 a, b;
    int64_t i = 0;
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
        load(a, x + i);
        load(b, y + i);
        addDifference(a, b, sum, squares);
        load(a, x + i + kLanes);
        load(b, y + i + kLanes);
        addDifference(a, b, sum2, squares2);
    }
    for (; i < n; i += kLanes) {
        loadTail(a, x + i, std::min(kLanes, n - i));
        loadTail(b, y + i, std::min(kLanes, n - i));
        addDifference(a, b, sum, squares);
    }
    *absolute += sumLanes(sum + sum2);
    *square += sumLanes(squares + squares2);
}

WINNOW_CLONES double mixEntropy(const float *x, const float *y, int64_t n)
{
    Float8 sum{};
    for (int64_t i = 0; i < n; i += kLanes) {
        Float8 a, b;
        if (i + kLanes <= n) {
            load(a, x + i);
            load(b, y + i);
        } else {
            loadTail(a, x + i, n - i);
            loadTail(b, y + i, n - i);
        }
        Float8 m = (a + b) * 0.5F;
        timesLog2(m);
        sum = sum - m;
    }
    return sumLanes(sum);
}

/// Calls use(i, j, first entry, entries) tile by tile.
template <typename Use>
void overTiles(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, const Use &use)
{
    for (int64_t tile = 0; tile < x.entries; tile += kTile) {
        const int64_t n = std::min(kTile, x.entries - tile);
        for (int64_t i = first; i < last; ++i) {
            for (int64_t j = 0; j < y.heads; ++j)
                use(i, j, tile, n);
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

void addDistances(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *absolute, double *square)
{
    overTiles(x, y, first, last, [&](int64_t i, int64_t j, int64_t tile, int64_t n) {
        const int64_t at = i * y.heads + j;
        distances(x.data + i * x.stride + tile, y.data + j * y.stride + tile, n, absolute + at, square + at);
    });
}

void addMixEntropies(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *entropy)
{
    overTiles(x, y, first, last, [&](int64_t i, int64_t j, int64_t tile, int64_t n) {
        entropy[i * y.heads + j] += mixEntropy(x.data + i * x.stride + tile, y.data + j * y.stride + tile, n);
    });
}

void addEntropies(const HeadVectors &x, int64_t first, int64_t last, double *entropy)
{
    for (int64_t tile = 0; tile < x.entries; tile += kTile) {
        const int64_t n = std::min(kTile, x.entries - tile);
        for (int64_t i = first; i < last; ++i) {
            const float *row = x.data + i * x.stride + tile;
            entropy[i] += mixEntropy(row, row, n);
        }
    }
}

} // namespace winnow
