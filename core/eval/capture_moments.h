#pragma once

#include "core/eval/capture.h"

namespace winnow {

/// Moments of all query rows of a layer before RoPE, q [N, H, D]: the first kHeadQueries rows as they are, sums over the others.
void keepQueryMoments(const at::Tensor &q, LayerCapture &layer);

} // namespace winnow
