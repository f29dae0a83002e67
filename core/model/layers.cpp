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

    /// x [rows, in] times weight [out, in] transposed. One row on the CPU goes through our own kernel: it reads the weights
    /// at memory speed, where the general product packs them first.
    at::Tensor project(const at::Tensor &x, const at::Tensor &weight)
    {
        if (x.is_cpu() && x.size(0) == 1) {
            at::Tensor y = at::empty({1, weight.size(0)}, x.options());
            cpu::matrixVector(
                weight.data_ptr<float>(), x.data_ptr<float>(), y.data_ptr<float>(), weight.size(0), weight.size(1));
            return y;
        }
        return at::mm(x, weight.t());
    }

    void addLinear(const at::Tensor &x, const at::Tensor &weight, at::Tensor &sum)
    {
        if (x.size(0) == 1)
            sum.add_(project(x, weight));
        else
            sum.addmm_(x, weight.t());
    }

} // namespace

at::Tensor embedRows(const Model &model, std::span<const int32_t> ids)
{
    at::Tensor index = at::empty({static_cast<int64_t>(ids.size())}, at::kLong);
    std::copy(ids.begin(), ids.end(), index.data_ptr<int64_t>());
    return at::index_select(model.weights().embedding, 0, index.to(model.device()));
}

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
    at::Tensor all = project(normed, weights.qkv);
    if (weights.qkvBias.defined())
        all.add_(weights.qkvBias);
    return splitQkv(model.config(), all);
}

at::Tensor projectOutput(const Model &model, int64_t layer, const at::Tensor &attended)
{
    return project(attended, model.layer(layer).output);
}

void addOutput(const Model &model, int64_t layer, const at::Tensor &attended, at::Tensor &x)
{
    addLinear(attended, model.layer(layer).output, x);
}

at::Tensor mlp(const Model &model, int64_t layer, const at::Tensor &normed)
{
    const LayerWeights &weights = model.layer(layer);
    const int64_t rows = normed.size(0);
    at::Tensor result = at::empty({rows, model.config().hidden}, normed.options());
    for (int64_t first = 0; first < rows; first += kMlpRows) {
        const int64_t count = std::min(kMlpRows, rows - first);
        const at::Tensor gateUp = project(normed.narrow(0, first, count), weights.gateUp);
        at::Tensor inner = at::empty({count, model.config().ffn}, normed.options());
        siluMul(gateUp, inner);
        at::Tensor target = result.narrow(0, first, count);
        if (count == 1)
            target.copy_(project(inner, weights.down));
        else
            at::mm_out(target, inner, weights.down.t());
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
            = project(rmsNorm(target, weights.ffnNorm, model.config().normEps), weights.gateUp);
        at::Tensor inner = at::empty({count, model.config().ffn}, x.options());
        siluMul(gateUp, inner);
        addLinear(inner, weights.down, target);
    }
}

int64_t rowsPerPoll(int64_t weights)
{
    return std::clamp<int64_t>(kPollFlops / std::max<int64_t>(1, 2 * weights), 64, 512);
}

at::Tensor finalNorm(const Model &model, const at::Tensor &x)
{
    return rmsNorm(x.contiguous(), model.weights().finalNorm, model.config().normEps);
}

at::Tensor headLogits(const Model &model, const at::Tensor &normed) { return project(normed, model.weights().head); }

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
