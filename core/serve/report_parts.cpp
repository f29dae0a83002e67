#include "core/serve/report_parts.h"

#include "core/model/device.h"
#include "core/serve/machine.h"
#include "gpu/device.h"

#include <filesystem>

namespace winnow {

Json modelJson(const ModelConfig &config)
{
    return {{"name", config.name}, {"family", config.family}, {"layers", config.layers}, {"heads", config.heads},
        {"kvHeads", config.kvHeads}, {"headDim", config.headDim}, {"vocab", config.vocab}};
}

int64_t fileSize(const std::string &path)
{
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    return error ? 0 : int64_t(size);
}

Savings planSavings(const CacheBytes &bytes)
{
    Savings savings;
    savings.fullBytes = bytes.full;
    savings.nominalBytes = bytes.nominal;
    savings.nativeBytes = bytes.native;
    savings.unfoldedBytes = bytes.unfolded;
    savings.metadataBytes = bytes.metadata;
    savings.forecastNativeBytes = bytes.native;
    savings.forecastAllocatedBytes = bytes.stored;
    if (bytes.slmCache > 0) {
        savings.slmCacheBytes = bytes.slmCache;
        savings.slmWeightsBytes = bytes.slmWeights;
    }
    savings.effectiveRatio = bytes.effectiveRatio();
    return savings;
}

Json budgetJson(const Budget &asked, const PlannedCell &cell, int64_t tokens)
{
    int64_t kept = 0;
    for (int64_t layer = 0; layer < cell.plan.kept.layers; ++layer) {
        for (int64_t head = 0; head < cell.plan.kept.heads; ++head)
            kept += cell.plan.kept.countKept(layer, head);
    }
    const auto sets = double(std::max<int64_t>(1, cell.plan.kept.layers * cell.plan.kept.heads));
    Json json{{"asked", budgetText(asked)}, {"tokens", cell.count}, {"fraction", double(cell.count) / double(tokens)},
        {"nominalBytes", cell.bytes.nominal}, {"nativeBytes", cell.bytes.native}, {"metTokens", double(kept) / sets},
        {"metFraction", double(kept) / sets / double(tokens)}, {"inactive", cell.plan.inactive}};
    if (cell.meaning == BudgetMeaning::ReplacedLayers) { // every token stays in sight, in some layers by its value alone
        json["tokens"] = tokens;
        json["layers"] = cell.count;
        json["fraction"] = double(cell.count) / double(std::max<int64_t>(1, cell.plan.kept.layers));
    }
    return json;
}

RunClock::RunClock()
    : m_started(nowText())
    , m_began(std::chrono::steady_clock::now())
{
}

Json RunClock::provenance(int threads, int64_t seed, const std::string &device) const
{
    const double wallMs
        = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - m_began).count();
    Json json{{"version", versionText()}, {"commit", commitText()}, {"machine", machineText()}, {"threads", threads},
        {"seed", seed}, {"started", m_started}, {"wallMs", wallMs}, {"peakRssBytes", highestResidentBytes()}};
    if (const auto chosen = chooseDevice(device.empty() ? "cpu" : device); chosen && !chosen->is_cpu()) {
        json["gpu"] = gpu::deviceName(chosen->index());
        json["peakDeviceBytes"] = peakDeviceBytes(*chosen);
    }
    return json;
}

} // namespace winnow
