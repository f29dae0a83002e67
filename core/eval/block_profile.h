#pragma once

#include "core/base/error.h"
#include "core/base/iam_plan.h"
#include "core/base/run_context.h"
#include "core/methods/parameters.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace winnow {

class Model; // core/model/model.h

/// How much worse the prediction gets when one block of layers is mapped (iam.md 3 step 1).
struct BlockProfile {
    LayerProfile delta{}; // nats per token; NaN for blocks without layers
    double fullNll = 0; // of the same rows
    int64_t segments = 0;
    int64_t rows = 0; // scored, over all segments
};

/// The published sizes of a calibration: 8 segments of 512 tokens, heads matched on the first 200 of each.
inline constexpr int64_t kProfileSegments = 8, kProfileTokens = 512, kProfileSpan = 200;

/// Maps block after block of a pair on calibration segments.
///
/// @param segments Each longer than `span` + 1 tokens: the first `span` are matched on, the others scored.
/// @param parameters Of the method iam; layerRule, layers, evict and what a context pass needs are set here.
/// @error Unsupported (tokenizers that differ), BadInput (no segment, one that is too short), as captureContext, capturePair and evaluate; Cancelled.
/// @cost  Eleven passes over the scored rows of each segment, batched.
Result<BlockProfile> blockProfile(const std::shared_ptr<const Model> &large, const std::shared_ptr<const Model> &small,
    const std::vector<std::vector<int32_t>> &segments, int64_t span, const Json &parameters, const RunContext &context);

/// Pearson correlation of two profiles over the blocks both have: how alike two tasks or texts judge the layers.
/// NaN when one of them is flat or fewer than two blocks are common.
double profileCorrelation(const LayerProfile &a, const LayerProfile &b);

/// Stretches of `tokens` ids without overlap from the start, at most `count`; a shorter rest is left out.
std::vector<std::vector<int32_t>> profileSegments(const std::vector<int32_t> &ids, int64_t tokens, int64_t count);

} // namespace winnow
