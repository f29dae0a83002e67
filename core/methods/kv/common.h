#pragma once

#include "core/base/method_spec.h"

#include <array>
#include <string_view>

/// Parameters that several KV methods share (kv-eviction-baselines.md 4), so that they read the same in every form.
namespace winnow::kv {

inline constexpr std::array<std::string_view, 5> kGroupRules{
    "kv_head_mean", "kv_head_max", "kv_head_sum", "query_head", "layer"};
inline constexpr std::array<std::string_view, 5> kGroupRuleTitles{
    "KV head, mean", "KV head, maximum", "KV head, sum", "Query head", "Layer"};
inline constexpr std::array<std::string_view, 2> kGrowOrInterval{"grow", "interval"};
inline constexpr std::array<std::string_view, 2> kGrowOrIntervalTitles{"Grow", "Cut back at intervals"};
inline constexpr std::array<std::string_view, 3> kDecodeRules{"grow", "hold", "interval"};
inline constexpr std::array<std::string_view, 3> kDecodeRuleTitles{"Grow", "Hold", "Cut back at intervals"};
inline constexpr std::array<std::string_view, 3> kPools{"none", "max", "avg"};
inline constexpr std::array<std::string_view, 3> kPoolTitles{"None", "Maximum", "Average"};

inline constexpr ParameterSpec kGroupRule{.name = "groupRule",
    .title = "Head grouping",
    .tooltip = "How the scores of the query heads that share a KV head become one kept set.",
    .type = ParameterType::Choice,
    .defaultValue = 0,
    .choices = kGroupRules,
    .choiceTitles = kGroupRuleTitles};

inline constexpr ParameterSpec kWindow{.name = "window",
    .title = "Window",
    .unit = "tokens",
    .tooltip = "The newest tokens are always kept; where the method looks at queries, it looks at theirs.",
    .type = ParameterType::Int,
    .defaultValue = 32,
    .minimum = 1,
    .maximum = 256};

/// For methods that keep every new token unless told otherwise.
inline constexpr ParameterSpec kDecodeGrow{.name = "decodeRule",
    .title = "While decoding",
    .tooltip = "Grow keeps every new token; at intervals the cache is ranked again and cut back to the budget.",
    .type = ParameterType::Choice,
    .defaultValue = 0,
    .choices = kGrowOrInterval,
    .choiceTitles = kGrowOrIntervalTitles};

/// For methods whose paper evicts at every step.
inline constexpr ParameterSpec kDecodeHold{.name = "decodeRule",
    .title = "While decoding",
    .tooltip = "Hold drops a token for every new one; grow keeps every new token; at intervals the cache is cut back to the "
               "budget.",
    .type = ParameterType::Choice,
    .defaultValue = 1,
    .choices = kDecodeRules,
    .choiceTitles = kDecodeRuleTitles};

inline constexpr ParameterSpec kInterval{.name = "interval",
    .title = "Interval",
    .unit = "steps",
    .tooltip = "Decoding steps between two cuts back to the budget.",
    .type = ParameterType::Int,
    .defaultValue = 64,
    .minimum = 1,
    .maximum = 1024,
    .visibleWhen = "decodeRule=interval"};

/// For methods without a window of their own.
inline constexpr ParameterSpec kIntervalWindow{.name = "window",
    .title = "Query window",
    .unit = "tokens",
    .tooltip = "How many of the last queries the scores are made from when the cache is ranked again.",
    .type = ParameterType::Int,
    .defaultValue = 32,
    .minimum = 1,
    .maximum = 256,
    .visibleWhen = "decodeRule=interval"};

inline constexpr ParameterSpec kSeed{.name = "seed",
    .title = "Seed",
    .tooltip = "Start of the random numbers; the same seed gives the same set.",
    .type = ParameterType::Int,
    .defaultValue = 1234,
    .minimum = 0,
    .maximum = 2147483647};

inline constexpr ParameterSpec kKernel{.name = "kernel",
    .title = "Pooling width",
    .unit = "tokens",
    .tooltip = "Neighbours of a token that is looked at are kept with it; 1 changes nothing.",
    .type = ParameterType::Int,
    .defaultValue = 7,
    .minimum = 1,
    .maximum = 63,
    .oddOnly = true,
    .visibleWhen = "pool!=none"};

inline constexpr ParameterSpec kPool{.name = "pool",
    .title = "Pooling",
    .tooltip = "How a token's score takes its neighbours in: not at all, their maximum, their average.",
    .type = ParameterType::Choice,
    .defaultValue = 1,
    .choices = kPools,
    .choiceTitles = kPoolTitles};

} // namespace winnow::kv
