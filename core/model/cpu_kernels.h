#pragma once

#include <cstdint>

namespace winnow::cpu {

// Row kernels of the CPU path. Plain pointers; every function is compiled for AVX-512, AVX2 and the base instruction set and
// picks one when the program is loaded. Each has an at:: counterpart in layers.cpp and attention.cpp, which other devices use.

/// out = x / sqrt(mean(x^2) + eps) * weight, rows of `width` floats one after the other. out may be x.
void rmsNormRows(const float *x, const float *weight, float *out, int64_t rows, int64_t width, float eps);

/// Rotates pairs (j, j + offset), j < pairs, of `heads` heads of `headDim` floats in each row; rows `rowStride` floats apart.
void rotateRows(float *x, const float *cosine, const float *sine, int64_t rows, int64_t rowStride, int64_t heads,
    int64_t headDim, int64_t pairs, int64_t offset);

/// out[r][i] = silu(in[r][i]) * in[r][width + i]; in rows are 2 * width long, out rows width.
void siluMulRows(const float *in, float *out, int64_t rows, int64_t width);

/// What one softmax row leaves behind.
struct SoftmaxRow {
    float entropy = 0; // nats
    float sum = 0; // of the written weights: 1 up to rounding
};

/// Softmax of scores[0..visible) in place, scores[visible..n) become 0. Adds the weights to columnSum[0..visible) unless null.
/// Entropy is log(sum e^(s-m)) - sum p (s-m), without a logarithm per element; only computed when `wantStatistics`.
SoftmaxRow softmaxRow(float *scores, int64_t visible, int64_t n, float *columnSum, bool wantStatistics);

/// y[r] = dot(matrix[r], x), rows of `columns` floats one after the other.
void matrixVector(const float *matrix, const float *x, float *y, int64_t rows, int64_t columns);

/// y[i * yStride + r] = dot(matrix[r], x[i]) for `inputs` rows x of `columns` floats one after the other: a row of the matrix
/// is read once for four of them.
void matrixInputs(const float *matrix, int64_t rows, int64_t columns, const float *x, int64_t inputs, float *y, int64_t yStride);

/// out[i] = sum over r of weights[r] * matrix[r][i], rows of `columns` floats one after the other.
void weightedRows(const float *weights, const float *matrix, float *out, int64_t rows, int64_t columns);

/// All bytes combined by exclusive or: the fastest way to read them, which is what it is for.
uint64_t readBytes(const void *bytes, int64_t count);

} // namespace winnow::cpu
