#pragma once

#include "core/methods/guided_ranking.h"
#include "core/methods/kv/common.h"
#include "core/methods/parameters.h"

#include <array>
#include <string_view>

/// Parameters of SmallKV (smallkv.md 4) and what they mean.
namespace winnow::guided {

/// Whether any part needs the small model: with neither compensation it is h2o.
bool usesSmall(const Parameters &parameters);
GuideMatch matchOf(const Parameters &parameters);
GuidePolicy policyOf(const Parameters &parameters);
Rescale rescaleOf(const Parameters &parameters);
/// Rows of the small model that a ranking reads beside its column sums.
int64_t rankingRows(const Parameters &parameters);
/// Sizes for a budget of `count` full tokens, at least 2. Without saliency compensation they stay those of the prompt, as h2o's do.
GuidedBudget budgetOf(const Parameters &parameters, int64_t tokens, int64_t count);

inline constexpr std::array<std::string_view, 2> kBases{"prompt", "current"};
inline constexpr std::array<std::string_view, 2> kBaseTitles{"Prompt (fixed)", "Text so far (grows)"};
inline constexpr std::array<std::string_view, 2> kSpans{"first", "last"};
inline constexpr std::array<std::string_view, 2> kSpanTitles{"First tokens", "Last tokens"};
inline constexpr std::array<std::string_view, 3> kPolicies{"accumulated", "last_row", "window"};
inline constexpr std::array<std::string_view, 3> kPolicyTitles{"All rows, summed", "Last row", "Last rows, summed"};
inline constexpr std::array<std::string_view, 4> kGroups{"kv_head_mean", "kv_head_max", "layer", "query_head"};
inline constexpr std::array<std::string_view, 4> kGroupTitles{"KV head, mean", "KV head, maximum", "Layer", "Query head"};
inline constexpr std::array<std::string_view, 6> kRescales{"literal", "mass", "mass_drop", "ratio", "oracle", "none"};
inline constexpr std::array<std::string_view, 6> kRescaleTitles{"Literal (paper: adds mass)", "Mass", "Mass, dropped share left out",
    "Ratio by the small model", "Oracle (the model's own weights)", "No stand-in"};
inline constexpr std::array<std::string_view, 3> kControls{"none", "permute_heads", "shuffle_layers"};
inline constexpr std::array<std::string_view, 3> kControlTitles{"None", "Permute heads", "Shuffle layers"};

inline constexpr std::array kParameters{
    ParameterSpec{.name = "criticalFloor",
        .title = "Critical floor",
        .unit = "of the base",
        .tooltip = "Critical tokens never go below this share while the budget allows it.",
        .type = ParameterType::Float,
        .defaultValue = 0.04,
        .minimum = 0,
        .maximum = 0.5},
    ParameterSpec{.name = "budgetBase",
        .title = "Budget base",
        .tooltip = "Sizes fixed by the prompt, or growing with the text.",
        .type = ParameterType::Choice,
        .defaultValue = 0,
        .choices = kBases,
        .choiceTitles = kBaseTitles,
        .visibleWhen = "compensateSaliency=true"},
    ParameterSpec{.name = "matchMin",
        .title = "Shortest match",
        .unit = "tokens",
        .tooltip = "A shorter prompt is left whole: its heads are not matched.",
        .type = ParameterType::Int,
        .defaultValue = 100,
        .minimum = 16,
        .maximum = 1000},
    ParameterSpec{.name = "matchMax",
        .title = "Longest match",
        .unit = "tokens",
        .tooltip = "Heads are matched on at most so many tokens.",
        .type = ParameterType::Int,
        .defaultValue = 200,
        .minimum = 16,
        .maximum = 1000},
    ParameterSpec{.name = "matchSpan",
        .title = "Match on",
        .tooltip = "Which end of a long prompt the heads are matched on.",
        .type = ParameterType::Choice,
        .defaultValue = 0,
        .choices = kSpans,
        .choiceTitles = kSpanTitles},
    ParameterSpec{.name = "kMatchFrac",
        .title = "Compared share",
        .unit = "of the span",
        .tooltip = "Size of the top sets whose overlap matches two heads; at least 8 tokens.",
        .type = ParameterType::Float,
        .defaultValue = 0.2,
        .minimum = 0.02,
        .maximum = 0.5},
    ParameterSpec{.name = "matchSkipSinks",
        .title = "Skipped sinks",
        .unit = "tokens",
        .tooltip = "First tokens that do not count when heads are matched.",
        .type = ParameterType::Int,
        .defaultValue = 0,
        .minimum = 0,
        .maximum = 16},
    ParameterSpec{.name = "policy",
        .title = "Ranked by",
        .tooltip = "Which rows of the small model rank the tokens.",
        .type = ParameterType::Choice,
        .defaultValue = 0,
        .choices = kPolicies,
        .choiceTitles = kPolicyTitles,
        .visibleWhen = "compensateSaliency=true"},
    ParameterSpec{.name = "window",
        .title = "Rows",
        .unit = "tokens",
        .tooltip = "How many of the small model's last rows are summed.",
        .type = ParameterType::Int,
        .defaultValue = 32,
        .minimum = 1,
        .maximum = 256,
        .visibleWhen = "policy=window"},
    ParameterSpec{.name = "groupRule",
        .title = "Head grouping",
        .tooltip = "How the scores of the query heads that share a KV head become one set.",
        .type = ParameterType::Choice,
        .defaultValue = 0,
        .choices = kGroups,
        .choiceTitles = kGroupTitles},
    ParameterSpec{.name = "rescale",
        .title = "Mass",
        .tooltip = "How the stand-in attention and the model's own become one row.",
        .type = ParameterType::Choice,
        .defaultValue = 0,
        .choices = kRescales,
        .choiceTitles = kRescaleTitles,
        .visibleWhen = "compensateMarginal=true"},
    ParameterSpec{.name = "compensateSaliency",
        .title = "Saliency by the small model",
        .tooltip = "Off: the sets of H2O, whose dropped tokens never come back.",
        .type = ParameterType::Bool,
        .defaultValue = 1},
    ParameterSpec{.name = "compensateMarginal",
        .title = "Marginal tokens",
        .tooltip = "Off: no values are kept without their keys; critical tokens get that part of the budget.",
        .type = ParameterType::Bool,
        .defaultValue = 1},
    ParameterSpec{.name = "slmEarlyExit",
        .title = "Small model stops early",
        .tooltip = "It runs no layer behind the last one that serves; the results are the same.",
        .type = ParameterType::Bool,
        .defaultValue = 1},
    ParameterSpec{.name = "mapControl",
        .title = "Control",
        .tooltip = "Serves every head by a wrong one, to see what the match is worth.",
        .type = ParameterType::Choice,
        .defaultValue = 0,
        .choices = kControls,
        .choiceTitles = kControlTitles},
    ParameterSpec{.name = "seed",
        .title = "Seed",
        .tooltip = "Start of the control's random numbers.",
        .type = ParameterType::Int,
        .defaultValue = 1234,
        .minimum = 0,
        .maximum = 2147483647,
        .visibleWhen = "mapControl!=none"}};

} // namespace winnow::guided
