#include "core/serve/forecast_json.h"

#include "core/eval/evaluate_pass.h"
#include "core/model/device.h"
#include "core/model/model.h"
#include "gpu/dequantise.h"

#include <algorithm>
#include <vector>

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

    /// One way to hold a model.
    struct Placed {
        ElementType elements;
        Residency residency;
    };

    /// Ways that take fewer bytes for weights than the asked one, the least change first: as asked but shorter, the weights as the
    /// file has them, numbers of two bytes, both.
    std::vector<Placed> waysToHold(const ModelConfig &config, Residency residency)
    {
        std::vector<Placed> ways;
        for (const ElementType type : {config.elementType, ElementType::Bf16}) {
            for (const Residency other : {Residency::Stored, Residency::Dense}) {
                const bool asked = type == config.elementType && other == residency;
                const bool larger = type == config.elementType && other == Residency::Dense && !asked;
                const bool known = std::any_of(ways.begin(), ways.end(), [&](const Placed &way) { return way.elements == type && way.residency == other; });
                if (!larger && !known)
                    ways.push_back({type, other});
            }
        }
        return ways;
    }

    /// What could be done instead. The first is the best: all tokens as the file has the weights, if that fits.
    Json plans(ModelConfig config, int64_t tokens, Residency residency, const at::Device &device, int64_t available)
    {
        Json list = Json::array();
        for (const Placed &way : waysToHold(config, residency)) {
            config.elementType = way.elements;
            if (way.residency == Residency::Stored && !device.is_cpu() && !gpu::dequantiseKernelAvailable())
                continue;
            const int64_t most = mostTokens(config, tokens, way.residency, device, available);
            if (most > 0)
                list.push_back({{"weights", way.residency == Residency::Stored ? "file" : std::string(nameOf(way.elements))},
                    {"dtype", nameOf(way.elements)}, {"tokens", most}, {"totalBytes", totalBytes(config, most, way.residency, device)}});
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
