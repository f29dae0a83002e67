#pragma once

#include "core/base/method_spec.h"

#include <array>
#include <string_view>

/// The parameters of IAM (iam.md 4).
namespace winnow::kv::iam_parameters {

inline constexpr std::array<std::string_view, 3> kLayerRules{"published", "profile", "manual"};
inline constexpr std::array<std::string_view, 3> kLayerRuleTitles{"Published", "Lowest delta", "By hand"};
inline constexpr std::array<std::string_view, 5> kMetrics{"cosine", "pearson", "minkowski1", "minkowski2", "jaccard"};
inline constexpr std::array<std::string_view, 5> kMetricTitles{"Cosine", "Pearson", "Minkowski 1", "Minkowski 2", "Jaccard of top sets"};
inline constexpr std::array<std::string_view, 2> kVecScopes{"triangle", "whole"};
inline constexpr std::array<std::string_view, 2> kVecScopeTitles{"Causal triangle", "Whole matrix"};
inline constexpr std::array<std::string_view, 1> kMatchSpans{"first"};
inline constexpr std::array<std::string_view, 1> kMatchSpanTitles{"First tokens"};
inline constexpr std::array<std::string_view, 2> kPrefillModes{"chunked", "decode_only"};
inline constexpr std::array<std::string_view, 2> kPrefillModeTitles{"Prompt and decoding", "Decoding only"};
inline constexpr std::array<std::string_view, 1> kSlmWeights{"as_loaded"};
inline constexpr std::array<std::string_view, 1> kSlmWeightTitles{"As loaded"};
inline constexpr std::array<std::string_view, 3> kMapControls{"none", "permute_heads", "shuffle_layers"};
inline constexpr std::array<std::string_view, 3> kMapControlTitles{"None", "Heads permuted", "Layers shuffled"};
inline constexpr std::array<std::string_view, 9> kEvict{
    "none", "random", "streaming_llm", "h2o", "tova", "snapkv", "pyramidkv", "knorm", "expected_attention"};
inline constexpr std::array<std::string_view, 9> kEvictTitles{
    "Nothing", "Random", "StreamingLLM", "H2O", "TOVA", "SnapKV", "PyramidKV", "Key norm", "Expected attention"};

inline constexpr ParameterSpec choice(std::string_view name, std::string_view title, std::string_view tooltip,
    std::span<const std::string_view> words, std::span<const std::string_view> titles, std::string_view visibleWhen = {})
{
    return {.name = name, .title = title, .tooltip = tooltip, .type = ParameterType::Choice, .defaultValue = 0, .choices = words,
        .choiceTitles = titles, .visibleWhen = visibleWhen};
}

inline constexpr std::array kParameters{
    ParameterSpec{.name = "mappingRatio",
        .title = "Replaced layers",
        .unit = "of L",
        .tooltip = "Part of the layers that use the small model's attention; a budget says the same. Above a half nothing is published.",
        .type = ParameterType::Float,
        .defaultValue = 0.3,
        .minimum = 0,
        .maximum = 0.8},
    choice("layerRule", "Layers", "Which layers are replaced: the published order, those whose profile loses least, or a list.", kLayerRules,
        kLayerRuleTitles),
    ParameterSpec{.name = "layers",
        .title = "List of layers",
        .tooltip = "Layers and ranges: 6, 7, 22-27.",
        .type = ParameterType::Text,
        .visibleWhen = "layerRule=manual"},
    ParameterSpec{.name = "profile",
        .title = "Profile",
        .unit = "nats",
        .tooltip = "Ten changes of log-perplexity, one a block of layers; empty: the measured one of this pair.",
        .type = ParameterType::Text,
        .visibleWhen = "layerRule=profile"},
    choice("metric", "Metric", "How alike the attention of two heads is.", kMetrics, kMetricTitles),
    choice("vecScope", "Compared part", "The whole matrix adds the zeros above the diagonal, which changes Pearson only.", kVecScopes,
        kVecScopeTitles, "metric=pearson"),
    ParameterSpec{.name = "skipSinks",
        .title = "Ignore first tokens",
        .unit = "tokens",
        .tooltip = "Columns left out before heads are compared: attention on the first tokens makes all heads look alike.",
        .type = ParameterType::Int,
        .defaultValue = 0,
        .minimum = 0,
        .maximum = 16},
    ParameterSpec{.name = "matchMin",
        .title = "Shortest prompt",
        .unit = "tokens",
        .tooltip = "Shorter prompts are left alone.",
        .type = ParameterType::Int,
        .defaultValue = 100,
        .minimum = 16,
        .maximum = 1000},
    ParameterSpec{.name = "matchMax",
        .title = "Match length",
        .unit = "tokens",
        .tooltip = "Heads are compared on this many tokens at most.",
        .type = ParameterType::Int,
        .defaultValue = 200,
        .minimum = 16,
        .maximum = 1000},
    choice("matchSpan", "Match on", "The prompt is read in pieces behind the span, so the span is its start.", kMatchSpans, kMatchSpanTitles),
    choice("prefillMode", "Used for", "Whether rows of the prompt behind the span use the map, or only those of decoding.", kPrefillModes,
        kPrefillModeTitles),
    ParameterSpec{.name = "rowBudget",
        .title = "Memory for rows",
        .unit = "MiB",
        .tooltip = "For attention rows of the small model while the prompt is read; changes no number.",
        .type = ParameterType::Int,
        .defaultValue = 256,
        .minimum = 16,
        .maximum = 4096,
        .visibleWhen = "prefillMode=chunked"},
    choice("slmWeights", "Small model", "The small model of the request, as it was loaded: an instruction-tuned one serves better.",
        kSlmWeights, kSlmWeightTitles),
    ParameterSpec{.name = "slmEarlyExit",
        .title = "Stop small model early",
        .tooltip = "The small model stops after the highest layer that serves: same numbers, less work.",
        .type = ParameterType::Bool,
        .defaultValue = 1},
    choice("mapControl", "Control", "A map that is wrong on purpose: what is left of the quality shows what the match is worth.", kMapControls,
        kMapControlTitles),
    ParameterSpec{.name = "seed",
        .title = "Seed",
        .tooltip = "Start of the random numbers of the control.",
        .type = ParameterType::Int,
        .defaultValue = 1234,
        .minimum = 0,
        .maximum = 2147483647,
        .visibleWhen = "mapControl!=none"},
    choice("evict", "Evict with", "A method that drops tokens as well; replaced layers keep those with most of the small model's attention.",
        kEvict, kEvictTitles),
    ParameterSpec{.name = "evictBudget",
        .title = "Kept tokens",
        .unit = "of N",
        .tooltip = "Part of the prompt that the eviction method keeps.",
        .type = ParameterType::Float,
        .defaultValue = 0.8,
        .minimum = 0.01,
        .maximum = 1,
        .visibleWhen = "evict!=none"}};

} // namespace winnow::kv::iam_parameters
