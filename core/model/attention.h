#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/hooks.h"
#include "core/model/kv_cache.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace winnow {

/// Streamed statistics of causal attention over one sequence without a past: T query rows, S = T keys. Each tensor may be
/// undefined (= not wanted); the caller provides them zeroed. Filled block by block, no map is kept.
struct AttentionStatistics {
    at::Tensor colSum; // [H, S] sum over query rows
    at::Tensor rowEntropy; // [H, T] nats
    at::Tensor winRows; // [H, W, S] the last W query rows
    double maxRowSumError = 0; // largest |sum of a row - 1|

    bool wanted() const { return colSum.defined() || rowEntropy.defined() || winRows.defined(); }
};

/// Where a pass looks in while attention runs.
struct AttentionProbe {
    AttentionStatistics *statistics = nullptr;
    const Hooks *hooks = nullptr;
    int64_t layer = 0;
};

/// Scores of the last rows of a cache against it: softmax(q K^T / sqrt(D)) V, causal by position among the new rows.
///
/// The G query heads of a KV head are one product; K and V are not expanded; keys behind a block of rows are skipped.
/// @param queries [T, H, D] after RoPE, contiguous heads; their keys are the newest T slots of every head of `cache`.
/// @return        [T, H * D]
/// @error         Cancelled (polled once per block).
/// @cost          2 * 2 * H * D multiply-adds per visible pair, plus half a block of hidden ones per row; scratch [G * rows, S].
Result<at::Tensor> attend(
    const at::Tensor &queries, const LayerCache &cache, const AttentionProbe &probe, const RunContext &context);

/// Attention weights of rows [rowBegin, rowEnd) of one query head over keys [S, D] of its KV head, causal: row t sees s <= t.
/// @param queries [rows, D] after RoPE, rows rowBegin..rowEnd-1. @return [rows, S]
at::Tensor attentionRows(const at::Tensor &queries, const at::Tensor &keys, int64_t rowBegin);

} // namespace winnow
