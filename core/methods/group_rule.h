#pragma once

#include "core/methods/parameters.h"
#include "core/methods/plan.h"
#include "core/model/config.h"

#include <cstdint>

namespace winnow {

/// The parameter `groupRule`; kv_head_mean when the method does not have it.
GroupRule groupRuleOf(const Parameters &parameters);

/// The parameter `decodeRule`; grow when the method does not have it.
DecodeRule decodeRuleOf(const Parameters &parameters);

/// Head sets per layer: Hkv, H (query_head) or 1 (layer).
int64_t headSets(GroupRule rule, const ModelConfig &config);

/// What a head set is: "kvHead", "queryHead" or "layer" (KeptTokens::headKind).
const char *headKind(GroupRule rule);

/// A run of heads.
struct HeadRange {
    int64_t first = 0;
    int64_t count = 0;
};

/// Query heads of a head set.
HeadRange queryHeadsOf(GroupRule rule, const ModelConfig &config, int64_t set);

/// KV heads of a head set.
HeadRange kvHeadsOf(GroupRule rule, const ModelConfig &config, int64_t set);

/// Reduces the scores of one set's heads to one row.
///
/// @param x      [heads, n] one row per head of the set, `stride` floats apart: its query heads, or its KV heads.
/// @param copies Query heads each row stands for (G for scores per KV head in a kv_head mode, else 1); counts in a sum.
/// @param out    [n]; may not overlap x.
/// @source kv-eviction-baselines.md 3, GQA modes.
struct HeadScores {
    const float *x = nullptr;
    int64_t stride = 0;
    int64_t heads = 0;
    int64_t copies = 1;
};
void reduceHeads(GroupRule rule, const HeadScores &scores, int64_t n, float *out);

} // namespace winnow
