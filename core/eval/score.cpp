#include "core/eval/score.h"

#include "core/model/forward.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {
namespace {

    Result<void> checkOptions(const ModelConfig &config, int64_t tokens, const ScoreOptions &options)
    {
        if (tokens < 2)
            return fail(ErrorCode::BadInput, "scoring needs at least 2 tokens, found " + std::to_string(tokens));
        if (options.top < 0 || options.top > config.vocab)
            return fail(ErrorCode::BadInput, "top " + std::to_string(options.top) + ": expected 0 to " + std::to_string(config.vocab));
        if (options.window != 0 && (options.window < 2 || options.window > tokens))
            return fail(ErrorCode::BadInput, "window " + std::to_string(options.window) + ": expected 2 to the "
                    + std::to_string(tokens) + " tokens of the input");
        return checkContext(config, options.window ? options.window : tokens);
    }

    void keepTop(const at::Tensor &logits, int64_t count, ScoreResult &result)
    {
        const at::Tensor row = logits.cpu().contiguous();
        const float *values = row.data_ptr<float>();
        std::vector<int32_t> order(static_cast<size_t>(row.numel()));
        std::iota(order.begin(), order.end(), 0);
        std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](int32_t a, int32_t b) {
            return values[a] != values[b] ? values[a] > values[b] : a < b;
        });
        order.resize(static_cast<size_t>(count));
        for (const int32_t id : order)
            result.topLogits.push_back(values[id]);
        result.topIds = std::move(order);
    }

    /// Scores one sequence alone; appends its T - 1 values to result.nll. Returns their sum.
    Result<double> scoreSequence(const Model &model, std::span<const int32_t> ids, int64_t top, ScoreResult &result,
        const RunContext &context)
    {
        KvCache cache(model.config(), model.device());
        auto pass = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::None}, context);
        if (!pass)
            return fail(pass.error());
        const int64_t rows = pass->hidden.size(0);
        double sum = 0;
        const auto use = [&](int64_t first, const at::Tensor &logits) {
            const at::Tensor total = at::logsumexp(logits, 1).cpu(); // [n]
            const int64_t scored = std::min(logits.size(0), rows - 1 - first);
            const at::Tensor targets = at::tensor(at::ArrayRef<int32_t>(ids.data() + first + 1, static_cast<size_t>(scored)), at::kLong);
            const at::Tensor found
                = logits.narrow(0, 0, scored).gather(1, targets.to(logits.device()).unsqueeze(1)).squeeze(1).cpu(); // [scored]
            for (int64_t r = 0; r < logits.size(0); ++r) {
                const int64_t row = first + r;
                if (row + 1 == rows) {
                    if (top > 0)
                        keepTop(logits[r], top, result);
                    break;
                }
                const double nll = total[r].item<double>() - found[r].item<double>();
                result.nll.push_back(static_cast<float>(nll));
                sum += nll;
            }
        };
        if (auto done = forLogits(model, top > 0 ? pass->hidden : pass->hidden.narrow(0, 0, rows - 1), use, context); !done)
            return fail(done.error());
        return sum;
    }

} // namespace

Result<ScoreResult> scoreTokens(
    const Model &model, std::span<const int32_t> ids, const ScoreOptions &options, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (auto valid = checkIds(model.config(), ids); !valid)
        return fail(valid.error());
    const auto tokens = static_cast<int64_t>(ids.size());
    if (auto valid = checkOptions(model.config(), tokens, options); !valid)
        return fail(valid.error());
    const int64_t window = options.window ? options.window : tokens;
    const int64_t windows = tokens / window;
    ScoreResult result;
    double total = 0;
    for (int64_t i = 0; i < windows; ++i) {
        const auto part = ids.subspan(static_cast<size_t>(i * window), static_cast<size_t>(window));
        const auto sum = scoreSequence(model, part, i + 1 == windows ? options.top : 0, result, context);
        if (!sum)
            return fail(sum.error());
        total += *sum;
        if (options.window)
            result.windows.push_back(
                WindowScore{i * window, *sum, window - 1, std::exp(*sum / static_cast<double>(window - 1))});
        if (options.window)
            context.progress("score", i + 1, windows, "windows");
    }
    result.mean = total / static_cast<double>(windows * (window - 1));
    result.perplexity = std::exp(result.mean);
    return result;
}

} // namespace winnow
