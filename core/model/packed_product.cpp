#include "core/model/packed_product.h"

#include "core/model/scratch_memory.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>

namespace winnow::packed {
namespace {

    /// Inputs that are packed at a time: whole panels, and enough of them that dequantising the weights again costs 1 %.
    constexpr int64_t kInputs = 528;
    /// Weights of a block: with a panel of inputs in the second-level cache.
    constexpr int64_t kBlockWeights = int64_t{3} << 16;
    constexpr int64_t kBlockRows = 96; // what the kernel gathers before it writes

    float *weightScratch(int64_t count)
    {
        static thread_local ScratchMemory scratch;
        return scratch.take(count);
    }

    float *inputScratch(int64_t count)
    {
        static thread_local ScratchMemory scratch;
        return scratch.take(count);
    }

    int64_t blockRows(int64_t columns) { return std::clamp<int64_t>(kBlockWeights / columns / 8 * 8, 8, kBlockRows); }

    /// Rows [begin, end) of the matrix with all packed inputs.
    void multiplyRows(const float *packed, int64_t inputs, const WeightMatrix &weight, int64_t begin, int64_t end, const Target &target)
    {
        const int64_t columns = weight.columns(), step = blockRows(columns);
        for (int64_t first = begin; first < end; first += step) {
            const int64_t count = std::min(step, end - first);
            const float *rows = nullptr;
            if (weight.isDense()) {
                rows = weight.dense().const_data_ptr<float>() + first * columns;
            } else {
                float *scratch = weightScratch(step * columns);
                weight.unpack(first, count, scratch);
                rows = scratch;
            }
            multiplyPacked(packed, inputs, columns, rows, count, {target.y + first, target.stride, target.into});
        }
    }

} // namespace

bool available()
{
#if defined(__x86_64__) && defined(__GNUC__)
    static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && !__builtin_cpu_supports("avx512f");
    return has;
#else
    return false;
#endif
}

bool takes(const at::Tensor &x, const WeightMatrix &weight, const at::Tensor &target)
{
    const auto plain = [](const at::Tensor &t) {
        return t.is_cpu() && t.scalar_type() == at::kFloat && (t.size(1) == 1 || t.stride(1) == 1);
    };
    return available() && plain(x) && plain(target) && (!weight.isDense() || (plain(weight.dense()) && weight.dense().is_contiguous()));
}

void packedProduct(const at::Tensor &x, const WeightMatrix &weight, at::Tensor &target, Into into)
{
    const int64_t columns = weight.columns(), rows = weight.rows();
    const int64_t grain = std::max(blockRows(columns), (int64_t{1} << 18) / columns);
    for (int64_t first = 0; first < x.size(0); first += kInputs) {
        const int64_t inputs = std::min(kInputs, x.size(0) - first);
        float *packed = inputScratch(packedFloats(inputs, columns));
        packInputs(x.const_data_ptr<float>() + first * x.stride(0), inputs, columns, x.stride(0), packed);
        const Target part{target.data_ptr<float>() + first * target.stride(0), target.stride(0), into};
        at::parallel_for(0, rows, grain, [&](int64_t begin, int64_t end) { multiplyRows(packed, inputs, weight, begin, end, part); });
    }
}

} // namespace winnow::packed
