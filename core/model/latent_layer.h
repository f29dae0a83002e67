#pragma once

#include "core/model/layer_pass.h"

namespace winnow {

// Latent attention over a cache of latents (model-families.md 3.5): plain in prefill, where keys and values of all heads are made
// of the latents for the time of a layer, absorbed in decode, where they are never made.

/// Whether hooks of the pass may replace keys or values of heads, or read them, which latents cannot hold.
bool wantsHeads(const LayerPass &pass, int64_t layer);

/// Keys and values of all heads that a cache of latents stands for, at the same positions.
LayerCache expandedHeads(const Model &model, int64_t layer, const LayerCache &cache);

/// Shared key parts [T, rope] after RoPE.
at::Tensor rotateSharedKeys(const Model &model, int64_t layer, const at::Tensor &kpe, const RopeRows &rope);

/// What a cache of latents holds of a row: [T, 1, r + rope] of normed latents [T, r] and rotated shared key parts [T, rope].
at::Tensor latentRows(const at::Tensor &latent, const at::Tensor &kpe);

/// Attention of the fed rows; appends their latents where the pass says so. x [T, E] is the residual stream entering the layer.
/// @return [T, H * Dv]
/// @error Cancelled; `cache` may then hold the new rows.
Result<at::Tensor> attendLatents(LayerPass &pass, int64_t layer, LayerCache &cache, const at::Tensor &x);

} // namespace winnow
