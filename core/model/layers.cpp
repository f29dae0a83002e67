#include "core/model/cpu_kernels.h"
#include "core/model/ffn.h"
#include "core/model/layer_pass.h"
#include "core/model/mla.h"
#include "core/model/moe.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/rms_norm.h>

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    /// Between two looks at the stop token: 50 to 100 ms on one slow core.
    constexpr int64_t kPollFlops = 5'000'000'000;
    constexpr int64_t kDevicePollFlops = 100 * kPollFlops; // of a GPU

    /// RMS norm in place of `heads` parts of `width` channels, each row of `all` [rows, n] beginning at `column`.
    void normHeads(at::Tensor &all, int64_t column, int64_t heads, int64_t width, const at::Tensor &weight, double eps)
    {
        if (all.is_cpu()) {
            float *row = all.data_ptr<float>() + column;
            for (int64_t r = 0; r < all.size(0); ++r, row += all.stride(0))
                cpu::rmsNormRows(row, weight.data_ptr<float>(), row, heads, width, static_cast<float>(eps));
            return;
        }
        at::Tensor part = all.narrow(1, column, heads * width).unflatten(1, {heads, width});
        part.copy_(at::rms_norm(part, {width}, weight, eps));
    }

    /// Norm of queries and keys before RoPE: over a head's channels, or over all heads at once.
    void normQueriesKeys(const ModelConfig &config, const LayerWeights &weights, at::Tensor &all)
    {
        const int64_t width = config.headDim;
        const bool perHead = config.queryKeyNorm == QueryKeyNorm::PerHead;
        const auto norm = [&](int64_t column, int64_t heads, const at::Tensor &weight) {
            if (weight.defined())
                normHeads(all, column, perHead ? heads : 1, perHead ? width : heads * width, weight, config.normEps);
        };
        norm(0, config.heads, weights.queryNorm);
        norm(config.heads * width, config.kvHeads, weights.keyNorm);
    }

    bool wants(const Hooks *hooks, HookPoint point, int64_t layer) { return hooks && hooks->wants(point, layer); }

    /// One chunk of rows behind attention.
    class LayerEnd {
    public:
        LayerEnd(const Model &model, int64_t layer, const Hooks *hooks, const RunContext &context)
            : m_config(model.config())
            , m_weights(model.layer(layer))
            , m_layer(layer)
            , m_hooks(hooks)
            , m_context(context)
        {
        }

        /// Both branches of some rows.
        Result<void> run(const at::Tensor &attended, at::Tensor &x) const
        {
            if (!m_config.parallelResidual) {
                addAttention(attended, x);
                return addFeedForward(applyNorm(m_config, x, m_weights.ffnNorm), x);
            }
            // Parallel branches both read what entered the layer (GPT-NeoX).
            const at::Tensor input = applyNorm(m_config, x, m_weights.ffnNorm);
            addAttention(attended, x);
            return addFeedForward(input, x);
        }

        void addAttention(const at::Tensor &attended, at::Tensor &x) const
        {
            if (plain(HookPoint::AttentionOutput, m_weights.postAttnNorm)) {
                addMultiply(attended, m_weights.output, x);
                if (m_weights.outputBias.defined())
                    x.add_(m_weights.outputBias);
                return;
            }
            at::Tensor out = multiply(attended, m_weights.output);
            if (m_weights.outputBias.defined())
                out.add_(m_weights.outputBias);
            addBranch(HookPoint::AttentionOutput, m_weights.postAttnNorm, out, x);
        }

        /// input [rows, E] is normed.
        Result<void> addFeedForward(const at::Tensor &input, at::Tensor &x) const
        {
            if (m_weights.moe) {
                auto out = moeBlock(m_config, *m_weights.moe, input, MoeSite{m_context, m_hooks, m_layer});
                if (!out)
                    return fail(out.error());
                addBranch(HookPoint::MlpOutput, m_weights.postFfnNorm, *out, x);
            } else if (plain(HookPoint::MlpOutput, m_weights.postFfnNorm)) {
                addFfn(m_config, m_weights.ffn, input, x);
            } else {
                addBranch(HookPoint::MlpOutput, m_weights.postFfnNorm, ffn(m_config, m_weights.ffn, input), x);
            }
            return {};
        }

    private:
        bool plain(HookPoint point, const NormWeights &post) const
        {
            return !wants(m_hooks, point, m_layer) && !post.weight.defined() && m_config.residualScale == 1;
        }

        /// x += residualScale * post(branch); the hook sees the branch before its post norm.
        void addBranch(HookPoint point, const NormWeights &post, at::Tensor branch, at::Tensor &x) const
        {
            if (m_hooks)
                branch = m_hooks->apply(branch, HookSite{point, m_layer, 0, 0});
            if (post.weight.defined())
                branch = applyNorm(m_config, branch.contiguous(), post);
            x.add_(branch, m_config.residualScale);
        }

        const ModelConfig &m_config;
        const LayerWeights &m_weights;
        int64_t m_layer;
        const Hooks *m_hooks;
        const RunContext &m_context;
    };

    bool hooksFeedForward(const Hooks *hooks, int64_t layer)
    {
        constexpr HookPoint kPoints[]{HookPoint::MlpOutput, HookPoint::RouterLogits, HookPoint::ExpertIds, HookPoint::ExpertWeights,
            HookPoint::ExpertNorms};
        return std::any_of(std::begin(kPoints), std::end(kPoints), [&](HookPoint point) { return wants(hooks, point, layer); });
    }

    /// Rows of experts that go together: they poll by themselves, and each expert's weights are read once for all of its rows.
    constexpr int64_t kExpertRows = 4096;

    /// Calls use(first, rows of x) chunk by chunk.
    template <typename Use>
    Result<void> inChunks(at::Tensor &x, int64_t step, int64_t layer, const RunContext &context, const Use &use)
    {
        for (int64_t first = 0; first < x.size(0); first += step) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled in layer " + std::to_string(layer));
            at::Tensor part = x.narrow(0, first, std::min(step, x.size(0) - first));
            if (Result<void> done = use(first, part); !done)
                return done;
        }
        return {};
    }

} // namespace

std::vector<int32_t> positionsFrom(int64_t first, int64_t count)
{
    std::vector<int32_t> positions(static_cast<size_t>(count));
    std::iota(positions.begin(), positions.end(), static_cast<int32_t>(first));
    return positions;
}

at::Tensor embedRows(const Model &model, std::span<const int32_t> ids, std::span<const int32_t> positions)
{
    const ModelConfig &config = model.config();
    at::Tensor x = model.weights().embedding.gather(ids);
    if (config.embeddingScale != 1)
        x.mul_(config.embeddingScale);
    if (config.learnedPositions) {
        at::Tensor rows = at::empty({static_cast<int64_t>(positions.size())}, at::kLong);
        for (size_t i = 0; i < positions.size(); ++i)
            rows.data_ptr<int64_t>()[i] = positions[i] + config.positionOffset;
        x.add_(model.weights().positions.index_select(0, rows.to(x.device())));
    }
    return x;
}

at::Tensor rmsNorm(const at::Tensor &x, const at::Tensor &weight, double eps)
{
    if (x.is_cpu()) {
        at::Tensor out = at::empty_like(x);
        cpu::rmsNormRows(x.data_ptr<float>(), weight.data_ptr<float>(), out.data_ptr<float>(), x.numel() / weight.numel(),
            weight.numel(), static_cast<float>(eps));
        return out;
    }
    return at::rms_norm(x, {weight.numel()}, weight, eps);
}

at::Tensor applyNorm(const ModelConfig &config, const at::Tensor &x, const NormWeights &norm)
{
    if (!norm.weight.defined())
        return x.clone(); // what follows may change it in place
    if (config.norm == NormKind::Rms)
        return rmsNorm(x, norm.weight, config.normEps);
    return at::layer_norm(x, {norm.weight.numel()}, norm.weight, norm.bias, config.normEps);
}

at::Tensor attentionInput(const Model &model, int64_t layer, const at::Tensor &x)
{
    return applyNorm(model.config(), x, model.layer(layer).attnNorm);
}

void projectQkvOut(const Model &model, int64_t layer, const at::Tensor &normed, at::Tensor &all)
{
    const LayerWeights &weights = model.layer(layer);
    const ModelConfig &config = model.config();
    multiplyOut(all, normed, weights.qkv);
    if (weights.qkvBias.defined())
        all.add_(weights.qkvBias);
    if (config.queryKeyNorm != QueryKeyNorm::None)
        normQueriesKeys(config, weights, all);
    if (config.clipQkv > 0)
        all.clamp_(-config.clipQkv, config.clipQkv);
    if (config.queryScale != 1)
        all.narrow(1, 0, config.heads * config.headDim).mul_(config.queryScale);
}

Projections splitQkv(const ModelConfig &config, const at::Tensor &all)
{
    const int64_t rows = all.size(0), queries = config.heads * config.headDim, keys = config.kvHeads * config.headDim;
    const auto part = [&](int64_t column, int64_t heads, int64_t width) {
        return all.narrow(1, column, heads * width).view({rows, heads, width});
    };
    return Projections{part(0, config.heads, config.headDim), part(queries, config.kvHeads, config.headDim),
        part(queries + keys, config.kvHeads, config.valueWidth())};
}

Projections projectQkv(const Model &model, int64_t layer, const at::Tensor &normed)
{
    const LayerWeights &weights = model.layer(layer);
    if (weights.mla)
        return mlaProjections(model.config(), *weights.mla, normed);
    at::Tensor all = at::empty({normed.size(0), weights.qkv.rows()}, normed.options());
    projectQkvOut(model, layer, normed, all);
    return splitQkv(model.config(), all);
}

Projections onCpu(const Projections &parts) { return {parts.q.cpu(), parts.k.cpu(), parts.v.cpu()}; }

Result<void> finishLayer(const Model &model, int64_t layer, const at::Tensor &attended, at::Tensor &x, const RunContext &context,
    const Hooks *hooks)
{
    const LayerWeights &weights = model.layer(layer);
    const LayerEnd end(model, layer, hooks, context);
    // A hook sees all rows at once.
    const bool wholeAttention = wants(hooks, HookPoint::AttentionOutput, layer), wholeFfn = hooksFeedForward(hooks, layer);
    const auto rowsOf = [&](const at::Tensor &part, int64_t first) { return attended.narrow(0, first, part.size(0)); };
    if (!weights.moe || model.config().parallelResidual) {
        const int64_t step = rowsPerPoll(weights.output.numel() + weights.ffn.gateUp.numel() + weights.ffn.down.numel());
        return inChunks(x, wholeAttention || wholeFfn ? x.size(0) : step, layer, context,
            [&](int64_t first, at::Tensor &part) { return end.run(rowsOf(part, first), part); });
    }
    const auto attention = [&](int64_t first, at::Tensor &part) {
        end.addAttention(rowsOf(part, first), part);
        return Result<void>();
    };
    const int64_t step = wholeAttention ? x.size(0) : rowsPerPoll(weights.output.numel());
    if (auto done = inChunks(x, step, layer, context, attention); !done)
        return done;
    return inChunks(x, wholeFfn ? x.size(0) : kExpertRows, layer, context, [&](int64_t, at::Tensor &part) {
        return end.addFeedForward(applyNorm(model.config(), part, weights.ffnNorm), part);
    });
}

int64_t rowsPerPoll(int64_t weights)
{
    return std::clamp<int64_t>(kPollFlops / std::max<int64_t>(1, 2 * weights), 64, 512);
}

at::Tensor finalNorm(const Model &model, const at::Tensor &x)
{
    return applyNorm(model.config(), x.contiguous(), model.weights().finalNorm);
}

at::Tensor headLogits(const Model &model, const at::Tensor &normed)
{
    const ModelConfig &config = model.config();
    at::Tensor logits = multiply(normed, model.weights().head);
    if (config.logitScale != 1)
        logits.mul_(config.logitScale);
    if (config.logitCap > 0)
        logits.div_(config.logitCap).tanh_().mul_(config.logitCap);
    return logits;
}

Result<void> forLogits(const Model &model, const at::Tensor &x,
    const std::function<void(int64_t firstRow, const at::Tensor &logits)> &use, const RunContext &context, int64_t chunkRows)
{
    const int64_t rows = x.size(0);
    chunkRows = std::clamp<int64_t>((x.is_cpu() ? kPollFlops : kDevicePollFlops) / (2 * model.config().vocab * model.config().hidden), 8, chunkRows);
    for (int64_t first = 0; first < rows; first += chunkRows) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled while computing logits");
        const int64_t count = std::min(chunkRows, rows - first);
        use(first, headLogits(model, finalNorm(model, x.narrow(0, first, count))));
    }
    return {};
}

} // namespace winnow
