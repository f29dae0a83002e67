#pragma once

#include <cstdint>

namespace winnow {

// Sums over two vectors for every pair of heads; the products are a matrix product (or gpu/head_pairs.h), these are not.
// Plain pointers; compiled for AVX-512, AVX2 and the base instruction set, chosen when the program is loaded.

/// Sum of the numbers, and of their squares.
struct VectorSums {
    double sum = 0, square = 0;
};
VectorSums vectorSums(const float *x, int64_t n);

/// Heads of a block: rows of `entries` floats, `stride` apart.
struct HeadVectors {
    const float *data = nullptr;
    int64_t heads = 0, entries = 0, stride = 0;
};

/// absolute[i, j] += sum |x_i - y_j| for rows i in [first, last). [x.heads, y.heads]
/// @cost 2 operations an entry and pair; sums of 512 entries in f32, over them in f64.
void addAbsoluteDistances(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *absolute);

/// square[i, j] += sum (x_i - y_j)^2, as addAbsoluteDistances. Not from products: their difference would lose what near vectors
/// differ by.
void addSquareDistances(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *square);

/// entropy[i, j] += -sum m log2 m with m = (x_i + y_j) / 2, 0 log 0 = 0. Entries >= 0.
/// @cost One logarithm an entry and pair (polynomial of 8th degree, absolute error 5e-8 in log2).
void addMixEntropies(const HeadVectors &x, const HeadVectors &y, int64_t first, int64_t last, double *entropy);

/// entropy[i] += -sum x_i log2 x_i, by the same steps: a vector mixed with itself has exactly this.
void addEntropies(const HeadVectors &x, int64_t first, int64_t last, double *entropy);

} // namespace winnow
