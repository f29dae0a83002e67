#pragma once

#include <cstdint>

namespace winnow::packed {

// Products of many input rows with many weight rows, in f32. Plain pointers, nothing is checked. An output is a chain of fused
// multiply-adds over the columns in ascending order, cut at fixed columns: how many inputs go together changes no bit of any of them.

/// Whether the processor has the kernels and gains by them: AVX2 and FMA, but not AVX-512, of which the general product makes use.
bool available();

/// Floats that packInputs writes.
int64_t packedFloats(int64_t inputs, int64_t columns);

/// Panels of 24, and at the end 16 or 8, inputs side by side: [columns][panel], zeros where inputs are missing.
/// @param x rows of `columns` floats, `stride` apart. @param out 32-byte aligned.
void packInputs(const float *x, int64_t inputs, int64_t columns, int64_t stride, float *out);

enum class Into : uint8_t { Replace, Add };

/// Where products go: y[i * stride + r] of input i and weight row r.
struct Target {
    float *y = nullptr;
    int64_t stride = 0;
    Into into = Into::Replace;
};

/// target (+)= dot(rows[r], x[i]).
/// @param rows `count` rows of `columns` floats one after the other; a few hundred kB of them stay in the second-level cache while
///             the inputs pass.
void multiplyPacked(const float *packed, int64_t inputs, int64_t columns, const float *rows, int64_t count, const Target &target);

} // namespace winnow::packed
