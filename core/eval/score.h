#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/model.h"

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

struct ScoreOptions {
    int64_t top = 0; // K largest logits of the last position
    int64_t window = 0; // > 0: independent windows of this many tokens, no overlap, the tail is dropped
};

/// One window scored alone: sum over its window - 1 predictions.
struct WindowScore {
    int64_t first = 0; // index of its first token
    double sumNll = 0;
    int64_t count = 0;
    double perplexity = 0;
};

struct ScoreResult {
    std::vector<float> nll; // [T - 1]: nll[t] scores ids[t + 1] given ids[0..t], nats; with windows: theirs one after the other
    double mean = 0;
    double perplexity = 0;
    std::vector<int32_t> topIds; // descending logit, lower id first among equals
    std::vector<float> topLogits;
    std::vector<WindowScore> windows;
};

/// Per-token negative log-likelihood of a text under the full model.
///
/// @error BadInput (fewer than 2 tokens, id outside the vocabulary, longer than the context, window below 2 or longer than the
///        input, top below 0 or above the vocabulary), Cancelled.
/// @cost  One pass; logits are made in chunks of rows and dropped.
Result<ScoreResult> scoreTokens(
    const Model &model, std::span<const int32_t> ids, const ScoreOptions &options, const RunContext &context);

} // namespace winnow
