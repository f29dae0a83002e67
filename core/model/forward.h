#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/hooks.h"
#include "core/model/kv_cache.h"
#include "core/model/model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace winnow {

// ---- Pieces of a layer (model-families.md 3.3) on [rows, E] tensors. Rows need not belong to one sequence. All f32.

/// Embedding rows. @return [rows, E]; ids must lie inside the vocabulary (checkIds).
at::Tensor embedRows(const Model &model, std::span<const int32_t> ids);

/// x / sqrt(mean(x^2) + eps) * weight. x [rows, E] contiguous, weight [E]. @return [rows, E]
at::Tensor rmsNorm(const at::Tensor &x, const at::Tensor &weight, double eps);

/// Queries, keys and values of some rows before RoPE: views of one buffer [rows, (H + 2 Hkv) * D].
struct Projections {
    at::Tensor q; // [rows, H, D]
    at::Tensor k; // [rows, Hkv, D]
    at::Tensor v; // [rows, Hkv, D]
};

/// One product for all three. normed [rows, E] (after attnNorm).
/// RoPE: `const RopeRows rope = model.rope().rows(positions, model.device())` once per pass, then
/// `model.rope().rotate(p.q, rope)` and `(p.k, rope)` in place per layer.
Projections projectQkv(const Model &model, int64_t layer, const at::Tensor &normed);

/// Wo. attended [rows, H * D], query head major. @return [rows, E]
at::Tensor projectOutput(const Model &model, int64_t layer, const at::Tensor &attended);

/// x += Wo attended, in place on x [rows, E].
void addOutput(const Model &model, int64_t layer, const at::Tensor &attended, at::Tensor &x);

/// down(silu(gate f) * (up f)). normed [rows, E] (after ffnNorm). @return [rows, E]
/// @cost Works in chunks of rows: no more than 512 * 2F floats beside the result.
at::Tensor mlp(const Model &model, int64_t layer, const at::Tensor &normed);

/// x += mlp(rmsNorm(x, ffnNorm)), in place on x [rows, E] contiguous.
void addMlp(const Model &model, int64_t layer, at::Tensor &x);

/// Rows whose products with `weights` numbers take about 50 ms: work that must notice a cancel in time is cut at this many.
/// 64 to 512.
int64_t rowsPerPoll(int64_t weights);

/// Final norm. x [rows, E] residual stream leaving the last layer. @return [rows, E]
at::Tensor finalNorm(const Model &model, const at::Tensor &x);

/// Logits of already normed rows. normed [rows, E]. @return [rows, V]; 4 V bytes a row: ask for few rows.
at::Tensor headLogits(const Model &model, const at::Tensor &normed);

/// Feeds the logits of all rows to `use(firstRow, logits [n, V])` in chunks and discards them.
/// @param x residual stream leaving the last layer [rows, E]; the final norm is applied here.
/// @param chunkRows largest chunk; fewer rows where the vocabulary is so large that cancelling would come late.
/// @error Cancelled between chunks.
Result<void> forLogits(const Model &model, const at::Tensor &x,
    const std::function<void(int64_t firstRow, const at::Tensor &logits)> &use, const RunContext &context,
    int64_t chunkRows = 64);

// ---- The pass over one sequence

enum class LogitsRows { None, Last, All };

struct ForwardOptions {
    LogitsRows logits = LogitsRows::Last;
    const Hooks *hooks = nullptr; // null = none; one branch per site
    std::span<const int32_t> positions{}; // [T]; empty = continue after the largest cached position
};

struct ForwardResult {
    at::Tensor hidden; // [T, E] residual stream leaving the last layer, before the final norm
    at::Tensor logits; // [1, V] or [T, V], undefined for None
};

/// Feeds T tokens: attends to the cache and, causally, to themselves, and appends their keys and values to the cache.
///
/// @error BadInput (no token, id outside the vocabulary, positions not ascending, longer than the model's context),
///        Cancelled (between layers and blocks; the cache is then cut back to what it was).
/// @cost  Rows go through each layer in chunks; no attention map is held beyond one block of rows.
Result<ForwardResult> forward(const Model &model, std::span<const int32_t> ids, KvCache &cache, const ForwardOptions &options,
    const RunContext &context);

/// @error BadInput naming the first id outside the vocabulary, or an empty list.
Result<void> checkIds(const ModelConfig &config, std::span<const int32_t> ids);

/// @error BadInput when `tokens` exceed the model's context, with both numbers.
Result<void> checkContext(const ModelConfig &config, int64_t tokens);

} // namespace winnow
