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

/// Attention weights and what they mix.
struct Mix {
    const float *weights = nullptr; // [inputs, rows]
    const float *values = nullptr; // [rows, width]
    int64_t inputs = 0, rows = 0, width = 0; // width: whole registers of kMixLanes
};

constexpr int64_t kMixLanes = 8;

/// out[i][v] = sum over r of weights[i][r] * values[r][v]. out [inputs, width].
/// Rows of weights 0 at the end change no bit: a query may go together with later ones.
void mixRows(const Mix &mix, float *out);

} // namespace winnow::packed
