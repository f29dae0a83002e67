#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/config.h"
#include "core/model/hooks.h"
#include "core/model/kv_cache.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

namespace winnow {

/// Streamed statistics of causal attention over one sequence without a past: T query rows, S = T keys. Each tensor may be
/// undefined (= not wanted); the caller provides them zeroed. Filled block by block, no map is kept.
struct AttentionStatistics {
    at::Tensor colSum; // [H, S] sum over query rows
    at::Tensor rowEntropy; // [H, T] nats
    at::Tensor winRows; // [H, W, S] the last W query rows
    double maxRowSumError = 0; // largest |sum of a row - 1|
    double columnMs = 0; // CPU: softmax of the rows whose columns were added up; both happen while a row is in the cache

    bool wanted() const { return colSum.defined() || rowEntropy.defined() || winRows.defined(); }
};

/// How one layer turns products of queries and keys into scores (model-families.md 3.3, 3.5).
struct ScoreRule {
    double scale = 1; // of q k
    double cap = 0; // cap * tanh(score / cap) before the mask; 0 = none
    int64_t window = 0; // position s is seen from t iff s <= t and t - s < window; 0 = all

    static ScoreRule of(const ModelConfig &config, int64_t layer);
    /// First position that is seen from `position`.
    int64_t firstSeen(int64_t position) const { return window > 0 ? std::max<int64_t>(0, position - window + 1) : 0; }
    float capped(float score) const;
};

/// Query rows that attention takes together. On the CPU 64 to 128 keep the scores of one KV head in the second-level cache, and
/// more waste products on keys the causal mask hides; a GPU takes all heads at once, and as many rows as 128 MB of scores are.
inline int64_t attentionBlockRows(const at::Device &device, int64_t heads, int64_t slots)
{
    constexpr int64_t kScores = int64_t{1} << 25;
    return device.is_cpu() ? 64 : std::clamp<int64_t>(kScores / std::max<int64_t>(1, heads * slots), 32, 512);
}

/// Where a pass looks in while attention runs.
struct AttentionProbe {
    AttentionStatistics *statistics = nullptr;
    const Hooks *hooks = nullptr;
    int64_t layer = 0;
};

/// Scores of the last rows of a cache against it: softmax(cap(scale q K^T)) V, causal by position among the new rows.
///
/// The G query heads of a KV head are one product; K and V are not expanded; keys behind a block of rows, and those before its
/// window, are skipped. Windows count original positions, whatever slots are left. Where the cache is bf16 or f16, scaled queries
/// and weights are rounded to that as well; scores, softmax, statistics and sums are f32.
/// @param queries [T, H, D] after RoPE, contiguous heads; their keys are the newest T slots of every head of `cache`.
/// @return        [T, H * Dv]
/// @error         Cancelled (polled once per block).
/// @cost          2 * H * (D + Dv) multiply-adds per visible pair, plus half a block of hidden ones per row; scratch [G * rows, S].
Result<at::Tensor> attend(const at::Tensor &queries, const LayerCache &cache, const ScoreRule &rule, const AttentionProbe &probe,
    const RunContext &context);

/// What `attend` does where the cache is not on the CPU: the same sums as at:: operators.
Result<at::Tensor> attendOperators(const at::Tensor &queries, const LayerCache &cache, const ScoreRule &rule,
    const AttentionProbe &probe, const RunContext &context);

/// Attention weights of rows [rowBegin, rowEnd) of one query head over keys [S, D] of its KV head, key s at position s: row t sees
/// s <= t, and no more than the window.
/// @param queries [rows, D] after RoPE, rows rowBegin..rowEnd-1. @return [rows, S]
at::Tensor attentionRows(const at::Tensor &queries, const at::Tensor &keys, const ScoreRule &rule, int64_t rowBegin);

} // namespace winnow
