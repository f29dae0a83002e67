#pragma once

#include "core/model/attention.h"
#include "core/model/forward.h"

#include <functional>
#include <span>

namespace winnow {

/// Whether the cache gets the new rows' keys and values from the layer, or holds them already.
enum class CacheRows { Append, Present };

/// What the layers of one pass over one sequence share.
struct LayerPass {
    const Model &model;
    RopeRows rope; // of the fed rows
    std::span<const int32_t> positions; // [T]
    const RunContext &context;
    const Hooks *hooks = nullptr;
    AttentionStatistics *statistics = nullptr; // of the layer that runs; only without a past
    CacheRows cacheRows = CacheRows::Append;
    /// Sees queries, keys and values before RoPE.
    std::function<void(int64_t layer, const Projections &parts)> onProjections = nullptr;
};

/// Rows of q, then k, then v before RoPE of a layer that is not latent attention, into all [rows, (H + Hkv) * D + Hkv * Dv].
void projectQkvOut(const Model &model, int64_t layer, const at::Tensor &normed, at::Tensor &all);

/// Views of such a buffer as queries, keys and values.
Projections splitQkv(const ModelConfig &config, const at::Tensor &all);

/// Queries of the fed rows in one layer after RoPE [T, H, D]. x [T, E] is the residual stream entering the layer.
at::Tensor layerQueries(const LayerPass &pass, int64_t layer, const at::Tensor &x);

/// Runs one layer on x [T, E] in place and appends its keys and values to `cache`.
/// @error Cancelled; `cache` may then hold the new rows.
Result<void> runLayer(LayerPass &pass, int64_t layer, LayerCache &cache, at::Tensor &x);

} // namespace winnow
