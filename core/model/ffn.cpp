#include "core/model/ffn.h"

#include "core/model/cpu_kernels.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/silu.h>

#include <algorithm>

namespace winnow {
namespace {

    /// Rows of one pass through the feed-forward part: its [rows, 2F] buffer stays in the last-level cache.
    constexpr int64_t kFfnRows = 256;

    at::Tensor activated(const at::Tensor &x, Activation activation)
    {
        switch (activation) {
        case Activation::GeluTanh:
            return at::gelu(x, "tanh");
        case Activation::Gelu:
            return at::gelu(x, "none");
        case Activation::Relu:
            return at::relu(x);
        case Activation::Silu:
            break;
        }
        return at::silu(x);
    }

    /// act(gate) * up of [rows, 2F] (gate first), or act of [rows, F] -> [rows, F].
    at::Tensor inner(const ModelConfig &config, const at::Tensor &gateUp)
    {
        if (!config.gatedFfn)
            return activated(gateUp, config.activation);
        const int64_t width = gateUp.size(1) / 2;
        if (gateUp.is_cpu() && config.activation == Activation::Silu) {
            at::Tensor out = at::empty({gateUp.size(0), width}, gateUp.options());
            cpu::siluMulRows(gateUp.data_ptr<float>(), out.data_ptr<float>(), out.size(0), width);
            return out;
        }
        at::Tensor out = activated(gateUp.narrow(1, 0, width), config.activation);
        return out.mul_(gateUp.narrow(1, width, width));
    }

    /// What the last product of a chunk reads.
    at::Tensor innerRows(const ModelConfig &config, const FfnWeights &weights, const at::Tensor &normed)
    {
        at::Tensor gateUp = multiply(normed, weights.gateUp);
        if (weights.gateUpBias.defined())
            gateUp.add_(weights.gateUpBias);
        return inner(config, gateUp);
    }

} // namespace

at::Tensor ffn(const ModelConfig &config, const FfnWeights &weights, const at::Tensor &normed)
{
    const int64_t rows = normed.size(0);
    at::Tensor result = at::empty({rows, weights.down.rows()}, normed.options());
    for (int64_t first = 0; first < rows; first += kFfnRows) {
        const int64_t count = std::min(kFfnRows, rows - first);
        at::Tensor target = result.narrow(0, first, count);
        multiplyOut(target, innerRows(config, weights, normed.narrow(0, first, count)), weights.down);
        if (weights.downBias.defined())
            target.add_(weights.downBias);
    }
    return result;
}

void addFfn(const ModelConfig &config, const FfnWeights &weights, const at::Tensor &normed, at::Tensor &sum)
{
    const int64_t rows = normed.size(0);
    for (int64_t first = 0; first < rows; first += kFfnRows) {
        const int64_t count = std::min(kFfnRows, rows - first);
        at::Tensor target = sum.narrow(0, first, count);
        addMultiply(innerRows(config, weights, normed.narrow(0, first, count)), weights.down, target);
        if (weights.downBias.defined())
            target.add_(weights.downBias);
    }
}

} // namespace winnow
