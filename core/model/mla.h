#pragma once

#include "core/model/config.h"
#include "core/model/forward.h"
#include "core/model/weights.h"

#include <ATen/core/Tensor.h>

namespace winnow {

// Multi-head latent attention (model-families.md 3.5; arXiv:2405.04434 section 2.1): keys and values of all heads come from one
// latent of r channels; a rotated key part of `rope` channels is one for all heads. Queries and keys are [nope | rope].

/// What the projections of some rows give before RoPE.
struct MlaProjections {
    at::Tensor q; // [rows, H, nope + rope]
    at::Tensor latent; // [rows, r], normed: what a latent cache holds
    at::Tensor kpe; // [rows, rope]
};

/// normed [rows, E] (after attnNorm).
MlaProjections mlaProject(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &normed);

/// Keys and values of all heads from latents. Pass `kpe` as it is (RoPE comes later, on the last `rope` channels of every
/// head) or already rotated. @return k [rows, H, nope + rope] contiguous, v [rows, H, value] (a view)
void mlaExpand(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &latent, const at::Tensor &kpe,
    Projections &heads);

/// Both of the above: queries, keys and values as any other attention has them, before RoPE.
Projections mlaProjections(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &normed);

// ---- The absorbed form: keys are never expanded, each query is brought into the latent space instead.

/// q [rows, H, nope + rope] after RoPE -> [rows, H, r + rope]; its product with [latent | kpe] is the product with the head's key.
at::Tensor mlaAbsorbQueries(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &q);

/// Weighted latents of each head [rows, H, r] -> weighted values [rows, H * value].
at::Tensor mlaExpandValues(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &attended);

/// Causal attention of the newest rows over latents, without expanding them.
/// @param q       [rows, H, nope + rope] after RoPE; their keys are the last `rows` of the S rows below.
/// @param latents [S, r + rope]: normed latent, then the shared key part after RoPE.
/// @return        [rows, H * value]; equal to attention over expanded keys and values up to rounding.
/// @cost          2 (2 r + rope) FLOPs a pair and head instead of 2 (nope + rope + value), but S (r + rope) numbers read
///                instead of S H (nope + rope + value). Scratch [H, rows, S]: meant for decode.
at::Tensor mlaAttend(const ModelConfig &config, const MlaWeights &weights, const at::Tensor &q, const at::Tensor &latents);

/// 0.1 m ln(factor) + 1, or 1 when factor <= 1. @source arXiv:2309.00071 section 3.4 with DeepSeek's m.
double yarnMagnitude(double factor, double m);

/// Scale of q k under YaRN: magnitude(factor, mscaleAllDim)^2 / sqrt(headDim); mscaleAllDim = 0 leaves 1/sqrt(headDim).
double yarnScoreScale(double headDim, double factor, double mscaleAllDim);

} // namespace winnow
