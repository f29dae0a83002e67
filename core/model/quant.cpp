#include "core/model/quant.h"

#include "core/model/quant_blocks.h"

#include <array>
#include <cstring>

// One binary runs on every x86-64: the loader picks the widest version the processor has. Not under a sanitiser, whose
// runtime is not up yet when the loader asks.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define WINNOW_WIDEST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WINNOW_WIDEST
#endif

namespace winnow {
namespace {

    constexpr std::array<TensorTypeInfo, 31> kTypes{{
        {0, "F32", 1, 4, true},
        {1, "F16", 1, 2, true},
        {2, "Q4_0", 32, 18, true},
        {3, "Q4_1", 32, 20, true},
        {6, "Q5_0", 32, 22, true},
        {7, "Q5_1", 32, 24, true},
        {8, "Q8_0", 32, 34, true},
        {9, "Q8_1", 32, 36, false},
        {10, "Q2_K", 256, 84, true},
        {11, "Q3_K", 256, 110, true},
        {12, "Q4_K", 256, 144, true},
        {13, "Q5_K", 256, 176, true},
        {14, "Q6_K", 256, 210, true},
        {15, "Q8_K", 256, 292, false},
        {16, "IQ2_XXS", 256, 66, false},
        {17, "IQ2_XS", 256, 74, false},
        {18, "IQ3_XXS", 256, 98, false},
        {19, "IQ1_S", 256, 50, false},
        {20, "IQ4_NL", 32, 18, false},
        {21, "IQ3_S", 256, 110, false},
        {22, "IQ2_S", 256, 82, false},
        {23, "IQ4_XS", 256, 136, false},
        {24, "I8", 1, 1, false},
        {25, "I16", 1, 2, false},
        {26, "I32", 1, 4, false},
        {27, "I64", 1, 8, false},
        {28, "F64", 1, 8, false},
        {29, "IQ1_M", 256, 56, false},
        {30, "BF16", 1, 2, true},
        {34, "TQ1_0", 256, 54, false},
        {35, "TQ2_0", 256, 66, false},
    }};

    // One function per type: target_clones wants plain functions, and the loop over blocks must be inside the clone.
    // clang-format off
    void readF32(const std::byte *in, int64_t n, float *out) { std::memcpy(out, in, static_cast<size_t>(n) * sizeof(float)); }
    WINNOW_WIDEST void readF16(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::F16>(in, n, out); }
    WINNOW_WIDEST void readBf16(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Bf16>(in, n, out); }
    WINNOW_WIDEST void readQ4_0(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q4_0>(in, n, out); }
    WINNOW_WIDEST void readQ4_1(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q4_1>(in, n, out); }
    WINNOW_WIDEST void readQ5_0(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q5_0>(in, n, out); }
    WINNOW_WIDEST void readQ5_1(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q5_1>(in, n, out); }
    WINNOW_WIDEST void readQ8_0(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q8_0>(in, n, out); }
    WINNOW_WIDEST void readQ2_K(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q2_K>(in, n, out); }
    WINNOW_WIDEST void readQ3_K(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q3_K>(in, n, out); }
    WINNOW_WIDEST void readQ4_K(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q4_K>(in, n, out); }
    WINNOW_WIDEST void readQ5_K(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q5_K>(in, n, out); }
    WINNOW_WIDEST void readQ6_K(const std::byte *in, int64_t n, float *out) { quant::blocks<quant::Q6_K>(in, n, out); }
    // clang-format on

    void readBlocks(TensorType type, const std::byte *in, int64_t blocks, float *out)
    {
        switch (type) {
        case TensorType::F32:
            return readF32(in, blocks, out);
        case TensorType::F16:
            return readF16(in, blocks, out);
        case TensorType::BF16:
            return readBf16(in, blocks, out);
        case TensorType::Q4_0:
            return readQ4_0(in, blocks, out);
        case TensorType::Q4_1:
            return readQ4_1(in, blocks, out);
        case TensorType::Q5_0:
            return readQ5_0(in, blocks, out);
        case TensorType::Q5_1:
            return readQ5_1(in, blocks, out);
        case TensorType::Q8_0:
            return readQ8_0(in, blocks, out);
        case TensorType::Q2_K:
            return readQ2_K(in, blocks, out);
        case TensorType::Q3_K:
            return readQ3_K(in, blocks, out);
        case TensorType::Q4_K:
            return readQ4_K(in, blocks, out);
        case TensorType::Q5_K:
            return readQ5_K(in, blocks, out);
        case TensorType::Q6_K:
            return readQ6_K(in, blocks, out);
        }
    }

} // namespace

const TensorTypeInfo *tensorTypeInfo(uint32_t value)
{
    for (const TensorTypeInfo &info : kTypes) {
        if (info.value == value)
            return &info;
    }
    return nullptr;
}

std::string tensorTypeName(TensorType type)
{
    const TensorTypeInfo *info = tensorTypeInfo(type);
    return info ? info->name : "type " + std::to_string(static_cast<uint32_t>(type));
}

Result<int64_t> rowBytes(TensorType type, int64_t cols)
{
    const TensorTypeInfo *info = tensorTypeInfo(type);
    if (!info)
        return fail(ErrorCode::Unsupported, "unknown tensor " + tensorTypeName(type));
    if (cols <= 0 || cols % info->blockElements != 0) {
        return fail(ErrorCode::BadInput,
            "rows of " + std::to_string(cols) + " values cannot be " + tensorTypeName(type) + ": expected a multiple of "
                + std::to_string(info->blockElements));
    }
    const int64_t blocks = cols / info->blockElements;
    if (blocks > INT64_MAX / info->blockBytes)
        return fail(ErrorCode::BadInput, "rows of " + std::to_string(cols) + " values are too long");
    return blocks * info->blockBytes;
}

Result<void> dequantiseRows(TensorType type, std::span<const std::byte> bytes, int64_t rows, int64_t cols, float *out)
{
    const auto perRow = rowBytes(type, cols);
    if (!perRow)
        return fail(perRow.error());
    const TensorTypeInfo *info = tensorTypeInfo(type);
    if (!info->readable) {
        return fail(ErrorCode::Unsupported, "weights of type " + tensorTypeName(type) + " cannot be read",
            "use a file in F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 or Q2_K to Q6_K");
    }
    const auto size = static_cast<int64_t>(bytes.size());
    if (rows < 0 || size % *perRow != 0 || size / *perRow != rows) {
        return fail(ErrorCode::BadInput,
            std::to_string(rows) + " x " + std::to_string(cols) + " values of " + tensorTypeName(type) + " take "
                + std::to_string(*perRow) + " bytes a row; found " + std::to_string(size) + " bytes");
    }
    // Blocks never cross a row, so rows * cols values are one run of blocks.
    readBlocks(type, bytes.data(), size / info->blockBytes, out);
    return {};
}

} // namespace winnow
