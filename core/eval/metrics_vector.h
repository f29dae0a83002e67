#pragma once

#include <cstddef>
#include <cstdint>

namespace winnow {

// Passes over rows of floats, compiled for several instruction sets; the one the machine has is chosen at load time.
// The order of additions depends on the instruction set only, so a machine gives the same bits at every call.

/// Largest value; -infinity for n = 0.
float vectorMax(const float *x, size_t n);
/// Sum in f64.
double vectorSum(const float *x, size_t n);
/// Sum of exp(x - max) in f64, terms in f32 (relative error below 2e-7 each). `max` must not be below any x.
double sumExp(const float *x, size_t n, float max);
/// out = exp(x - shift), f32.
void expShifted(const float *x, size_t n, double shift, float *out);
/// x = softmax(x) in place over n >= 1 values; -infinity gives 0. @return sum of the weights: 1 but for rounding.
float softmaxInPlace(float *x, size_t n);
/// Sum of p * (a - b) in f64, differences in f32.
double weightedDifference(const float *p, const float *a, const float *b, size_t n);

/// Sum of a * b, f32.
float dotProduct(const float *a, const float *b, size_t n);
/// Norm of a - b over the norm of b, sums in f64; 0 when both are 0.
double relativeDistance(const float *a, const float *b, size_t n);
/// Sum of x[index[i]] in f64.
double gatheredSum(const float *x, const int32_t *index, size_t n);

enum class CountEqual { No, Yes };
/// How many values are above `value` (with Yes: or equal to it).
int64_t countAbove(const float *x, size_t n, float value, CountEqual equal);

} // namespace winnow
