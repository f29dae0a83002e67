#include "core/model/latent_layer.h"

#include "core/model/attention.h"
#include "core/model/layer_hooks.h"
#include "core/model/mla.h"
#include "core/model/rounding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace winnow {
namespace {

    /// Rows up to which queries are brought to the latents instead of the latents to heads. More rows pay for the expansion.
    constexpr int64_t kAbsorbedRows = 8;

    tl::unexpected<Error> cancelledIn(int64_t layer)
    {
        return fail(ErrorCode::Cancelled, "cancelled in layer " + std::to_string(layer));
    }

    /// Norm and projections of the rows, in chunks, so that a long input notices a cancel in time.
    Result<MlaProjections> project(const LayerPass &pass, int64_t layer, const at::Tensor &x)
    {
        const ModelConfig &config = pass.model.config();
        const MlaWeights &weights = *pass.model.layer(layer).mla;
        const int64_t step = rowsPerPoll(weights.query.numel() + weights.latentDown.numel());
        if (x.size(0) <= step)
            return mlaProject(config, weights, attentionInput(pass.model, layer, x));
        std::vector<at::Tensor> q, latent, kpe;
        for (int64_t first = 0; first < x.size(0); first += step) {
            if (pass.context.cancelled())
                return cancelledIn(layer);
            const at::Tensor rows = x.narrow(0, first, std::min(step, x.size(0) - first));
            MlaProjections part = mlaProject(config, weights, attentionInput(pass.model, layer, rows));
            q.push_back(part.q);
            latent.push_back(part.latent);
            kpe.push_back(part.kpe);
        }
        return MlaProjections{at::cat(q), at::cat(latent), at::cat(kpe)};
    }

    /// Keys and values of all heads of cached latents [S, r + rope], whose shared part is rotated, appended chunk by chunk.
    void appendHeads(const Model &model, int64_t layer, const at::Tensor &latents, std::span<const int32_t> positions, LayerCache &heads)
    {
        const ModelConfig &config = model.config();
        const MlaWeights &weights = *model.layer(layer).mla;
        const int64_t step = rowsPerPoll(weights.latentUp.numel());
        for (int64_t first = 0; first < latents.size(0); first += step) {
            const int64_t count = std::min(step, latents.size(0) - first);
            const at::Tensor rows = latents.narrow(0, first, count).to(at::kFloat);
            Projections parts;
            mlaExpand(config, weights, rows.narrow(1, 0, config.mla.latent).contiguous(), rows.narrow(1, config.mla.latent, config.mla.rope), parts);
            heads.append(parts.k, parts.v, positions.subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
        }
    }

    bool canAbsorb(const LayerPass &pass, int64_t layer, int64_t rows)
    {
        return rows <= kAbsorbedRows && !pass.statistics && !hooked(pass, HookPoint::Probabilities, layer);
    }

} // namespace

bool wantsHeads(const LayerPass &pass, int64_t layer)
{
    return pass.onProjections || hooked(pass, HookPoint::Key, layer) || hooked(pass, HookPoint::Value, layer)
        || hooked(pass, HookPoint::KeyRope, layer);
}

LayerCache expandedHeads(const Model &model, int64_t layer, const LayerCache &cache)
{
    LayerCache heads(model.config(), model.device());
    heads.reserve(cache.maxCount());
    appendHeads(model, layer, cache.head(0).keys.narrow(0, 0, cache.maxCount()), cache.head(0).positions, heads);
    return heads;
}

at::Tensor rotateSharedKeys(const Model &model, int64_t layer, const at::Tensor &kpe, const RopeRows &rope)
{
    // The table turns the last channels of a head.
    const int64_t width = model.config().headDim, turned = kpe.size(1);
    const at::Tensor head = at::zeros({kpe.size(0), 1, width}, kpe.options());
    head.narrow(2, width - turned, turned).copy_(kpe.unsqueeze(1));
    model.rope().rotate(layer, head, rope);
    return head.select(1, 0).narrow(1, width - turned, turned);
}

at::Tensor latentRows(const at::Tensor &latent, const at::Tensor &kpe) { return at::cat({latent, kpe}, 1).unsqueeze(1); }

Result<at::Tensor> attendLatents(LayerPass &pass, int64_t layer, LayerCache &cache, const at::Tensor &x)
{
    const Model &model = pass.model;
    const ModelConfig &config = model.config();
    at::Tensor queries; // [T, H, D]
    {
        auto projected = project(pass, layer, x);
        if (!projected)
            return fail(projected.error());
        queries = projected->q;
        hookHeads(pass, HookPoint::Query, layer, queries);
        model.rope().rotate(layer, queries, pass.rope);
        hookHeads(pass, HookPoint::QueryRope, layer, queries);
        if (pass.cacheRows == CacheRows::Append) {
            const at::Tensor latent = hookShared(pass, HookPoint::Latent, layer, projected->latent);
            const at::Tensor kpe = hookShared(pass, HookPoint::LatentKeyRope, layer, rotateSharedKeys(model, layer, projected->kpe, pass.rope));
            const at::Tensor rows = latentRows(latent, kpe);
            cache.append(rows, rows.narrow(2, 0, 0), pass.positions);
        }
    }
    if (canAbsorb(pass, layer, x.size(0)))
        return mlaAttend(config, *model.layer(layer).mla, queries, cache.keys()[0].to(at::kFloat));
    const LayerCache heads = expandedHeads(model, layer, cache);
    return attend(queries, heads, ScoreRule::of(config, layer), AttentionProbe{pass.statistics, pass.hooks, layer}, pass.context);
}

} // namespace winnow
