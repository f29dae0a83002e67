#include "core/eval/small_alone.h"

#include "core/eval/evaluate_series.h"
#include "core/eval/metrics_rows.h"
#include "core/eval/pair.h"
#include "core/model/forward.h"

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <span>

namespace winnow {
namespace {

    /// Rows whose logits of both models are held at a time.
    constexpr int64_t kRows = 32;

    /// The residual stream of a model behind the last layer, for rows that follow a captured context. @return [T, E]
    Result<at::Tensor> hiddenRows(const Capture &capture, std::span<const int32_t> fed, const RunContext &context)
    {
        const Model &model = *capture.model;
        if (auto fits = checkRopeSwitch(model, capture.tokens(), capture.tokens() + static_cast<int64_t>(fed.size())); !fits)
            return fail(fits.error());
        KvCache cache(model.config(), model.device());
        for (int64_t l = 0; l < capture.config.layers; ++l) {
            const LayerCapture &layer = capture.layers[static_cast<size_t>(l)];
            cache.layer(l).adopt(layer.keys.to(model.device()).clone(), layer.values.to(model.device()).clone());
        }
        cache.fed(capture.ids, positionsFrom(0, capture.tokens()));
        auto pass = forward(model, fed, cache, ForwardOptions{.logits = LogitsRows::None}, context);
        if (!pass)
            return fail(pass.error());
        return pass->hidden;
    }

    /// Logits of some rows, cut to the rows of the vocabulary both models have.
    at::Tensor logitsOf(const Model &model, const at::Tensor &hidden, int64_t first, int64_t count, int64_t vocab)
    {
        return headLogits(model, finalNorm(model, hidden.narrow(0, first, count))).narrow(1, 0, vocab).cpu().contiguous();
    }

} // namespace

Result<CellResult> evaluateSmall(const Capture &capture, const std::vector<int32_t> &continuation, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (!capture.pair || !capture.pair->small || !capture.model || !capture.pair->small->model)
        return fail(ErrorCode::BadInput, "the capture was made without a small model", "capture the input with one");
    if (continuation.size() < 2)
        return fail(ErrorCode::BadInput, "the continuation has " + std::to_string(continuation.size()) + " tokens, at least 2 are needed");
    const auto fed = std::span(continuation).first(continuation.size() - 1);
    const Model &large = *capture.model, &small = *capture.pair->small->model;
    auto largeRows = hiddenRows(capture, fed, context);
    auto smallRows = largeRows ? hiddenRows(*capture.pair->small, fed, context) : largeRows;
    if (!smallRows)
        return fail(smallRows.error());
    const int64_t vocab = std::min(large.config().vocab, small.config().vocab), rows = static_cast<int64_t>(fed.size());
    CellResult result;
    result.series = sizedSeries(rows, false);
    result.series.lostMass.clear();
    for (int64_t first = 0; first < rows; first += kRows) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "evaluation cancelled");
        const int64_t count = std::min(kRows, rows - first);
        const at::Tensor full = logitsOf(large, *largeRows, first, count, vocab);
        const at::Tensor own = logitsOf(small, *smallRows, first, count, vocab);
        ReferenceRows reference(count, vocab);
        for (int64_t r = 0; r < count; ++r) {
            const auto rowOf = [&](const at::Tensor &logits) {
                return std::span<const float>(logits.const_data_ptr<float>() + r * vocab, static_cast<size_t>(vocab));
            };
            reference.set(r, rowOf(full));
            putRow(result.series, first + r, scoreRow(rowOf(own), reference, r, continuation[static_cast<size_t>(first + r) + 1]));
        }
    }
    result.metrics = seriesMetrics(result.series, {});
    result.metrics.erase("lostMass");
    result.metrics.erase("massRecall");
    return result;
}

} // namespace winnow
