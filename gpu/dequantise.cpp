#include "gpu/dequantise.h"

#include "gpu/device.h"
#include "gpu/stored_blocks.h"

namespace winnow::gpu {
namespace {

    void write(const StoredMatrix &matrix, int64_t at, float value)
    {
        switch (matrix.outType) {
        case NumberType::F32:
            static_cast<float *>(matrix.out)[at] = value;
            return;
        case NumberType::F16:
            static_cast<uint16_t *>(matrix.out)[at] = toHalf(value);
            return;
        case NumberType::Bf16:
            static_cast<uint16_t *>(matrix.out)[at] = toBf16(value);
            return;
        }
    }

    template <typename Block>
    void readRow(const StoredMatrix &matrix, int64_t row)
    {
        const int64_t stride = matrix.columns / Block::kElements * Block::kBytes;
        const auto *in = reinterpret_cast<const uint8_t *>(matrix.stored) + storedRow(matrix.firstRow + row, matrix.permutedHeadDim) * stride;
        for (int64_t c = 0; c < matrix.columns; ++c)
            write(matrix, row * matrix.columns + c, Block::value(in + c / Block::kElements * Block::kBytes, int(c % Block::kElements)));
    }

} // namespace

bool canDequantise(uint32_t type)
{
    return withFormat(type, [](auto) {});
}

std::string dequantiseReference(const StoredMatrix &matrix)
{
    std::string wrong;
    const bool known = withFormat(matrix.type, [&](auto block) {
        using Block = decltype(block);
        if (matrix.columns % Block::kElements != 0) {
            wrong = std::to_string(matrix.columns) + " columns are no whole blocks of " + std::to_string(Block::kElements);
            return;
        }
        for (int64_t row = 0; row < matrix.rows; ++row)
            readRow<Block>(matrix, row);
    });
    return known ? wrong : "stored type " + std::to_string(matrix.type) + " cannot be dequantised";
}

bool dequantiseKernelAvailable(std::string *reason) { return kernelsAvailable(reason); }

#ifndef WINNOW_HAS_CUDA
std::string dequantise(const StoredMatrix &, void *) { return kNotBuilt; }
std::string dequantiseFromHost(const StoredMatrix &, int64_t) { return kNotBuilt; }
#endif

} // namespace winnow::gpu
