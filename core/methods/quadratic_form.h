#pragma once

#include <cstdint>

namespace winnow {

/// Keys of one KV head, the symmetric matrices of its query heads, and where the results go.
struct QuadraticForms {
    const float *keys = nullptr; // [n, d]
    int64_t n = 0;
    int64_t d = 0;
    const float *matrices = nullptr; // [heads, d, d], symmetric
    int64_t heads = 0;
    float factor = 1;
    float *out = nullptr; // [heads, n]
};

/// out[h, v] += factor * k_v^T S_h k_v.
///
/// @cost heads * n * d * (d + 16) / 2 multiply-adds: symmetry halves the product, nothing of size n * d is written.
void addQuadraticForms(const QuadraticForms &forms);

} // namespace winnow
