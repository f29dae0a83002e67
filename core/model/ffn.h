#pragma once

#include "core/model/weights.h"

#include <ATen/core/Tensor.h>

namespace winnow {

/// down(act(gate f) * (up f)), or down(act(up f)) when the family is not gated; of a dense layer, one expert or a shared expert.
///
/// @param normed [rows, E] f32 contiguous, after the norm before the feed-forward part.
/// @return       [rows, E]
/// @cost Works in chunks of 256 rows: one chunk of [256, 2 F] and one of [256, F] beside the result. F is read off the weights.
at::Tensor ffn(const ModelConfig &config, const FfnWeights &weights, const at::Tensor &normed);

/// sum [rows, E] += ffn(normed), without a tensor for the result.
void addFfn(const ModelConfig &config, const FfnWeights &weights, const at::Tensor &normed, at::Tensor &sum);

} // namespace winnow
