#include "core/methods/group_rule.h"

#include <algorithm>

namespace winnow {

GroupRule groupRuleOf(const Parameters &parameters)
{
    if (!parameters.has("groupRule"))
        return GroupRule::KvHeadMean;
    const std::string word = parameters.word("groupRule");
    if (word == "kv_head_max")
        return GroupRule::KvHeadMax;
    if (word == "kv_head_sum")
        return GroupRule::KvHeadSum;
    if (word == "query_head")
        return GroupRule::QueryHead;
    return word == "layer" ? GroupRule::Layer : GroupRule::KvHeadMean;
}

DecodeRule decodeRuleOf(const Parameters &parameters)
{
    if (!parameters.has("decodeRule"))
        return DecodeRule::Grow;
    const std::string word = parameters.word("decodeRule");
    if (word == "hold")
        return DecodeRule::Hold;
    return word == "interval" ? DecodeRule::Interval : DecodeRule::Grow;
}

int64_t headSets(GroupRule rule, const ModelConfig &config)
{
    if (rule == GroupRule::QueryHead)
        return config.heads;
    return rule == GroupRule::Layer ? 1 : config.kvHeads;
}

const char *headKind(GroupRule rule)
{
    if (rule == GroupRule::QueryHead)
        return "queryHead";
    return rule == GroupRule::Layer ? "layer" : "kvHead";
}

HeadRange queryHeadsOf(GroupRule rule, const ModelConfig &config, int64_t set)
{
    if (rule == GroupRule::QueryHead)
        return {set, 1};
    if (rule == GroupRule::Layer)
        return {0, config.heads};
    return {set * config.groups(), config.groups()};
}

HeadRange kvHeadsOf(GroupRule rule, const ModelConfig &config, int64_t set)
{
    if (rule == GroupRule::QueryHead)
        return {set / config.groups(), 1};
    if (rule == GroupRule::Layer)
        return {0, config.kvHeads};
    return {set, 1};
}

void reduceHeads(GroupRule rule, const HeadScores &scores, int64_t n, float *out)
{
    std::copy_n(scores.x, n, out);
    for (int64_t h = 1; h < scores.heads; ++h) {
        const float *row = scores.x + h * scores.stride;
        if (rule == GroupRule::KvHeadMax) {
            for (int64_t v = 0; v < n; ++v)
                out[v] = std::max(out[v], row[v]);
        } else {
            for (int64_t v = 0; v < n; ++v)
                out[v] += row[v];
        }
    }
    float factor = 1;
    if (rule == GroupRule::KvHeadMean || rule == GroupRule::Layer)
        factor = static_cast<float>(scores.heads);
    for (int64_t v = 0; factor != 1 && v < n; ++v)
        out[v] /= factor;
    for (int64_t v = 0; rule == GroupRule::KvHeadSum && scores.copies > 1 && v < n; ++v)
        out[v] *= static_cast<float>(scores.copies);
}

} // namespace winnow
