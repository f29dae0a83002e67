#pragma once

#include "core/eval/capture.h"
#include "core/methods/method.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace winnow {

/// Means and covariances (divided by the count) of the queries of some heads before RoPE.
struct QueryMoments {
    at::Tensor mean; // [heads, D] f64
    at::Tensor covariance; // [heads, D, D] f64
};

/// Moments over the prompt tokens >= sinks, for all H heads. @param sinks <= kHeadQueries and below the token count.
/// @source kv-eviction-baselines.md 3.12.
QueryMoments promptMoments(const LayerCapture &layer, int64_t tokens, int64_t sinks);

/// Moments of the last rows of a DecodeRow, turned back to before RoPE, for its heads. `position` is the newest row's.
QueryMoments recentMoments(const DecodeRow &row, int64_t position, const std::vector<float> &inverse);

/// Inverse frequencies of the captured model's rotation, or of the configuration where a capture has no model.
std::vector<float> inverseFrequencies(const Capture &capture);

/// Mean of the rotations (half RoPE: channel j pairs with j + pairs) at `count` positions from `first` on.
class MeanRotation {
public:
    /// @cost Closed form: a few sines per pair, whatever the count.
    MeanRotation(const std::vector<float> &inverse, int64_t first, int64_t count);
    /// R mu and R Sigma R^T.
    QueryMoments apply(const QueryMoments &moments) const;

private:
    at::Tensor turn(const at::Tensor &rows) const; // [.., D]: each row r becomes R r
    at::Tensor m_cos, m_sin; // [pairs] f64
};

/// Keys or values of one KV head of a DecodeRow as a tensor over its memory. @return [n, D]
at::Tensor kvRows(const DecodeRow &row, const float *keysOrValues, int64_t kvHead);

} // namespace winnow
