#pragma once

#include "core/model/attention.h"
#include "core/model/forward.h"

#include <functional>
#include <span>

namespace winnow {

/// What the layers of one pass over one sequence share.
struct LayerPass {
    const Model &model;
    RopeRows rope; // of the fed rows
    std::span<const int32_t> positions; // [T]
    const RunContext &context;
    const Hooks *hooks = nullptr;
    AttentionStatistics *statistics = nullptr; // of the layer that runs; only without a past
    /// Sees queries, keys and values before RoPE.
    std::function<void(int64_t layer, const Projections &parts)> onProjections = nullptr;
};

/// Runs one layer on x [T, E] in place and appends its keys and values to `cache`.
/// @error Cancelled; `cache` may then hold the new rows.
Result<void> runLayer(LayerPass &pass, int64_t layer, LayerCache &cache, at::Tensor &x);

} // namespace winnow
