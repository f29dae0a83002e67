#include "core/model/cpu_kernels.h"
#include "core/model/packed_product.h"
#include "core/model/quant_kernels.h"
#include "core/model/rounding.h"
#include "core/model/scratch_memory.h"
#include "core/model/stored_rows.h"
#include "core/model/weight_matrix.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <array>
#include <vector>

namespace winnow {
namespace {

    /// Input rows up to which our own kernels are used: the general product packs the weights before it reads them.
    constexpr int64_t kFewInputs = 8;
    /// Weights of a stored matrix that are dequantised before they are multiplied: 2 MB of f32.
    constexpr int64_t kBlockWeights = int64_t{1} << 19;
    constexpr int64_t kMinBlockRows = 64;
    /// Blocks end where the general product's own tiles end: a ragged edge costs it 5 to 20 %.
    constexpr int64_t kTileRows = 32;

    float *blockScratch(int64_t count)
    {
        static thread_local ScratchMemory scratch;
        return scratch.take(count);
    }

    /// Sums of one input row for the types of a matrix that want them.
    class InputSums {
    public:
        InputSums(std::span<const StoredRows> parts, const float *x, int64_t columns)
        {
            for (const StoredRows &part : parts) {
                const int64_t width = quant::sumWidth(part.type);
                if (width == 0 || !of(width).empty())
                    continue;
                of(width).resize(static_cast<size_t>(columns / width));
                quant::groupSums(x, columns, width, of(width).data());
            }
        }
        const float *find(TensorType type) const
        {
            const int64_t width = quant::sumWidth(type);
            return width == 0 ? nullptr : m_sums[width == 16 ? 0 : 1].data();
        }

    private:
        std::vector<float> &of(int64_t width) { return m_sums[width == 16 ? 0 : 1]; }
        std::array<std::vector<float>, 2> m_sums; // of 16 and of 32 inputs
    };

    /// y[rows] = matrix x.
    void multiplyOne(const float *x, const WeightMatrix &weight, float *y)
    {
        const int64_t columns = weight.columns();
        const InputSums sums(weight.parts(), x, columns);
        at::parallel_for(0, weight.rows(), rowGrain(columns), [&](int64_t begin, int64_t end) {
            if (weight.isDense()) {
                cpu::matrixVector(weight.dense().data_ptr<float>() + begin * columns, x, y + begin, end - begin, columns);
                return;
            }
            forStoredRows(weight.parts(), columns, begin, end - begin, [&](const StoredRun &run) {
                quant::dotRows(run.type, run.bytes, run.rows, columns, x, sums.find(run.type), y + begin + run.target);
            });
        });
    }

    /// y[i][rows] = matrix x[i], a few rows of stored weights at a time: dequantised once, read from the first-level cache.
    void multiplyFew(const float *x, int64_t inputs, const WeightMatrix &weight, float *y, int64_t yStride)
    {
        const int64_t columns = weight.columns();
        at::parallel_for(0, weight.rows(), rowGrain(columns), [&](int64_t begin, int64_t end) {
            if (weight.isDense()) {
                cpu::matrixInputs(
                    weight.dense().data_ptr<float>() + begin * columns, end - begin, columns, x, inputs, y + begin, yStride);
                return;
            }
            const int64_t step = std::clamp<int64_t>(4096 / columns, 2, 16);
            std::vector<float> rows(static_cast<size_t>(step * columns));
            for (int64_t first = begin; first < end; first += step) {
                const int64_t count = std::min(step, end - first);
                weight.unpack(first, count, rows.data());
                cpu::matrixInputs(rows.data(), count, columns, x, inputs, y + first, yStride);
            }
        });
    }

    using packed::Into;

    void generalProduct(const at::Tensor &x, const at::Tensor &rows, at::Tensor &target, Into into)
    {
        if (into == Into::Add)
            target.addmm_(x, rows.t());
        else
            at::mm_out(target, x, rows.t());
    }

    /// Rows of one block: even parts of the matrix, in whole tiles.
    int64_t blockRows(const WeightMatrix &weight)
    {
        const int64_t most = std::max(kMinBlockRows, kBlockWeights / weight.columns());
        const int64_t blocks = (weight.rows() + most - 1) / most;
        const int64_t even = (weight.rows() + blocks - 1) / blocks;
        return std::min(weight.rows(), (even + kTileRows - 1) / kTileRows * kTileRows);
    }

    /// Blocks of dequantised rows, each multiplied with all inputs while it is in the cache.
    void multiplyBlocks(const at::Tensor &x, const WeightMatrix &weight, at::Tensor &target, Into into)
    {
        const int64_t columns = weight.columns();
        const int64_t step = blockRows(weight);
        float *scratch = blockScratch(step * columns);
        for (int64_t first = 0; first < weight.rows(); first += step) {
            const int64_t count = std::min(step, weight.rows() - first);
            at::parallel_for(0, count, rowGrain(columns) / 4 + 1, [&](int64_t begin, int64_t end) {
                weight.unpack(first + begin, end - begin, scratch + begin * columns);
            });
            at::Tensor part = target.narrow(1, first, count);
            generalProduct(x, at::from_blob(scratch, {count, columns}, at::TensorOptions(at::kFloat)), part, into);
        }
    }

    /// Whether the rows of `target` can be written in place by the kernels.
    bool plainRows(const at::Tensor &target) { return target.size(1) == 1 || target.stride(1) == 1; }

    /// rows [r, columns] and x of one type.
    void typedProduct(const at::Tensor &x, const at::Tensor &rows, at::Tensor &target, Into into)
    {
        if (x.scalar_type() == at::kFloat)
            return generalProduct(x, rows, target, into);
        const at::Tensor result = productF32(x, rows.t());
        if (into == Into::Add)
            target.add_(result);
        else
            target.copy_(result);
    }

    /// Products on a GPU. Rows in file precision are dequantised there block by block into the type of the inputs.
    void deviceProduct(const at::Tensor &x, const WeightMatrix &weight, at::Tensor &target, Into into)
    {
        const at::Tensor input = asElements(x, weight.inputs());
        if (weight.isDense())
            return typedProduct(input, asElements(weight.dense(), weight.inputs()), target, into);
        const int64_t step = std::min(weight.rows(), std::max<int64_t>(1, kDeviceBlockWeights / weight.columns()));
        at::Tensor scratch = at::empty({step, weight.columns()}, input.options());
        for (int64_t first = 0; first < weight.rows(); first += step) {
            const int64_t count = std::min(step, weight.rows() - first);
            at::Tensor rows = scratch.narrow(0, 0, count), part = target.narrow(1, first, count);
            weight.unpackOnDevice(first, count, rows);
            typedProduct(input, rows, part, into);
        }
    }

    void product(const at::Tensor &given, const WeightMatrix &weight, at::Tensor &target, Into into)
    {
        const int64_t inputs = given.size(0);
        if (inputs == 0 || weight.rows() == 0)
            return;
        if (!given.is_cpu())
            return deviceProduct(given, weight, target, into);
        const at::Tensor x = rounded(given, weight.inputs());
        if (inputs > kFewInputs) {
            if (packed::takes(x, weight, target))
                packed::packedProduct(x, weight, target, into);
            else if (weight.isDense())
                generalProduct(x, weight.dense(), target, into);
            else
                multiplyBlocks(x, weight, target, into);
            return;
        }
        if (into == Into::Add || !plainRows(target)) {
            at::Tensor result = at::empty({inputs, weight.rows()}, x.options());
            product(given, weight, result, Into::Replace);
            if (into == Into::Add)
                target.add_(result);
            else
                target.copy_(result);
            return;
        }
        const at::Tensor input = x.contiguous();
        if (inputs == 1)
            multiplyOne(input.data_ptr<float>(), weight, target.data_ptr<float>());
        else
            multiplyFew(input.data_ptr<float>(), inputs, weight, target.data_ptr<float>(), target.stride(0));
    }

} // namespace

at::Tensor multiply(const at::Tensor &x, const WeightMatrix &weight)
{
    if (!x.is_cpu() && weight.isDense()) // nothing to copy the result into
        return productF32(asElements(x, weight.inputs()), asElements(weight.dense(), weight.inputs()).t());
    at::Tensor out = at::empty({x.size(0), weight.rows()}, x.options());
    product(x, weight, out, Into::Replace);
    return out;
}

void multiplyOut(at::Tensor &out, const at::Tensor &x, const WeightMatrix &weight) { product(x, weight, out, Into::Replace); }

void addMultiply(const at::Tensor &x, const WeightMatrix &weight, at::Tensor &sum) { product(x, weight, sum, Into::Add); }

} // namespace winnow
