#include "core/methods/mapped_layers.h"

#include "core/base/budget.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string_view>

namespace winnow {
namespace {

    constexpr double kDoubtfulRatio = 0.5; // published pairs used no more
    constexpr double kLlamaRatio = 0.2;
    constexpr int64_t kLlama3Vocab = 128256;

    std::string_view trimmed(std::string_view text)
    {
        while (!text.empty() && text.front() == ' ')
            text.remove_prefix(1);
        while (!text.empty() && text.back() == ' ')
            text.remove_suffix(1);
        return text;
    }

    /// Pieces between commas; none for a blank text.
    std::vector<std::string_view> pieces(std::string_view text)
    {
        std::vector<std::string_view> out;
        for (text = trimmed(text); !text.empty();) {
            const size_t comma = std::min(text.find(','), text.size());
            out.push_back(trimmed(text.substr(0, comma)));
            text.remove_prefix(std::min(comma + 1, text.size()));
        }
        return out;
    }

    template <typename Number>
    std::optional<Number> number(std::string_view text)
    {
        Number value{};
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        return !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(value) : std::nullopt;
    }

    bool isLlama3(const ModelConfig &config) { return config.family == "llama" && config.vocab == kLlama3Vocab; }

    std::string share(int64_t count, int64_t layers) { return std::to_string(count) + " of " + std::to_string(layers) + " layers"; }

    Result<LayerChoice> manualChoice(const ModelConfig &large, const Parameters &parameters, int64_t asked)
    {
        auto list = parseLayers(parameters.word("layers"), large.layers);
        if (!list)
            return fail(list.error());
        if (list->empty())
            return fail(ErrorCode::BadInput, "layerRule manual: the list of layers is empty", "give --param layers=22-27, or another rule");
        LayerChoice choice{*list, {}};
        const auto count = static_cast<int64_t>(list->size());
        if (count != asked)
            choice.notices.push_back("the list maps " + share(count, large.layers) + ", whatever the ratio asks for");
        if (list->front() < forbiddenLayers(large.layers))
            choice.notices.push_back("layer " + std::to_string(list->front()) + " is among the first "
                + std::to_string(forbiddenLayers(large.layers)) + " that the rules never map: models collapse there");
        return choice;
    }

    /// The published rule, or the profile's order.
    Result<LayerChoice> ruledChoice(const ModelConfig &large, const ModelConfig &small, const Parameters &parameters, int64_t asked)
    {
        auto profile = parseProfile(parameters.word("profile"));
        if (!profile)
            return fail(profile.error());
        bool byProfile = parameters.word("layerRule") == "profile";
        if (byProfile && !*profile)
            return fail(ErrorCode::BadInput, "layerRule profile: this pair of models has no profile yet",
                "make one with winnow-cli compare --what profile, or use layerRule published");
        LayerChoice choice;
        int64_t count = asked;
        // Deviation: Llama pairs have no second good region (iam.md 10): their profile decides, or few layers only.
        if (!byProfile && isLlama3Pair(large, small)) {
            byProfile = profile->has_value();
            const int64_t most = mappedLayerCount(large.layers, kLlamaRatio);
            if (byProfile) {
                choice.notices.emplace_back("Llama 3 pair: layers are taken by the profile");
            } else if (count > most) {
                choice.notices.push_back("Llama 3 pair without a profile: " + share(most, large.layers) + " are mapped, asked are "
                    + std::to_string(count));
                count = most;
            }
        }
        const double ratio = static_cast<double>(count) / static_cast<double>(large.layers);
        choice.layers = byProfile ? profileLayers(large.layers, ratio, **profile) : publishedLayers(large.layers, ratio);
        const auto found = static_cast<int64_t>(choice.layers.size());
        if (found < count)
            choice.notices.push_back(share(found, large.layers) + " are mapped, asked are " + std::to_string(count)
                + ": the others are never mapped by this rule");
        return choice;
    }

} // namespace

bool isLlama3Pair(const ModelConfig &large, const ModelConfig &small) { return isLlama3(large) && isLlama3(small); }

DecoderSizes decoderSizes(const ModelConfig &config)
{
    const int64_t active = config.moe.active * config.moe.expertFfn + config.moe.sharedFfn;
    return {config.layers, config.heads, config.kvHeads, config.headDim, config.hidden, config.ffn > 0 ? config.ffn : active};
}

Result<std::vector<int64_t>> parseLayers(const std::string &text, int64_t layers)
{
    std::vector<int64_t> list;
    for (const std::string_view piece : pieces(text)) {
        const size_t dash = piece.find('-');
        const auto first = number<int64_t>(trimmed(piece.substr(0, dash)));
        const auto last = dash == std::string_view::npos ? first : number<int64_t>(trimmed(piece.substr(dash + 1)));
        if (!first || !last || *first < 0 || *last < *first || *last >= layers)
            return fail(ErrorCode::BadInput, "list of layers: \"" + std::string(piece) + "\" is not among the layers 0 to "
                    + std::to_string(layers - 1), "write single layers and ranges: 6, 7, 22-27");
        for (int64_t layer = *first; layer <= *last; ++layer)
            list.push_back(layer);
    }
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
    return list;
}

Result<std::optional<LayerProfile>> parseProfile(const std::string &text)
{
    const std::vector<std::string_view> parts = pieces(text);
    if (parts.empty())
        return std::optional<LayerProfile>();
    LayerProfile profile{};
    if (parts.size() != profile.size())
        return fail(ErrorCode::BadInput, "profile: expected " + std::to_string(profile.size()) + " numbers, found "
                + std::to_string(parts.size()));
    for (size_t k = 0; k < parts.size(); ++k) {
        const auto value = parts[k] == "-" ? std::optional(std::numeric_limits<double>::quiet_NaN()) : number<double>(parts[k]);
        if (!value)
            return fail(ErrorCode::BadInput, "profile: \"" + std::string(parts[k]) + "\" is not a number");
        profile[k] = *value;
    }
    return std::optional(profile);
}

std::string profileText(const LayerProfile &profile)
{
    std::string text;
    for (const double value : profile) {
        char digits[64];
        const auto written = std::to_chars(digits, digits + sizeof digits, value);
        if (!text.empty())
            text += ',';
        text.append(std::isfinite(value) ? std::string(digits, written.ptr) : "-");
    }
    return text;
}

Result<LayerChoice> chooseLayers(
    const ModelConfig &large, const ModelConfig &small, const Parameters &parameters, int64_t asked)
{
    if (asked <= 0)
        return LayerChoice{};
    auto choice = parameters.word("layerRule") == "manual" ? manualChoice(large, parameters, asked)
                                                           : ruledChoice(large, small, parameters, asked);
    if (choice && static_cast<double>(choice->layers.size()) > kDoubtfulRatio * static_cast<double>(large.layers))
        choice->notices.push_back(share(static_cast<int64_t>(choice->layers.size()), large.layers)
            + " are mapped: above half of them nothing is published, expect a large loss");
    return choice;
}

std::vector<std::string> costNotices(const MappedPlan &plan, const ModelConfig &large, const ModelConfig &small, int64_t tokens)
{
    const MappingCost cost = costOf(plan, large, small, tokens);
    std::vector<std::string> notices, losses;
    if (cost.netBytes() > 0)
        losses.push_back("the small model's cache of " + byteText(cost.smallCacheBytes) + " is more than the keys of "
            + byteText(cost.keyBytesSaved) + " that mapped layers leave out");
    if (cost.netFlop() < 0) {
        char text[160];
        std::snprintf(text, sizeof text, "the small model adds %.3g GFLOP a token, mapped layers skip %.3g", cost.addedFlop / 1e9,
            cost.skippedFlop / 1e9);
        losses.emplace_back(text);
    }
    if (!losses.empty()) // one notice for both
        notices.push_back("net loss: " + losses.front() + (losses.size() > 1 ? "; " + losses.back() : std::string()));
    if (tokens <= plan.span && plan.chunked)
        notices.emplace_back("no gain while reading the prompt: it is no longer than the span the heads are matched on");
    return notices;
}

int64_t smallLayersRun(const StandIn &plan, const ModelConfig &small)
{
    const auto last = std::max_element(plan.serving.begin(), plan.serving.end());
    if (last == plan.serving.end() || *last < 0)
        return 0; // no head serves, so the small model does not run
    return plan.earlyExit ? *last / small.heads + 1 : small.layers;
}

MappingCost costOf(const MappedPlan &plan, const ModelConfig &large, const ModelConfig &small, int64_t tokens)
{
    constexpr double kFloatBytes = 4;
    return mappingCost(decoderSizes(large), decoderSizes(small), smallLayersRun(plan, small), plan.mappedLayers(), tokens,
        kFloatBytes, kFloatBytes);
}

} // namespace winnow
