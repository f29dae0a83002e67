#pragma once

#include "core/eval/capture.h"
#include "core/methods/method.h"
#include "core/model/rope.h"

#include <ATen/core/Tensor.h>

#include <vector>

namespace winnow {

/// Means and covariances (divided by the count) of the queries of some heads before RoPE.
struct QueryMoments {
    at::Tensor mean; // [heads, D] f64
    at::Tensor covariance; // [heads, D, D] f64

    /// Of the heads [first, first + count).
    QueryMoments heads(int64_t first, int64_t count) const;
};

/// Moments over the prompt tokens >= sinks, for all H heads. @param sinks <= kHeadQueries and below the token count.
/// @source kv-eviction-baselines.md 3.12.
QueryMoments promptMoments(const LayerCapture &layer, int64_t tokens, int64_t sinks);

/// How one layer turns its queries: the channels of each pair, their frequencies for a sequence, the scale of what is turned.
/// No pairs where the layer has no rotation.
struct LayerRotation {
    std::vector<float> inverse; // [pairs]
    std::vector<RopePair> pairs;
    double rowScale = 1;

    /// Of a captured layer. Future positions are turned as the context is: LongRope chooses its factors by the context.
    static LayerRotation of(const Capture &capture, int64_t layer);
};

/// Moments of the last rows of a DecodeRow, turned back to before RoPE, for its heads. `position` is the newest row's.
QueryMoments recentMoments(const DecodeRow &row, int64_t position, const LayerRotation &rotation);

/// Mean of the rotations at `count` positions from `first` on.
class MeanRotation {
public:
    /// @cost Closed form: a few sines per pair, whatever the count.
    MeanRotation(LayerRotation rotation, int64_t first, int64_t count);
    /// R mu and R Sigma R^T.
    QueryMoments apply(const QueryMoments &moments) const;

private:
    at::Tensor turn(const at::Tensor &columns) const; // [.., D, n]: each column c becomes R c
    LayerRotation m_rotation;
    std::vector<double> m_cos, m_sin; // [pairs]
};

/// Keys or values of one KV head of a DecodeRow as a tensor over its memory. @return [n, D], [n, Dv]
at::Tensor keyRows(const DecodeRow &row, int64_t kvHead);
at::Tensor valueRows(const DecodeRow &row, int64_t kvHead);

} // namespace winnow
