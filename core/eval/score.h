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
    int64_t stride = 0; // 1..window - 1: windows overlap, and each but the first scores only what the one before did not have
};

/// One window read alone: sum over the predictions that are its own (window - 1 of an independent one).
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
    double sumNll = 0; // of all values
};

/// Per-token negative log-likelihood of a text under the full model.
///
/// With a stride every token but the first is scored once, by the window in which it is among the last: all windows have `window`
/// tokens and the last one ends at the last token (text-data.md 3.12). An input shorter than the window is one window then.
///
/// @error BadInput (fewer than 2 tokens, id outside the vocabulary, longer than the context, window below 2 or longer than the
///        input, stride without window or above it, top below 0 or above the vocabulary), Cancelled.
/// @cost  One pass; logits are made in chunks of rows and dropped.
Result<ScoreResult> scoreTokens(
    const Model &model, std::span<const int32_t> ids, const ScoreOptions &options, const RunContext &context);

} // namespace winnow
