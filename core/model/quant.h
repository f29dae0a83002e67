#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace winnow {

/// Element types of ggml; the values stand in GGUF files. Those without a comment can be dequantised.
enum class TensorType : uint32_t {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    BF16 = 30,
};

/// Layout of a type: `blockElements` consecutive values of a row take `blockBytes` bytes.
struct TensorTypeInfo {
    uint32_t value = 0; // as it stands in a file
    const char *name = ""; // "Q4_K"
    int64_t blockElements = 1;
    int64_t blockBytes = 1;
    bool readable = false; // dequantiseRows knows it
};

/// Layout of a type number of a file, also of types that cannot be dequantised (IQ4_XS, I32); nullptr when unknown.
const TensorTypeInfo *tensorTypeInfo(uint32_t value);
inline const TensorTypeInfo *tensorTypeInfo(TensorType type) { return tensorTypeInfo(static_cast<uint32_t>(type)); }

/// "Q4_K"; "type 99" when unknown.
std::string tensorTypeName(TensorType type);

/// Bytes of one row of `cols` values.
/// @error Unsupported for an unknown type, BadInput when cols is not a positive multiple of the block.
Result<int64_t> rowBytes(TensorType type, int64_t cols);

/// Turns stored rows into f32, bit for bit as ggml's reference does (products and sums rounded one by one).
///
/// @param bytes  exactly rows * rowBytes(type, cols) bytes.
/// @param out    [rows, cols] f32, written completely; any alignment.
/// @error Unsupported naming the type, BadInput when the byte count is another one.
/// @cost  Memory-bound: one pass, nothing allocated. Any thread; split a matrix by rows to use several.
/// @source Block layouts: ggml-org/ggml, ggml-common.h; arithmetic: dequantize_row_* of ggml-quants.c.
Result<void> dequantiseRows(TensorType type, std::span<const std::byte> bytes, int64_t rows, int64_t cols, float *out);

} // namespace winnow
