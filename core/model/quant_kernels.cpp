#include "core/model/quant_kernels.h"

#include "core/model/cpu_kernels.h"

#include <algorithm>
#include <vector>

namespace winnow::quant {
namespace {

    bool hasAvx2()
    {
#if defined(__x86_64__) && defined(__GNUC__)
        static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
        return has;
#else
        return false;
#endif
    }

    RowKernels kernelsOf(TensorType type) { return hasAvx2() ? avx2Kernels(type) : RowKernels{}; }

    size_t stride(TensorType type, int64_t columns)
    {
        const TensorTypeInfo *info = tensorTypeInfo(type);
        return static_cast<size_t>(columns / info->blockElements * info->blockBytes);
    }

} // namespace

int64_t sumWidth(TensorType type)
{
    switch (type) {
    case TensorType::Q4_1:
    case TensorType::Q5_1:
    case TensorType::Q4_K:
    case TensorType::Q5_K:
        return 32;
    case TensorType::Q2_K:
        return 16;
    default:
        return 0;
    }
}

void groupSums(const float *x, int64_t columns, int64_t width, float *sums)
{
    for (int64_t i = 0; i < columns / width; ++i) {
        float sum[4] = {};
        for (int64_t j = 0; j < width; j += 4) {
            for (int64_t k = 0; k < 4; ++k)
                sum[k] += x[i * width + j + k];
        }
        sums[i] = (sum[0] + sum[2]) + (sum[1] + sum[3]);
    }
}

void dotRows(
    TensorType type, const std::byte *rows, int64_t count, int64_t columns, const float *x, const float *sums, float *y)
{
    if (const RowKernels kernels = kernelsOf(type); kernels.dot) {
        kernels.dot(rows, count, columns, x, sums, y);
        return;
    }
    // A few rows at a time: they are still in the first-level cache when they are multiplied.
    const int64_t step = std::max<int64_t>(1, 4096 / columns);
    std::vector<float> block(static_cast<size_t>(step * columns));
    const size_t rowBytes = stride(type, columns);
    for (int64_t first = 0; first < count; first += step) {
        const int64_t some = std::min(step, count - first);
        unpackRows(type, rows + static_cast<size_t>(first) * rowBytes, some, columns, block.data());
        cpu::matrixVector(block.data(), x, y + first, some, columns);
    }
}

void unpackRows(TensorType type, const std::byte *rows, int64_t count, int64_t columns, float *out)
{
    if (const RowKernels kernels = kernelsOf(type); kernels.unpack)
        return kernels.unpack(rows, count, columns, out);
    const std::span<const std::byte> bytes(rows, static_cast<size_t>(count) * stride(type, columns));
    static_cast<void>(dequantiseRows(type, bytes, count, columns, out));
}

} // namespace winnow::quant
