#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/hooks.h"
#include "core/model/router.h"
#include "core/model/weights.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace winnow {

/// Where a MoE block runs and what may look in or change it.
struct MoeSite {
    const RunContext &context;
    const Hooks *hooks = nullptr;
    int64_t layer = 0;
    int64_t firstRow = 0; // row of the fed tokens that `normed` begins at
    RouterOptions options{};
};

/// sum over the chosen experts of weight * expert(x), plus the shared experts (moe-efficiency.md 3.1).
///
/// Experts run in ascending id, each on its tokens, and their outputs are added in that order, so results do not depend on
/// the thread count. Hooks see RouterLogits, ExpertIds, ExpertWeights, ExpertNorms in this order, ids ascending in every row;
/// the first three may be replaced (replaced ids are weighed by the same rule).
/// @param normed [T, E] f32 contiguous, after the norm before the feed-forward part.
/// @return       [T, E]
/// @error        Cancelled (polled between experts and between blocks of an expert's rows); BadInput when options do not fit or
///               a hook's ids are outside 0..N-1.
/// @cost         6 E d_e k FLOPs a token plus router and shared experts. Reads the weights of experts that were chosen, no others.
Result<at::Tensor> moeBlock(
    const ModelConfig &config, const MoeWeights &weights, const at::Tensor &normed, const MoeSite &site);

} // namespace winnow
