#include "core/eval/metrics_vector.h"

#include <cmath>
#include <cstring>
#include <limits>

// The sanitiser build takes the plain version: it cannot follow functions that are resolved at load time.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define WINNOW_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WINNOW_CLONES
#endif
#define WINNOW_INLINE inline __attribute__((always_inline))

namespace winnow {
namespace {

// Vectors of eight; the compiler splits or joins them to what the chosen instruction set has.
typedef float Float8 __attribute__((vector_size(32)));
typedef int32_t Int8 __attribute__((vector_size(32)));
typedef double Double4 __attribute__((vector_size(32)));
typedef float Float4 __attribute__((vector_size(16)));

constexpr size_t kLanes = 8;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLowest = -87.0F; // exp(-87) = 1.6e-38: what is below counts as 0

WINNOW_INLINE void load(Float8 &to, const float *from) { std::memcpy(&to, from, sizeof to); }
WINNOW_INLINE void store(float *to, const Float8 &from) { std::memcpy(to, &from, sizeof from); }

/// x = exp(x) for x <= 0: 2^n * p(r), |r| <= ln(2)/2, polynomial of Cephes' expf (relative error 1e-7); 0 below -87.
WINNOW_INLINE void expNonPositive(Float8 &x)
{
    constexpr float kRound = 12582912.0F; // 1.5 * 2^23: adding it rounds to a whole number
    const Int8 tiny = x < kLowest;
    x = tiny ? Float8{} + kLowest : x;
    const Float8 n = (x * 1.44269504F + kRound) - kRound;
    const Float8 r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    Float8 p = r * 1.9875691500e-4F + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = (p * r) * r + r + 1.0F;
    const Int8 exponent = (__builtin_convertvector(n, Int8) + 127) << 23;
    Float8 scale;
    std::memcpy(&scale, &exponent, sizeof scale);
    x = tiny ? Float8{} : p * scale;
}

/// The tail of a row, filled up with `fill`.
WINNOW_INLINE void loadTail(Float8 &to, const float *from, size_t n, float fill)
{
    float lanes[kLanes];
    for (size_t j = 0; j < kLanes; ++j)
        lanes[j] = j < n ? from[j] : fill;
    load(to, lanes);
}

/// Eight running sums in f64.
struct Sum {
    Double4 low{}, high{};
};

WINNOW_INLINE void add(Sum &sum, const Float8 &x)
{
    Float4 halves[2];
    std::memcpy(halves, &x, sizeof halves);
    sum.low += __builtin_convertvector(halves[0], Double4);
    sum.high += __builtin_convertvector(halves[1], Double4);
}

WINNOW_INLINE double total(const Sum &sum)
{
    const Double4 both = sum.low + sum.high;
    return (both[0] + both[1]) + (both[2] + both[3]);
}

WINNOW_INLINE float largest(const float *x, size_t n)
{
    Float8 best = Float8{} - kInfinity, other = best, value;
    size_t i = 0;
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
        load(value, x + i);
        best = value > best ? value : best;
        load(value, x + i + kLanes);
        other = value > other ? value : other;
    }
    best = other > best ? other : best;
    float result = -kInfinity;
    for (; i < n; ++i)
        result = x[i] > result ? x[i] : result;
    for (size_t j = 0; j < kLanes; ++j)
        result = best[j] > result ? best[j] : result;
    return result;
}

} // namespace

WINNOW_CLONES float vectorMax(const float *x, size_t n) { return largest(x, n); }

WINNOW_CLONES double vectorSum(const float *x, size_t n)
{
    Sum sum;
    Float8 value;
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        load(value, x + i);
        add(sum, value);
    }
    loadTail(value, x + i, n - i, 0);
    add(sum, value);
    return total(sum);
}

WINNOW_CLONES double sumExp(const float *x, size_t n, float max)
{
    Sum sum;
    Float8 value;
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        load(value, x + i);
        value -= max;
        expNonPositive(value);
        add(sum, value);
    }
    loadTail(value, x + i, n - i, -kInfinity);
    value -= max;
    expNonPositive(value);
    add(sum, value);
    return total(sum);
}

WINNOW_CLONES void expShifted(const float *x, size_t n, double shift, float *out)
{
    // The shift is split so that the subtraction keeps its f64 precision.
    const float high = static_cast<float>(shift);
    const float low = static_cast<float>(shift - static_cast<double>(high));
    Float8 value;
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        load(value, x + i);
        value = (value - high) - low;
        expNonPositive(value);
        store(out + i, value);
    }
    loadTail(value, x + i, n - i, -kInfinity);
    value = (value - high) - low;
    expNonPositive(value);
    for (size_t j = 0; i + j < n; ++j)
        out[i + j] = value[j];
}

WINNOW_CLONES float softmaxInPlace(float *x, size_t n)
{
    const float best = largest(x, n);
    Float8 value, sums{};
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        load(value, x + i);
        value -= best;
        expNonPositive(value);
        store(x + i, value);
        sums += value;
    }
    loadTail(value, x + i, n - i, -kInfinity);
    value -= best;
    expNonPositive(value);
    sums += value;
    for (size_t j = 0; i + j < n; ++j)
        x[i + j] = value[j];
    float sum = 0;
    for (size_t j = 0; j < kLanes; ++j)
        sum += sums[j];
    const float scale = 1.0F / sum;
    sums = Float8{};
    sum = 0;
    for (i = 0; i + kLanes <= n; i += kLanes) {
        load(value, x + i);
        value *= scale;
        store(x + i, value);
        sums += value;
    }
    for (; i < n; ++i) {
        x[i] *= scale;
        sum += x[i];
    }
    for (size_t j = 0; j < kLanes; ++j)
        sum += sums[j];
    return sum;
}

WINNOW_CLONES float dotProduct(const float *a, const float *b, size_t n)
{
    Float8 left, right, sums{};
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        load(left, a + i);
        load(right, b + i);
        sums += left * right;
    }
    float sum = 0;
    for (; i < n; ++i)
        sum += a[i] * b[i];
    for (size_t j = 0; j < kLanes; ++j)
        sum += sums[j];
    return sum;
}

WINNOW_CLONES double relativeDistance(const float *a, const float *b, size_t n)
{
    Sum difference, norm;
    Float8 left, right;
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        load(left, a + i);
        load(right, b + i);
        add(difference, (left - right) * (left - right));
        add(norm, right * right);
    }
    double differenceSum = total(difference), normSum = total(norm);
    for (; i < n; ++i) {
        differenceSum += static_cast<double>((a[i] - b[i]) * (a[i] - b[i]));
        normSum += static_cast<double>(b[i] * b[i]);
    }
    return differenceSum == 0 ? 0 : std::sqrt(differenceSum / normSum);
}

double gatheredSum(const float *x, const int32_t *index, size_t n)
{
    double sums[4] = {};
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (size_t j = 0; j < 4; ++j)
            sums[j] += static_cast<double>(x[index[i + j]]);
    }
    for (; i < n; ++i)
        sums[0] += static_cast<double>(x[index[i]]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

WINNOW_CLONES double weightedDifference(const float *p, const float *a, const float *b, size_t n)
{
    Sum sum;
    Float8 weight, left, right;
    size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        load(weight, p + i);
        load(left, a + i);
        load(right, b + i);
        add(sum, weight * (left - right));
    }
    double tail = 0;
    for (; i < n; ++i)
        tail += static_cast<double>(p[i] * (a[i] - b[i]));
    return total(sum) + tail;
}

WINNOW_CLONES int64_t countAbove(const float *x, size_t n, float value, CountEqual equal)
{
    int64_t count = 0;
    if (equal == CountEqual::Yes) {
        for (size_t i = 0; i < n; ++i)
            count += x[i] >= value ? 1 : 0;
    } else {
        for (size_t i = 0; i < n; ++i)
            count += x[i] > value ? 1 : 0;
    }
    return count;
}

} // namespace winnow
