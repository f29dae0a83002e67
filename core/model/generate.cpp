#include "core/model/generate.h"

#include "core/model/forward.h"

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

namespace winnow {

TokenChooser::TokenChooser(double temperature, uint64_t seed)
    : m_temperature(temperature)
    , m_random(seed)
{
}

int32_t TokenChooser::choose(const at::Tensor &logits)
{
    const at::Tensor values = logits.cpu().contiguous();
    const float *begin = values.data_ptr<float>();
    const float *end = begin + values.numel();
    const float *top = std::max_element(begin, end); // the first of equals
    if (m_temperature <= 0)
        return static_cast<int32_t>(top - begin);
    std::vector<double> cumulative(static_cast<size_t>(values.numel()));
    double sum = 0;
    for (size_t i = 0; i < cumulative.size(); ++i) {
        sum += std::exp((static_cast<double>(begin[i]) - static_cast<double>(*top)) / m_temperature);
        cumulative[i] = sum;
    }
    // 53 random bits as a number in [0, 1): the same on every standard library, unlike uniform_real_distribution.
    const double uniform = static_cast<double>(m_random() >> 11) * 0x1.0p-53;
    const auto chosen = std::upper_bound(cumulative.begin(), cumulative.end(), uniform * sum);
    return static_cast<int32_t>(std::min<std::ptrdiff_t>(chosen - cumulative.begin(), values.numel() - 1));
}

Result<Generated> generate(const Model &model, KvCache &cache, const at::Tensor &lastLogits, const GenerateOptions &options,
    const TokenSink &sink, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (options.temperature < 0 || !std::isfinite(options.temperature))
        return fail(ErrorCode::BadInput, "temperature " + std::to_string(options.temperature) + ": expected 0 or more");
    if (auto fits = checkContext(model.config(), cache.nextPosition() + options.maxNew - 1); !fits)
        return fail(fits.error());
    std::vector<int32_t> endIds;
    if (options.endTokens == EndTokens::Stop && model.tokenizer())
        endIds = model.tokenizer()->endIds();
    TokenChooser chooser(options.temperature, options.seed);
    Generated result;
    at::Tensor logits = lastLogits;
    while (static_cast<int64_t>(result.ids.size()) < options.maxNew) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled after " + std::to_string(result.ids.size()) + " new tokens");
        const int32_t id = chooser.choose(logits);
        if (std::find(endIds.begin(), endIds.end(), id) != endIds.end()) {
            result.ended = true;
            break;
        }
        result.ids.push_back(id);
        if (sink)
            sink(id);
        context.progress("generate", static_cast<int64_t>(result.ids.size()), options.maxNew, "tokens");
        if (static_cast<int64_t>(result.ids.size()) == options.maxNew)
            break;
        auto step = forward(model, std::span(&id, 1), cache, ForwardOptions{}, context);
        if (!step)
            return fail(step.error());
        logits = step->logits[0];
    }
    return result;
}

Result<Generated> generate(const Model &model, std::span<const int32_t> prompt, const GenerateOptions &options,
    const TokenSink &sink, const RunContext &context)
{
    const c10::InferenceMode inference;
    if (auto fits = checkContext(model.config(), static_cast<int64_t>(prompt.size()) + options.maxNew - 1); !fits)
        return fail(fits.error());
    KvCache cache(model.config(), model.device());
    cache.reserve(static_cast<int64_t>(prompt.size()) + options.maxNew);
    auto prefilled = forward(model, prompt, cache, ForwardOptions{}, context);
    if (!prefilled)
        return fail(prefilled.error());
    return generate(model, cache, prefilled->logits[0], options, sink, context);
}

} // namespace winnow
