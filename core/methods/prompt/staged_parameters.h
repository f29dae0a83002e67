#pragma once

#include "core/base/method_spec.h"
#include "core/methods/prompt/staged_plan.h"

#include <array>

/// Parameters of the staged methods (dac.md 4), so that DAC and its controls read the same in every form.
namespace winnow::prompt {

inline constexpr std::array<std::string_view, 2> kFusions{"additive", "multiplicative"};
inline constexpr std::array<std::string_view, 2> kFusionTitles{"Additive", "Multiplicative"};
inline constexpr std::array<std::string_view, 2> kRefreshes{"every_stage", "once"};
inline constexpr std::array<std::string_view, 2> kRefreshTitles{"Every stage", "Once"};
inline constexpr std::array<std::string_view, 2> kColumnScales{"sum", "per_row"};
inline constexpr std::array<std::string_view, 2> kColumnScaleTitles{"Sum", "Per row (not DAC)"};
inline constexpr std::array<std::string_view, 3> kNeighbourRules{"off", "add", "exact"};
inline constexpr std::array<std::string_view, 3> kNeighbourRuleTitles{"Off", "Add (official)", "Exact"};
inline constexpr std::array<std::string_view, 2> kSchedules{"floor", "cumulative"};
inline constexpr std::array<std::string_view, 2> kScheduleTitles{"Floor", "Cumulative"};
inline constexpr std::array<std::string_view, 4> kProtections{"none", "punct", "digits", "regex"};
inline constexpr std::array<std::string_view, 4> kProtectionTitles{"Nothing", "Punctuation", "Digits", "Pattern"};
inline constexpr std::array<std::string_view, 2> kUnits{"token", "word"};
inline constexpr std::array<std::string_view, 2> kUnitTitles{"Token", "Word"};
inline constexpr std::array<std::string_view, 2> kJoiners{"none", "space"};
inline constexpr std::array<std::string_view, 2> kJoinerTitles{"Nothing", "Space"};

inline constexpr ParameterSpec choice(std::string_view name, std::string_view title, std::string_view tooltip,
    std::span<const std::string_view> words, std::span<const std::string_view> titles, std::string_view visibleWhen = {})
{
    return {.name = name, .title = title, .tooltip = tooltip, .type = ParameterType::Choice, .defaultValue = 0, .choices = words,
        .choiceTitles = titles, .visibleWhen = visibleWhen};
}

inline constexpr ParameterSpec kSeed{.name = "seed",
    .title = "Seed",
    .tooltip = "Start of the random numbers.",
    .type = ParameterType::Int,
    .defaultValue = 1,
    .minimum = 0,
    .maximum = 9007199254740992.0};

inline constexpr ParameterSpec kJoiner
    = choice("joiner", "Joiner", "Put between two kept letters or digits that were no neighbours.", kJoiners, kJoinerTitles);

inline constexpr ParameterSpec kWindow{.name = "window",
    .title = "Window",
    .unit = "tokens",
    .tooltip = "Longer texts are compressed in pieces of this size; 0 is the context of the scoring model.",
    .type = ParameterType::Int,
    .defaultValue = 0,
    .minimum = 0,
    .maximum = 1048576,
    .leastMeans = "model's"};

inline constexpr ParameterSpec kStages{.name = "stages",
    .title = "Stages",
    .tooltip = "Deletions with a new look at the text after each; 0 chooses by the length, 1 is static.",
    .type = ParameterType::Int,
    .defaultValue = 0,
    .minimum = 0,
    .maximum = 64,
    .leastMeans = "automatic"};

inline constexpr ParameterSpec kColumnScale = choice("columnScale", "Column scale",
    "Per row divides by the rows that see a token, which takes out what early tokens gather by being early.", kColumnScales,
    kColumnScaleTitles);

inline constexpr ParameterSpec kHeads{.name = "heads",
    .title = "Heads",
    .tooltip = "Attention of these heads only, as layer:head, layer:head; empty: all.",
    .type = ParameterType::Text};

inline constexpr std::array kStagedParameters{kStages, choice("fusion", "Fusion", "How the two signals become one score.", kFusions, kFusionTitles),
    ParameterSpec{.name = "attentionWeight",
        .title = "Attention weight",
        .tooltip = "0 looks at information only, 1 at attention only.",
        .type = ParameterType::Float,
        .defaultValue = 0.8,
        .minimum = 0,
        .maximum = 1,
        .visibleWhen = "fusion=additive"},
    choice("attentionRefresh", "Attention refresh", "Once measures only information again after the first stage.", kRefreshes, kRefreshTitles),
    kColumnScale,
    choice("neighbours", "Neighbour rule", "So that no two neighbours go in one stage; Add keeps more than was asked.", kNeighbourRules,
        kNeighbourRuleTitles, "unit=token"),
    choice("schedule", "Schedule", "Cumulative meets the budget to one token; Floor is the published one and drifts below it.", kSchedules,
        kScheduleTitles),
    choice("protect", "Protect", "Tokens that stay while the budget allows.", kProtections, kProtectionTitles),
    ParameterSpec{.name = "pattern",
        .title = "Pattern",
        .tooltip = "Regular expression; tokens that overlap a match are protected.",
        .type = ParameterType::Text,
        .visibleWhen = "protect=regex"},
    kHeads, choice("unit", "Unit", "Whole words stay or go together, by the mean score of their tokens.", kUnits, kUnitTitles), kJoiner, kWindow,
    ParameterSpec{.name = "finalScore",
        .title = "Score the result",
        .tooltip = "One more pass: the scores of what is left after the last stage.",
        .type = ParameterType::Bool,
        .defaultValue = 1}};

/// Modes of dac.md 4; every other value is the usual one.
inline constexpr std::array kDacPresets{
    PresetSpec{.title = "DAC", .tooltip = "Both signals, measured again after every stage.", .values = "attentionWeight=0.8"},
    PresetSpec{.title = "DAC, no neighbours", .tooltip = "No two neighbours go in one stage.", .values = "neighbours=add"},
    PresetSpec{.title = "Dynamic entropy", .tooltip = "Information only, measured again after every stage.", .values = "attentionWeight=0"},
    PresetSpec{.title = "Static", .tooltip = "Both signals, measured once.", .values = "stages=1"},
    PresetSpec{.title = "Entropy", .tooltip = "Information only, measured once.", .values = "attentionWeight=0, stages=1"},
    PresetSpec{.title = "Published example", .tooltip = "What the published program's example asks for: ten stages to a tenth of the text.",
        .values = "stages=10", .fraction = 0.1}};

inline constexpr std::array kStaticParameters{kColumnScale, kHeads, kJoiner, kWindow};

/// Rules of the parameters a method has; the others are those of dac.md 4.
/// @error BadInput for heads or a pattern that cannot be read.
Result<StagedOptions> stagedOptions(const PromptInput &input, const PromptBudget &budget, const Parameters &parameters);

/// Whether the kept tokens are the asked ones, to one: the cumulative schedule, tokens one by one, no rule that puts some back.
bool meetsStagedBudget(const Parameters &parameters);

} // namespace winnow::prompt
