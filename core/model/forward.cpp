#include "core/model/forward.h"

#include "core/model/attention.h"
#include "core/model/latent_layer.h"
#include "core/model/layer_hooks.h"
#include "core/model/mla.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    tl::unexpected<Error> cancelledIn(int64_t layer)
    {
        return fail(ErrorCode::Cancelled, "cancelled in layer " + std::to_string(layer));
    }

    Result<Projections> projectLatentRows(const LayerPass &pass, int64_t layer, const at::Tensor &x, int64_t step)
    {
        std::vector<at::Tensor> q, k, v;
        for (int64_t first = 0; first < x.size(0); first += step) {
            if (pass.context.cancelled())
                return cancelledIn(layer);
            const at::Tensor rows = x.narrow(0, first, std::min(step, x.size(0) - first));
            const Projections part = projectQkv(pass.model, layer, attentionInput(pass.model, layer, rows));
            q.push_back(part.q);
            k.push_back(part.k);
            v.push_back(part.v);
        }
        return Projections{at::cat(q), at::cat(k), at::cat(v)};
    }

    /// Norm and projection of a layer in chunks of rows, so that a long input notices a cancel in time.
    Result<Projections> projectRows(const LayerPass &pass, int64_t layer, const at::Tensor &x)
    {
        const Model &model = pass.model;
        const LayerWeights &weights = model.layer(layer);
        const int64_t rows = x.size(0);
        const int64_t step = rowsPerPoll(weights.mla ? weights.mla->query.numel() + weights.mla->latentUp.numel() : weights.qkv.numel());
        if (rows <= step)
            return projectQkv(model, layer, attentionInput(model, layer, x));
        if (weights.mla)
            return projectLatentRows(pass, layer, x, step);
        at::Tensor all = at::empty({rows, weights.qkv.rows()}, x.options());
        for (int64_t first = 0; first < rows; first += step) {
            if (pass.context.cancelled())
                return cancelledIn(layer);
            const int64_t count = std::min(step, rows - first);
            at::Tensor target = all.narrow(0, first, count);
            projectQkvOut(model, layer, attentionInput(model, layer, x.narrow(0, first, count)), target);
        }
        return splitQkv(model.config(), all);
    }

    /// The same for latent attention with a look at its latents, which may be replaced.
    Projections projectSeenLatents(const LayerPass &pass, int64_t layer, const at::Tensor &x)
    {
        const ModelConfig &config = pass.model.config();
        const MlaWeights &weights = *pass.model.layer(layer).mla;
        const MlaProjections latents = mlaProject(config, weights, attentionInput(pass.model, layer, x));
        const at::Tensor latent = hookShared(pass, HookPoint::Latent, layer, latents.latent);
        Projections parts;
        parts.q = latents.q;
        mlaExpand(config, weights, latent, latents.kpe, parts);
        return parts;
    }

    /// The rotated key part that all heads of latent attention share: the last channels of every key.
    void hookSharedKeys(const LayerPass &pass, int64_t layer, at::Tensor &keys)
    {
        const int64_t width = pass.model.config().mla.rope;
        if (width == 0 || !hooked(pass, HookPoint::LatentKeyRope, layer))
            return;
        at::Tensor part = keys.narrow(2, keys.size(2) - width, width); // [T, H, Dr]
        const at::Tensor seen = part.select(1, 0).unsqueeze(0).contiguous();
        const at::Tensor result = pass.hooks->apply(seen, HookSite{HookPoint::LatentKeyRope, layer, 0, 0});
        if (!result.is_same(seen))
            part.copy_(result.squeeze(0).unsqueeze(1).expand_as(part));
    }

    at::Tensor hookRows(const LayerPass &pass, HookPoint point, int64_t layer, const at::Tensor &rows)
    {
        return pass.hooks ? pass.hooks->apply(rows, HookSite{point, layer, 0, 0}) : rows;
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
    if (tokens <= config.contextLength)
        return {};
    return fail(ErrorCode::BadInput, "the input needs " + std::to_string(tokens) + " positions, " + config.name + " has "
            + std::to_string(config.contextLength), "shorten the input by " + std::to_string(tokens - config.contextLength) + " tokens");
}

Result<void> checkRopeSwitch(const Model &model, int64_t before, int64_t after)
{
    const int64_t limit = model.rope().switchLength();
    if (before > limit || after <= limit)
        return {};
    return fail(ErrorCode::Unsupported, "the sequence grows from " + std::to_string(before) + " to " + std::to_string(after)
            + " tokens; " + model.config().name + " rotates sequences of more than " + std::to_string(limit)
            + " tokens with other factors, so that a prepared cache does not fit any more",
        "use a context of more than " + std::to_string(limit) + " tokens, or stay within them");
}

at::Tensor layerQueries(const LayerPass &pass, int64_t layer, const at::Tensor &x)
{
    const Projections parts = projectQkv(pass.model, layer, attentionInput(pass.model, layer, x));
    pass.model.rope().rotate(layer, parts.q, pass.rope);
    return parts.q;
}

namespace {

    /// Attention of a layer whose cache holds keys and values of its heads. @return [T, H * Dv]
    Result<at::Tensor> attendHeads(LayerPass &pass, int64_t layer, LayerCache &cache, const at::Tensor &x)
    {
        const Model &model = pass.model;
        const bool latents = model.layer(layer).mla && hooked(pass, HookPoint::Latent, layer);
        auto projected = latents ? Result<Projections>(projectSeenLatents(pass, layer, x)) : projectRows(pass, layer, x);
        if (!projected)
            return fail(projected.error());
        Projections &parts = *projected;
        hookHeads(pass, HookPoint::Query, layer, parts.q);
        hookHeads(pass, HookPoint::Key, layer, parts.k);
        hookHeads(pass, HookPoint::Value, layer, parts.v);
        if (pass.onProjections)
            pass.onProjections(layer, parts);
        model.rope().rotate(layer, parts.q, pass.rope);
        model.rope().rotate(layer, parts.k, pass.rope);
        hookHeads(pass, HookPoint::QueryRope, layer, parts.q);
        hookHeads(pass, HookPoint::KeyRope, layer, parts.k);
        hookSharedKeys(pass, layer, parts.k);
        if (pass.cacheRows == CacheRows::Append)
            cache.append(parts.k, parts.v, pass.positions);
        return attend(parts.q, cache, ScoreRule::of(model.config(), layer), AttentionProbe{pass.statistics, pass.hooks, layer}, pass.context);
    }

} // namespace

Result<void> runLayer(LayerPass &pass, int64_t layer, LayerCache &cache, at::Tensor &x)
{
    const Model &model = pass.model;
    if (pass.context.cancelled())
        return cancelledIn(layer);
    if (cache.isLatent() && wantsHeads(pass, layer))
        cache = expandedHeads(model, layer, cache);
    auto attended = cache.isLatent() ? attendLatents(pass, layer, cache, x) : attendHeads(pass, layer, cache, x);
    if (!attended)
        return fail(attended.error());
    if (hooked(pass, HookPoint::HeadOutput, layer)) {
        at::Tensor heads = attended->view({x.size(0), model.config().heads, model.config().valueWidth()});
        hookHeads(pass, HookPoint::HeadOutput, layer, heads);
    }
    return finishLayer(model, layer, *attended, x, pass.context, pass.hooks);
}

namespace {

    /// Runs all layers over x in place; on failure the cache is cut back to before the first of the pass's positions.
    Result<void> runLayers(LayerPass &pass, KvCache &cache, at::Tensor &x)
    {
        const int64_t layers = pass.model.config().layers;
        for (int64_t l = 0; l < layers; ++l) {
            if (hooked(pass, HookPoint::Hidden, l))
                x = hookRows(pass, HookPoint::Hidden, l, x).contiguous().clone();
            if (auto done = runLayer(pass, l, cache.layer(l), x); !done) {
                takeBack(cache, pass.positions.front());
                return done;
            }
            if (pass.positions.size() > 1)
                pass.context.progress("prefill", l + 1, layers, "layers");
        }
        return {};
    }

    /// Makes a cache again for a sequence of `length` tokens, which is rotated with other frequencies than when it was filled.
    Result<void> refill(const Model &model, KvCache &cache, int64_t length, const RunContext &context)
    {
        // What a plan took out would come back.
        for (int64_t l = 0; l < cache.layers(); ++l) {
            if (model.config().layer(l).window == 0
                && cache.layer(l).slots() != cache.layer(l).heads() * static_cast<int64_t>(cache.ids().size()))
                return checkRopeSwitch(model, cache.nextPosition(), length);
        }
        KvCache fresh(model.config(), model.device());
        fresh.reserve(length);
        const std::vector<int32_t> ids(cache.ids().begin(), cache.ids().end());
        const std::vector<int32_t> positions(cache.positions().begin(), cache.positions().end());
        LayerPass pass{model, model.rope().rows(positions, model.device(), length), positions, context};
        at::Tensor x = embedRows(model, ids, positions);
        if (auto done = runLayers(pass, fresh, x); !done)
            return done;
        fresh.fed(ids, positions);
        cache = std::move(fresh);
        return {};
    }

} // namespace

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

    const int64_t length = positions->back() + 1, before = cache.nextPosition();
    if (before > 0 && before <= model.rope().switchLength() && length > model.rope().switchLength()) {
        if (auto done = refill(model, cache, length, context); !done)
            return fail(done.error());
    }
    LayerPass pass{model, model.rope().rows(*positions, model.device(), length), *positions, context};
    pass.hooks = options.hooks;
    at::Tensor x = embedRows(model, ids, *positions);
    if (auto done = runLayers(pass, cache, x); !done)
        return fail(done.error());
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
    cache.fed(ids, *positions);
    return result;
}

} // namespace winnow
