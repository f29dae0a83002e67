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

    bool overlaps(const ScoreOptions &options) { return options.stride > 0 && options.stride < options.window; }

    Result<void> checkOptions(const ModelConfig &config, int64_t tokens, const ScoreOptions &options)
    {
        if (tokens < 2)
            return fail(ErrorCode::BadInput, "scoring needs at least 2 tokens, found " + std::to_string(tokens));
        if (options.top < 0 || options.top > config.vocab)
            return fail(ErrorCode::BadInput, "top " + std::to_string(options.top) + ": expected 0 to " + std::to_string(config.vocab));
        if (options.stride != 0 && (options.stride < 0 || options.stride > options.window))
            return fail(ErrorCode::BadInput,
                "stride " + std::to_string(options.stride) + ": expected 1 to the window, " + std::to_string(options.window) + " tokens");
        if (options.window != 0 && (options.window < 2 || (options.window > tokens && !overlaps(options))))
            return fail(ErrorCode::BadInput, "window " + std::to_string(options.window) + ": expected 2 to the "
                    + std::to_string(tokens) + " tokens of the input");
        return checkContext(config, options.window ? std::min(options.window, tokens) : tokens);
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

    /// Reads one sequence alone; appends the values of its last `wanted` tokens to result.nll. Returns their sum.
    Result<double> scoreSequence(const Model &model, std::span<const int32_t> ids, int64_t wanted, int64_t top, ScoreResult &result,
        const RunContext &context)
    {
        KvCache cache(model.config(), model.device());
        auto pass = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::None}, context);
        if (!pass)
            return fail(pass.error());
        const int64_t rows = pass->hidden.size(0);
        const int64_t begin = rows - 1 - wanted; // the row that predicts the first of them
        double sum = 0;
        const auto use = [&](int64_t from, const at::Tensor &logits) {
            const int64_t first = begin + from;
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
        if (auto done = forLogits(model, pass->hidden.narrow(0, begin, wanted + (top > 0 ? 1 : 0)), use, context); !done)
            return fail(done.error());
        return sum;
    }

    /// Tokens that are read together, and how many of the last ones are scored.
    struct Window {
        int64_t first = 0, tokens = 0, scored = 0;
    };

    std::vector<Window> windowsOf(int64_t tokens, const ScoreOptions &options)
    {
        const int64_t window = options.window ? std::min(options.window, tokens) : tokens;
        std::vector<Window> windows{{0, window, window - 1}};
        if (overlaps(options)) {
            for (int64_t end = window; end < tokens;) { // the last window may score less than a stride
                const int64_t scored = std::min(options.stride, tokens - end);
                end += scored;
                windows.push_back({end - window, window, scored});
            }
            return windows;
        }
        for (int64_t first = window; first + window <= tokens; first += window)
            windows.push_back({first, window, window - 1});
        return windows;
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
    ScoreResult result;
    const std::vector<Window> windows = windowsOf(tokens, options);
    for (const Window &window : windows) {
        const auto part = ids.subspan(static_cast<size_t>(window.first), static_cast<size_t>(window.tokens));
        const bool last = &window == &windows.back();
        const auto sum = scoreSequence(model, part, window.scored, last ? options.top : 0, result, context);
        if (!sum)
            return fail(sum.error());
        result.sumNll += *sum;
        if (options.window == 0)
            continue;
        result.windows.push_back(
            WindowScore{window.first, *sum, window.scored, std::exp(*sum / static_cast<double>(window.scored))});
        context.progress("score", std::ssize(result.windows), std::ssize(windows), "windows");
    }
    result.mean = result.sumNll / static_cast<double>(result.nll.size());
    result.perplexity = std::exp(result.mean);
    return result;
}

} // namespace winnow
