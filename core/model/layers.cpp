#include "core/model/cpu_kernels.h"
#include "core/model/forward.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace winnow {
namespace {

    /// Rows of one pass through the feed-forward part: its [rows, 2F] buffer stays in the last-level cache.
    constexpr int64_t kMlpRows = 256;

    /// Between two looks at the stop token: 50 to 100 ms on one slow core.
    constexpr int64_t kPollFlops = 5'000'000'000;

    /// silu(gate) * up of [rows, 2F] (gate first) -> [rows, F].
    void siluMul(const at::Tensor &gateUp, at::Tensor &out)
    {
        const int64_t width = out.size(1);
        if (gateUp.is_cpu()) {
            cpu::siluMulRows(gateUp.data_ptr<float>(), out.data_ptr<float>(), out.size(0), width);
            return;
        }
        at::silu_out(out, gateUp.narrow(1, 0, width));
        out.mul_(gateUp.narrow(1, width, width));
    }

} // namespace

at::Tensor embedRows(const Model &model, std::span<const int32_t> ids) { return model.weights().embedding.gather(ids); }

at::Tensor rmsNorm(const at::Tensor &x, const at::Tensor &weight, double eps)
{
    if (x.is_cpu()) {
        at::Tensor out = at::empty_like(x);
        cpu::rmsNormRows(x.data_ptr<float>(), weight.data_ptr<float>(), out.data_ptr<float>(), x.numel() / weight.numel(),
            weight.numel(), static_cast<float>(eps));
        return out;
    }
    return x * at::rsqrt(x.square().mean(-1, true) + eps) * weight;
}

Projections splitQkv(const ModelConfig &config, const at::Tensor &all)
{
    const int64_t rows = all.size(0);
    const int64_t width = config.headDim;
    const auto part = [&](int64_t firstHead, int64_t heads) {
        return all.narrow(1, firstHead * width, heads * width).view({rows, heads, width});
    };
    return Projections{part(0, config.heads), part(config.heads, config.kvHeads),
        part(config.heads + config.kvHeads, config.kvHeads)};
}

Projections projectQkv(const Model &model, int64_t layer, const at::Tensor &normed)
{
    const LayerWeights &weights = model.layer(layer);
    at::Tensor all = multiply(normed, weights.qkv);
    if (weights.qkvBias.defined())
        all.add_(weights.qkvBias);
    return splitQkv(model.config(), all);
}

at::Tensor projectOutput(const Model &model, int64_t layer, const at::Tensor &attended)
{
    return multiply(attended, model.layer(layer).output);
}

void addOutput(const Model &model, int64_t layer, const at::Tensor &attended, at::Tensor &x)
{
    addMultiply(attended, model.layer(layer).output, x);
}

at::Tensor mlp(const Model &model, int64_t layer, const at::Tensor &normed)
{
    const LayerWeights &weights = model.layer(layer);
    const int64_t rows = normed.size(0);
    at::Tensor result = at::empty({rows, model.config().hidden}, normed.options());
    for (int64_t first = 0; first < rows; first += kMlpRows) {
        const int64_t count = std::min(kMlpRows, rows - first);
        const at::Tensor gateUp = multiply(normed.narrow(0, first, count), weights.ffn.gateUp);
        at::Tensor inner = at::empty({count, model.config().ffn}, normed.options());
        siluMul(gateUp, inner);
        at::Tensor target = result.narrow(0, first, count);
        multiplyOut(target, inner, weights.ffn.down);
    }
    return result;
}

void addMlp(const Model &model, int64_t layer, at::Tensor &x)
{
    const LayerWeights &weights = model.layer(layer);
    const int64_t rows = x.size(0);
    for (int64_t first = 0; first < rows; first += kMlpRows) {
        const int64_t count = std::min(kMlpRows, rows - first);
        at::Tensor target = x.narrow(0, first, count);
        const at::Tensor gateUp
            = multiply(rmsNorm(target, weights.ffnNorm.weight, model.config().normEps), weights.ffn.gateUp);
        at::Tensor inner = at::empty({count, model.config().ffn}, x.options());
        siluMul(gateUp, inner);
        addMultiply(inner, weights.ffn.down, target);
    }
}

int64_t rowsPerPoll(int64_t weights)
{
    return std::clamp<int64_t>(kPollFlops / std::max<int64_t>(1, 2 * weights), 64, 512);
}

at::Tensor finalNorm(const Model &model, const at::Tensor &x)
{
    return rmsNorm(x.contiguous(), model.weights().finalNorm.weight, model.config().normEps);
}

at::Tensor headLogits(const Model &model, const at::Tensor &normed) { return multiply(normed, model.weights().head); }

Result<void> forLogits(const Model &model, const at::Tensor &x,
    const std::function<void(int64_t firstRow, const at::Tensor &logits)> &use, const RunContext &context, int64_t chunkRows)
{
    const int64_t rows = x.size(0);
    chunkRows = std::clamp<int64_t>(kPollFlops / (2 * model.config().vocab * model.config().hidden), 8, chunkRows);
    for (int64_t first = 0; first < rows; first += chunkRows) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled while computing logits");
        const int64_t count = std::min(chunkRows, rows - first);
        use(first, headLogits(model, finalNorm(model, x.narrow(0, first, count))));
    }
    return {};
}

} // namespace winnow
