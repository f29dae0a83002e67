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

// ---- Pieces of a layer (model-families.md 3.3) on [rows, E] tensors, for every family. Rows need not belong to one sequence.
// A layer is attentionInput, projectQkv, model.rope().rotate (queries and keys), attention, finishLayer. All f32.

/// Consecutive positions, for passes that feed a piece of a sequence.
std::vector<int32_t> positionsFrom(int64_t first, int64_t count);

/// Embedding rows with their scale, plus learned positions where the family has them. @return [rows, E]
/// @param ids inside the vocabulary (checkIds). @param positions inside the context (checkContext).
at::Tensor embedRows(const Model &model, std::span<const int32_t> ids, std::span<const int32_t> positions);

/// x / sqrt(mean(x^2) + eps) * weight. x [rows, E] contiguous, weight [E]. @return [rows, E]
at::Tensor rmsNorm(const at::Tensor &x, const at::Tensor &weight, double eps);

/// The family's norm; x itself where it has none. x [rows, E] contiguous.
at::Tensor applyNorm(const ModelConfig &config, const at::Tensor &x, const NormWeights &norm);

/// What the projections of a layer read. x [rows, E] is the residual stream entering it.
at::Tensor attentionInput(const Model &model, int64_t layer, const at::Tensor &x);

/// Queries, keys and values of some rows before RoPE; rows of one buffer but for latent attention.
struct Projections {
    at::Tensor q; // [rows, H, D]
    at::Tensor k; // [rows, Hkv, D]
    at::Tensor v; // [rows, Hkv, Dv]
};

/// The same on the CPU, for what continues there beside a captured cache; nothing is copied when they are there.
Projections onCpu(const Projections &parts);

/// Projections with bias, norm of queries and keys, and clipping. normed [rows, E] = attentionInput(x).
/// RoPE: `const RopeRows rope = model.rope().rows(positions, model.device())` once per pass, then
/// `model.rope().rotate(layer, p.q, rope)` and `(layer, p.k, rope)` in place.
Projections projectQkv(const Model &model, int64_t layer, const at::Tensor &normed);

/// All of a layer behind attention, in place on x [rows, E]: output projection, feed-forward part or experts, with post norms,
/// residual scale or parallel branches as the family has them.
///
/// @param attended [rows, H * Dv], query head major.
/// @error Cancelled, polled between chunks of rows; BadInput when a hook replaced experts by unknown ones.
Result<void> finishLayer(const Model &model, int64_t layer, const at::Tensor &attended, at::Tensor &x, const RunContext &context,
    const Hooks *hooks = nullptr);

/// Rows whose products with `weights` numbers take about 50 ms: work that must notice a cancel in time is cut at this many.
/// 64 to 512.
int64_t rowsPerPoll(int64_t weights);

/// Final norm. x [rows, E] residual stream leaving the last layer. @return [rows, E]
at::Tensor finalNorm(const Model &model, const at::Tensor &x);

/// Logits of already normed rows, scaled and capped as the family does. normed [rows, E].
/// @return [rows, V]; 4 V bytes a row: ask for few rows.
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
/// When the sequence grows beyond ModelRope::switchLength (LongRope), everything in the cache is computed again first, as a pass
/// over the whole sequence would have it; hooks see the new rows only.
/// @error BadInput (no token, id outside the vocabulary, positions not ascending, longer than the model's context),
///        Unsupported (such a cache lacks slots that a plan took out), Cancelled (between layers and blocks; the cache is then
///        what it was).
/// @cost  Rows go through each layer in chunks; no attention map is held beyond one block of rows.
Result<ForwardResult> forward(const Model &model, std::span<const int32_t> ids, KvCache &cache, const ForwardOptions &options,
    const RunContext &context);

/// @error BadInput naming the first id outside the vocabulary, or an empty list.
Result<void> checkIds(const ModelConfig &config, std::span<const int32_t> ids);

/// @error BadInput when `tokens` exceed the model's context, with both numbers.
Result<void> checkContext(const ModelConfig &config, int64_t tokens);

/// For work that grows a prepared cache from `before` to `after` tokens without making it again.
/// @error Unsupported when the model rotates sequences of the two lengths differently (LongRope).
Result<void> checkRopeSwitch(const Model &model, int64_t before, int64_t after);

} // namespace winnow
