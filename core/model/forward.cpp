#include "core/model/forward.h"

#include "core/model/attention.h"
#include "core/model/layer_pass.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    tl::unexpected<Error> cancelledIn(int64_t layer)
    {
        return fail(ErrorCode::Cancelled, "cancelled in layer " + std::to_string(layer));
    }

    /// Norm and projection in chunks of rows, so that a long input notices a cancel in time.
    Result<Projections> projectRows(const LayerPass &pass, int64_t layer, const at::Tensor &x)
    {
        const LayerWeights &weights = pass.model.layer(layer);
        const double eps = pass.model.config().normEps;
        const int64_t rows = x.size(0);
        const int64_t step = rowsPerPoll(weights.qkv.numel());
        if (rows <= step)
            return projectQkv(pass.model, layer, rmsNorm(x, weights.attnNorm.weight, eps));
        at::Tensor all = at::empty({rows, weights.qkv.rows()}, x.options());
        for (int64_t first = 0; first < rows; first += step) {
            if (pass.context.cancelled())
                return cancelledIn(layer);
            const int64_t count = std::min(step, rows - first);
            at::Tensor target = all.narrow(0, first, count);
            multiplyOut(target, rmsNorm(x.narrow(0, first, count), weights.attnNorm.weight, eps), weights.qkv);
            if (weights.qkvBias.defined())
                target.add_(weights.qkvBias);
        }
        return splitQkv(pass.model.config(), all);
    }

    /// x += Wo attended; x += mlp(x), in chunks of rows.
    Result<void> finishRows(const LayerPass &pass, int64_t layer, const at::Tensor &attended, at::Tensor &x)
    {
        const LayerWeights &weights = pass.model.layer(layer);
        const int64_t rows = x.size(0);
        const int64_t step = rowsPerPoll(weights.output.numel() + weights.ffn.gateUp.numel() + weights.ffn.down.numel());
        for (int64_t first = 0; first < rows; first += step) {
            if (pass.context.cancelled())
                return cancelledIn(layer);
            at::Tensor part = x.narrow(0, first, std::min(step, rows - first));
            addOutput(pass.model, layer, attended.narrow(0, first, part.size(0)), part);
            addMlp(pass.model, layer, part);
        }
        return {};
    }

    /// The hook's view of head tensors is [H, T, D]; the pass holds [T, H, D].
    void hookHeads(const LayerPass &pass, HookPoint point, int64_t layer, at::Tensor &heads)
    {
        if (!pass.hooks || !pass.hooks->wants(point, layer))
            return;
        const at::Tensor seen = heads.transpose(0, 1).contiguous();
        const at::Tensor result = pass.hooks->apply(seen, HookSite{point, layer, 0, 0});
        if (!result.is_same(seen))
            heads.copy_(result.transpose(0, 1));
    }

    at::Tensor hookRows(const LayerPass &pass, HookPoint point, int64_t layer, const at::Tensor &rows)
    {
        return pass.hooks ? pass.hooks->apply(rows, HookSite{point, layer, 0, 0}) : rows;
    }

    bool hooked(const LayerPass &pass, HookPoint point, int64_t layer)
    {
        return pass.hooks && pass.hooks->wants(point, layer);
    }

    /// A pass that did not end leaves no rows behind, in whatever layer it stopped.
    void takeBack(KvCache &cache, int32_t firstPosition)
    {
        for (int64_t l = 0; l < cache.layers(); ++l)
            cache.layer(l).forgetFrom(firstPosition);
    }

    Result<std::vector<int32_t>> chosenPositions(const ModelConfig &config, const KvCache &cache, size_t rows,
        std::span<const int32_t> given)
    {
        std::vector<int32_t> positions(rows);
        if (given.empty()) {
            std::iota(positions.begin(), positions.end(), static_cast<int32_t>(cache.nextPosition()));
        } else {
            if (given.size() != rows)
                return fail(ErrorCode::BadInput, "positions: expected " + std::to_string(rows) + " (one per token), found "
                        + std::to_string(given.size()));
            const bool ascending = std::is_sorted(given.begin(), given.end(), std::less_equal<>());
            if (!ascending || given.front() < 0)
                return fail(ErrorCode::BadInput, "positions must be ascending and not negative");
            std::copy(given.begin(), given.end(), positions.begin());
        }
        if (auto fits = checkContext(config, positions.back() + 1); !fits)
            return fail(fits.error());
        return positions;
    }

} // namespace

Result<void> checkIds(const ModelConfig &config, std::span<const int32_t> ids)
{
    if (ids.empty())
        return fail(ErrorCode::BadInput, "the input has no tokens", "give at least one token");
    for (size_t i = 0; i < ids.size(); ++i) {
        if (ids[i] < 0 || ids[i] >= config.vocab)
            return fail(ErrorCode::BadInput, "token " + std::to_string(i) + " has id " + std::to_string(ids[i])
                    + ", the vocabulary of " + config.name + " has ids 0 to " + std::to_string(config.vocab - 1));
    }
    return {};
}

Result<void> checkContext(const ModelConfig &config, int64_t tokens)
{
    // Full attention beyond the window would be another model: no family here masks by window yet.
    const int64_t window = config.layerConfigs.empty() ? 0 : config.layer(0).window;
    if (window > 0 && tokens > window)
        return fail(ErrorCode::Unsupported, "the input needs " + std::to_string(tokens) + " positions, " + config.name
                + " attends in windows of " + std::to_string(window) + ", which is not supported beyond one window",
            "shorten the input by " + std::to_string(tokens - window) + " tokens");
    if (tokens <= config.contextLength)
        return {};
    return fail(ErrorCode::BadInput, "the input needs " + std::to_string(tokens) + " positions, " + config.name + " has "
            + std::to_string(config.contextLength), "shorten the input by " + std::to_string(tokens - config.contextLength) + " tokens");
}

at::Tensor layerQueries(const LayerPass &pass, int64_t layer, const at::Tensor &x)
{
    const Model &model = pass.model;
    const Projections parts
        = projectQkv(model, layer, rmsNorm(x, model.layer(layer).attnNorm.weight, model.config().normEps));
    model.rope().rotate(parts.q, pass.rope);
    return parts.q;
}

Result<void> runLayer(LayerPass &pass, int64_t layer, LayerCache &cache, at::Tensor &x)
{
    const Model &model = pass.model;
    if (pass.context.cancelled())
        return cancelledIn(layer);
    auto projected = projectRows(pass, layer, x);
    if (!projected)
        return fail(projected.error());
    Projections &parts = *projected;
    hookHeads(pass, HookPoint::Query, layer, parts.q);
    hookHeads(pass, HookPoint::Key, layer, parts.k);
    hookHeads(pass, HookPoint::Value, layer, parts.v);
    if (pass.onProjections)
        pass.onProjections(layer, parts);
    model.rope().rotate(parts.q, pass.rope);
    model.rope().rotate(parts.k, pass.rope);
    hookHeads(pass, HookPoint::QueryRope, layer, parts.q);
    hookHeads(pass, HookPoint::KeyRope, layer, parts.k);
    if (pass.cacheRows == CacheRows::Append)
        cache.append(parts.k, parts.v, pass.positions);

    auto attended = attend(parts.q, cache, AttentionProbe{pass.statistics, pass.hooks, layer}, pass.context);
    if (!attended)
        return fail(attended.error());
    if (hooked(pass, HookPoint::HeadOutput, layer)) {
        at::Tensor heads = attended->view(parts.q.sizes());
        hookHeads(pass, HookPoint::HeadOutput, layer, heads);
    }
    if (!hooked(pass, HookPoint::AttentionOutput, layer) && !hooked(pass, HookPoint::MlpOutput, layer))
        return finishRows(pass, layer, *attended, x);
    x.add_(hookRows(pass, HookPoint::AttentionOutput, layer, projectOutput(model, layer, *attended)));
    const at::Tensor normed = rmsNorm(x, model.layer(layer).ffnNorm.weight, model.config().normEps);
    x.add_(hookRows(pass, HookPoint::MlpOutput, layer, mlp(model, layer, normed)));
    return {};
}

Result<ForwardResult> forward(const Model &model, std::span<const int32_t> ids, KvCache &cache, const ForwardOptions &options,
    const RunContext &context)
{
    const c10::InferenceMode inference;
    const ModelConfig &config = model.config();
    if (auto valid = checkIds(config, ids); !valid)
        return fail(valid.error());
    auto positions = chosenPositions(config, cache, ids.size(), options.positions);
    if (!positions)
        return fail(positions.error());
    if (!options.positions.empty() && positions->front() < cache.nextPosition() && cache.nextPosition() > 0)
        return fail(ErrorCode::BadInput, "position " + std::to_string(positions->front()) + " is fed already (next is "
                + std::to_string(cache.nextPosition()) + ")");

    LayerPass pass{model, model.rope().rows(*positions, model.device()), *positions, context};
    pass.hooks = options.hooks;
    at::Tensor x = embedRows(model, ids);
    for (int64_t l = 0; l < config.layers; ++l) {
        if (hooked(pass, HookPoint::Hidden, l))
            x = hookRows(pass, HookPoint::Hidden, l, x).contiguous().clone();
        if (auto done = runLayer(pass, l, cache.layer(l), x); !done) {
            takeBack(cache, positions->front());
            return fail(done.error());
        }
        if (ids.size() > 1)
            context.progress("prefill", l + 1, config.layers, "layers");
    }
    x = hookRows(pass, HookPoint::Hidden, config.layers, x);

    ForwardResult result{x, {}};
    if (options.logits != LogitsRows::None) {
        const at::Tensor asked = options.logits == LogitsRows::All ? x : x.narrow(0, x.size(0) - 1, 1);
        at::Tensor logits = at::empty({asked.size(0), config.vocab}, x.options());
        const auto keep = [&](int64_t first, const at::Tensor &part) { logits.narrow(0, first, part.size(0)).copy_(part); };
        if (auto done = forLogits(model, asked, keep, context); !done) {
            takeBack(cache, positions->front());
            return fail(done.error());
        }
        result.logits = hookRows(pass, HookPoint::Logits, config.layers, logits);
    }
    cache.setNextPosition(positions->back() + 1);
    return result;
}

} // namespace winnow
