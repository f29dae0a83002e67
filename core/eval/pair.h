#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace winnow {

class Model; // core/model/model.h
struct Capture; // core/eval/capture.h

/// A stretch of the context on which the heads of two models are compared, and how.
struct PairSpan {
    int64_t tokens = 0; // n; a context of fewer tokens is one span
    bool last = false; // the last n rows and columns as they are instead of the first n
    std::string metric{}; // name of a head similarity (core/eval/similarity.h); empty = column sums only
    int64_t skipSinks = 0; // columns left out, metric only

    friend bool operator==(const PairSpan &, const PairSpan &) = default;
};

/// What the methods of a pair read of the second, small model; the union over all that will.
struct PairNeeds {
    bool small = false; // a capture of the small model over the same ids, with the column sums of all its heads
    int64_t window = 0; // last query rows of the small model
    std::vector<PairSpan> spans;

    void include(const PairNeeds &other);
    bool covers(const PairNeeds &asked) const;
};

/// Both models over one span.
struct PairTables {
    PairSpan span; // as asked
    at::Tensor largeSums; // [L * H, n] column sums, f32
    at::Tensor smallSums; // [Ls * Hs, n]
    at::Tensor table; // [L * H, Ls * Hs] of the metric; undefined without one
    double forwardMs = 0, compareMs = 0; // of a metric: both models over the span, and the comparison
};

/// What a small model saw of the same ids as a capture of the large one. Immutable.
struct PairCapture {
    std::shared_ptr<const Capture> small;
    std::vector<PairTables> spans;
    int64_t bytes = 0; // of the tables and of `small`

    /// Null when the span was not asked for.
    const PairTables *find(const PairSpan &span) const;
};

/// Runs the small model over the ids of `large` and both over the spans.
///
/// @error Unsupported when the tokenizers differ (naming the first differing token), BadInput (a span without tokens),
///        OutOfMemory, Cancelled.
/// @cost  The small model's prefill; a span shorter than the context is run again with both models, since causal rows see only
///        columns before them.
Result<std::shared_ptr<const PairCapture>> capturePair(
    const Capture &large, std::shared_ptr<const Model> small, const PairNeeds &needs, const RunContext &context);

} // namespace winnow
