#include "core/serve/forecast_json.h"

#include "core/eval/evaluate_pass.h"
#include "core/model/device.h"
#include "core/model/model.h"

#include <algorithm>

namespace winnow {
namespace {

    /// Rows scored under a plan, as evaluations take them by default.
    constexpr int64_t kContinuation = 128;

    int64_t totalBytes(const ModelConfig &config, int64_t tokens, Residency residency, const at::Device &device)
    {
        return forecastMemory(config, tokens, residency, device).totalBytes();
    }

    /// The longest context that fits; 0 when not even one token does.
    int64_t mostTokens(const ModelConfig &config, int64_t tokens, Residency residency, const at::Device &device, int64_t available)
    {
        int64_t fits = 0, tooLong = tokens + 1;
        while (tooLong - fits > 1) {
            const int64_t middle = fits + (tooLong - fits) / 2;
            (totalBytes(config, middle, residency, device) <= available ? fits : tooLong) = middle;
        }
        return fits;
    }

    /// What could be done instead: weights as the file has them, fewer tokens. The first is the best.
    Json plans(const ModelConfig &config, int64_t tokens, Residency residency, const at::Device &device, int64_t available)
    {
        Json list = Json::array();
        for (const Residency other : {Residency::Stored, Residency::Dense}) {
            if (other == Residency::Dense && residency == Residency::Stored)
                continue; // never smaller than what did not fit
            if (other == Residency::Stored && !device.is_cpu())
                continue; // only the CPU multiplies with them
            const int64_t most = mostTokens(config, tokens, other, device, available);
            if (most > 0)
                list.push_back({{"weights", other == Residency::Stored ? "file" : "f32"}, {"tokens", most},
                    {"totalBytes", totalBytes(config, most, other, device)}});
        }
        return list;
    }

} // namespace

Json forecastJson(const ModelConfig &config, int64_t tokens, Residency residency, const at::Device &device)
{
    const MemoryForecast forecast = forecastMemory(config, tokens, residency, device);
    const int64_t available = availableMemoryBytes(device);
    const bool fits = forecast.totalBytes() <= available;
    const int64_t rows = std::min(kContinuation, tokens);
    const auto evaluation = LayerMajorPass::memory(config, tokens, rows, rows);
    Json json{{"tokens", tokens}, {"fileBytes", forecast.fileBytes}, {"weightBytes", forecast.weightBytes},
        {"cacheBytes", forecast.cacheBytes}, {"workBytes", forecast.workBytes}, {"totalBytes", forecast.totalBytes()},
        {"captureBytes", forecastCaptureBytes(config, tokens, CaptureNeeds{.colSum = true, .queryMoments = true, .window = 64})},
        {"sweepBytes", evaluation.shared + evaluation.perCell}, {"availableBytes", available}, {"fits", fits}};
    if (!fits)
        json["plans"] = plans(config, tokens, residency, device, available);
    return json;
}

} // namespace winnow
