#include "core/base/iam_plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

namespace winnow {

namespace {

constexpr double kEdgeShare = 0.2;

int64_t roundHalfUp(double value)
{
    return int64_t(std::floor(value + 0.5));
}

double keyBytesPerToken(const DecoderSizes &sizes, double elementBytes)
{
    return double(sizes.kvHeads) * double(sizes.headDim) * elementBytes;
}

double projectionFlop(const DecoderSizes &sizes)
{
    // 2*E*H*D + 2*E*Hkv*D: Wq and Wk, which cost as much as Wo and Wv
    return 2.0 * double(sizes.hidden) * double(sizes.headDim) * double(sizes.heads + sizes.kvHeads);
}

double scoreFlop(const DecoderSizes &sizes)
{
    return 2.0 * double(sizes.heads) * double(sizes.headDim); // times S
}

std::string_view trimmed(std::string_view text)
{
    const size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<int64_t> wholeNumber(std::string_view text)
{
    const std::string_view digits = trimmed(text);
    int64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return digits.empty() || read.ec != std::errc() || read.ptr != digits.data() + digits.size() || digits.front() == '-' ? std::nullopt : std::optional(value);
}

} // namespace

Result<std::vector<int64_t>> parseLayerList(std::string_view text, int64_t layers)
{
    std::vector<int64_t> chosen;
    while (!trimmed(text).empty()) {
        const size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
        const size_t dash = part.find('-');
        const auto first = wholeNumber(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : wholeNumber(part.substr(dash + 1));
        if (!first || !last || *first > *last || *last >= layers)
            return fail(ErrorCode::BadInput, "list of layers: expected layers and ranges of 0 to " + std::to_string(layers - 1) + ", found \"" + std::string(trimmed(part)) + "\"",
                "Write it like 6, 7, 22-27.");
        for (int64_t layer = *first; layer <= *last; ++layer)
            chosen.push_back(layer);
    }
    std::sort(chosen.begin(), chosen.end());
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

std::string layerListText(std::span<const int64_t> ascending)
{
    std::string text;
    for (size_t i = 0; i < ascending.size();) {
        size_t end = i;
        while (end + 1 < ascending.size() && ascending[end + 1] == ascending[end] + 1)
            ++end;
        text += (text.empty() ? "" : ", ") + std::to_string(ascending[i]);
        if (end > i)
            text += '-' + std::to_string(ascending[end]);
        i = end + 1;
    }
    return text;
}

int64_t forbiddenLayers(int64_t layers)
{
    return std::clamp<int64_t>(roundHalfUp(kEdgeShare * double(layers)), 0, layers);
}

int64_t mappedLayerCount(int64_t layers, double ratio)
{
    const int64_t asked = roundHalfUp(std::clamp(ratio, 0.0, 1.0) * double(layers));
    return std::min(asked, layers - forbiddenLayers(layers));
}

std::vector<int64_t> publishedLayers(int64_t layers, double ratio)
{
    const int64_t count = mappedLayerCount(layers, ratio);
    const int64_t edge = forbiddenLayers(layers);
    const int64_t top = std::min(count, edge);
    std::vector<int64_t> chosen(static_cast<size_t>(count));
    std::iota(chosen.begin(), chosen.end() - top, edge); // e, e+1, ..
    std::iota(chosen.end() - top, chosen.end(), layers - top);
    return chosen;
}

LayerBlock profileBlock(int64_t layers, int block)
{
    return {block * layers / kProfileBlocks, (block + 1) * layers / kProfileBlocks - 1};
}

int blockOfLayer(int64_t layers, int64_t layer)
{
    int block = 0;
    while (block + 1 < kProfileBlocks && profileBlock(layers, block).last < layer)
        ++block;
    return block;
}

std::vector<int64_t> profileLayers(int64_t layers, double ratio, const LayerProfile &profile)
{
    const int64_t edge = forbiddenLayers(layers);
    std::vector<int> order;
    for (int block = 0; block < kProfileBlocks; ++block)
        if (std::isfinite(profile[size_t(block)]) && profileBlock(layers, block).first >= edge)
            order.push_back(block);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return profile[size_t(a)] < profile[size_t(b)]; });
    std::vector<int64_t> chosen;
    const auto count = size_t(mappedLayerCount(layers, ratio));
    for (const int block : order) {
        const LayerBlock range = profileBlock(layers, block);
        for (int64_t layer = range.last; layer >= range.first && chosen.size() < count; --layer)
            chosen.push_back(layer);
    }
    std::sort(chosen.begin(), chosen.end());
    return chosen;
}

double cacheBytesPerToken(const DecoderSizes &sizes, int64_t mappedLayers, double elementBytes)
{
    return double(2 * sizes.layers - mappedLayers) * keyBytesPerToken(sizes, elementBytes);
}

double nominalCacheSaving(const DecoderSizes &large, int64_t mappedLayers)
{
    return double(mappedLayers) / double(2 * large.layers);
}

double netCacheSaving(const DecoderSizes &large, const DecoderSizes &small, int64_t mappedLayers, double elementBytes,
    double elementBytesSmall)
{
    return nominalCacheSaving(large, mappedLayers)
        - cacheBytesPerToken(small, 0, elementBytesSmall) / cacheBytesPerToken(large, 0, elementBytes);
}

double layerFlop(const DecoderSizes &sizes, int64_t context)
{
    const double mlp = 6.0 * double(sizes.hidden) * double(sizes.ffn); // gate, up, down
    const double attention = 2.0 * (projectionFlop(sizes) + scoreFlop(sizes) * double(context));
    return double(sizes.layers) * (mlp + attention);
}

double skippedFlop(const DecoderSizes &large, int64_t mappedLayers, int64_t context)
{
    return double(mappedLayers) * (projectionFlop(large) + scoreFlop(large) * double(context));
}

MappingCost mappingCost(const DecoderSizes &large, const DecoderSizes &small, int64_t smallLayers, int64_t mappedLayers,
    int64_t context, double elementBytes, double elementBytesSmall)
{
    DecoderSizes run = small;
    run.layers = smallLayers;
    return {.keyBytesSaved = double(context) * double(mappedLayers) * keyBytesPerToken(large, elementBytes),
        .smallCacheBytes = double(context) * cacheBytesPerToken(run, 0, elementBytesSmall),
        .skippedFlop = skippedFlop(large, mappedLayers, context),
        .addedFlop = layerFlop(run, context)};
}

int64_t bytesBreakEven(const DecoderSizes &large, const DecoderSizes &small, int64_t mappedLayers, double smallWeightBytes,
    double elementBytes, double elementBytesSmall)
{
    const double saved = double(mappedLayers) * keyBytesPerToken(large, elementBytes)
        - cacheBytesPerToken(small, 0, elementBytesSmall);
    return saved > 0 ? int64_t(std::ceil(smallWeightBytes / saved)) : -1;
}

int64_t flopBreakEven(const DecoderSizes &large, const DecoderSizes &small, int64_t mappedLayers)
{
    // both sides are a + b*S
    const double start = layerFlop(small, 0) - skippedFlop(large, mappedLayers, 0);
    const double gain = double(mappedLayers) * scoreFlop(large) - 2.0 * double(small.layers) * scoreFlop(small);
    if (start < 0)
        return gain < 0 ? -1 : 0;
    if (gain <= 0)
        return -1;
    return int64_t(std::floor(start / gain)) + 1;
}

} // namespace winnow
