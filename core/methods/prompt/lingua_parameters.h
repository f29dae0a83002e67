#pragma once

#include "core/methods/prompt/lingua_plan.h"
#include "core/methods/prompt/staged_parameters.h"

#include <array>

/// Parameters of LLMLingua and LongLLMLingua (prompt-compression-baselines.md 4).
namespace winnow::prompt {

inline constexpr std::array<std::string_view, 2> kPools{"prompt", "segment"};
inline constexpr std::array<std::string_view, 2> kPoolTitles{"Whole prompt (official)", "Segment"};
inline constexpr std::array<std::string_view, 2> kShifts{"off", "official"};
inline constexpr std::array<std::string_view, 2> kShiftTitles{"Off", "Official"};
inline constexpr std::array<std::string_view, 2> kOrders{"rank", "original"};
inline constexpr std::array<std::string_view, 2> kOrderTitles{"By rank", "Original"};

inline constexpr ParameterSpec kSegment{.name = "segment",
    .title = "Segment",
    .unit = "tokens",
    .tooltip = "Tokens judged at a time; fewer condition more on what was kept, and are slower.",
    .type = ParameterType::Int,
    .defaultValue = 200,
    .minimum = 16,
    .maximum = 1000};
inline constexpr ParameterSpec kContextSlack{.name = "contextSlack",
    .title = "Context slack",
    .unit = "tokens",
    .tooltip = "Whole contexts are dropped down to the target and this many tokens; only with several contexts.",
    .type = ParameterType::Int,
    .defaultValue = 100,
    .minimum = 0,
    .maximum = 1000};
inline constexpr ParameterSpec kSentenceFilter{.name = "sentenceFilter",
    .title = "Drop sentences",
    .tooltip = "Whole sentences are dropped before tokens.",
    .type = ParameterType::Bool,
    .defaultValue = 0};
inline constexpr ParameterSpec kSentenceRatio{.name = "sentenceRatio",
    .title = "Sentence ratio",
    .tooltip = "Sentences are dropped down to this many times the target.",
    .type = ParameterType::Float,
    .defaultValue = 1.4,
    .minimum = 1,
    .maximum = 3,
    .visibleWhen = "sentenceFilter=true"};
inline constexpr ParameterSpec kPool
    = choice("pool", "Pool", "Which values the threshold is taken from; of the segment alone the kept share does not drift.", kPools, kPoolTitles);
inline constexpr ParameterSpec kKeepSplit{.name = "keepSplit",
    .title = "Keep blank lines",
    .tooltip = "Tokens with a blank line are never removed.",
    .type = ParameterType::Bool,
    .defaultValue = 0};

inline LinguaOptions linguaOptions(const Parameters &parameters)
{
    LinguaOptions options;
    options.rules.segment = parameters.integer("segment");
    options.rules.pool = parameters.word("pool") == "segment" ? LinguaPool::Segment : LinguaPool::Prompt;
    options.slack = static_cast<double>(parameters.integer("contextSlack"));
    options.sentenceRatio = parameters.flag("sentenceFilter") ? parameters.number("sentenceRatio") : 0;
    options.keepsBlankLines = parameters.flag("keepSplit");
    options.joiner = parameters.word("joiner") == "space" ? Joiner::Space : Joiner::None;
    return options;
}

} // namespace winnow::prompt
