#pragma once

#include "core/base/error.h"
#include "core/base/report.h"
#include "core/base/run_context.h"
#include "core/eval/pair.h"
#include "core/model/config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

class Model; // core/model/model.h

/// Which statistics a capture must hold; the union over all methods that will read it.
struct CaptureNeeds {
    bool colSum = false; // also row entropies
    bool queryMoments = false;
    int64_t window = 0; // last query rows kept; W = max(64, window), at most N; 0 = none
    PairNeeds pair{}; // of a second, small model; captureContext leaves it alone (capturePair)

    void include(const CaptureNeeds &other);
    bool covers(const CaptureNeeds &asked) const;
};

/// One layer of a capture. All f32, contiguous, on the CPU. N context tokens, W window rows.
struct LayerCapture {
    at::Tensor keys; // [Hkv, N, D] after RoPE
    at::Tensor values; // [Hkv, N, Dv]
    at::Tensor colSum; // [H, N] sum over query rows of the attention on each key
    at::Tensor rowEntropy; // [H, N] nats
    at::Tensor winRows; // [H, W, N] attention of the last W query rows
    // Moments of the queries before RoPE. The first kHeadQueries rows are kept as they are, so that any nSink <= 64 can be
    // taken out exactly; the sums cover tokens >= kHeadQueries.
    at::Tensor headQueries; // [H, min(N, 64), D]
    at::Tensor querySum; // [H, D] f64, tokens >= 64
    at::Tensor queryOuter; // [H, D, D] f64 sum of q q^T, tokens >= 64
};

inline constexpr int64_t kHeadQueries = 64;

/// A model run once over a context: the cache and streamed statistics, never a full map. Immutable; sliders act on it.
struct Capture {
    std::string id; // content key: model hash, ids, needs
    std::shared_ptr<const Model> model; // may be null in tests
    ModelConfig config;
    std::vector<int32_t> ids; // context, N
    CaptureNeeds needs;
    int64_t window = 0; // W
    std::vector<LayerCapture> layers;
    at::Tensor lastLogits; // [V] of the last context row
    std::optional<ExpertUsage> experts; // of the context, models with experts only
    std::shared_ptr<const PairCapture> pair; // what a small model saw of the same ids, for methods of a pair
    double prefillMs = 0;
    double maxRowSumError = 0; // largest |sum of an attention row - 1| seen
    int64_t bytes = 0; // of all tensors above

    int64_t tokens() const { return static_cast<int64_t>(ids.size()); }
};

using CapturePtr = std::shared_ptr<const Capture>;

/// Runs the model once over a context and keeps its cache and the statistics asked for.
///
/// @param ids   context, at least one token.
/// @param needs union over all methods that will read the capture.
/// @error BadInput (no token, id outside the vocabulary, longer than the model's context), OutOfMemory (states predicted
///        and available bytes), Cancelled (polled between blocks of 64 rows). Progress "prefill" in layers.
/// @cost  The prefill plus about a tenth; memory N * (cache + H * W floats per layer) and one block of attention.
/// @source kv-evaluation.md 3.3.
Result<CapturePtr> captureContext(std::shared_ptr<const Model> model, std::vector<int32_t> ids, const CaptureNeeds &needs,
    const RunContext &context);

/// Bytes a capture of `tokens` will hold, before it is made.
int64_t forecastCaptureBytes(const ModelConfig &config, int64_t tokens, const CaptureNeeds &needs);

/// In place of a layer or head: the mean over all of them.
inline constexpr int64_t kMeanOfAll = -1;

/// Attention of query rows [rowBegin, rowEnd) of one query head over the keys 0..rowEnd-1, or its mean over heads, layers or both:
/// the queries are computed again from the stored cache, the map as a whole never exists.
/// @param layer, head  index, or kMeanOfAll
/// @return [rowEnd - rowBegin, rowEnd] f32
/// @error BadInput (layer, head or rows out of range, a capture without its model), Cancelled.
/// @cost  The rows once through the layers below `layer`, and their attention in every head that is meant.
Result<at::Tensor> attentionTile(const Capture &capture, int64_t layer, int64_t head, int64_t rowBegin, int64_t rowEnd,
    const RunContext &context);

} // namespace winnow
