#pragma once

#include "core/eval/evaluate.h"

#include "tests/support/guided_fixture.h"
#include "tests/support/random_model.h"

#include <map>

namespace winnow::test {

inline constexpr int64_t kTokens = 50, kFed = 20, kCount = 14;

inline ModelConfig smallConfig()
{
    ModelConfig config = tinyConfig();
    config.name = "small";
    config.layers = 2;
    config.heads = 3;
    config.kvHeads = 1;
    config.hidden = 24;
    config.layerConfigs.resize(2);
    return config;
}

/// Parameter sets by name: every rescaling, grouping, policy and ablation.
inline std::map<std::string, Json> variants()
{
    std::map<std::string, Json> all;
    for (const char *mode : {"literal", "mass", "mass_drop", "ratio", "oracle", "none"}) {
        all[mode] = {{"rescale", mode}};
        all[std::string("held ") + mode] = {{"rescale", mode}, {"compensateSaliency", false}};
    }
    for (const char *rule : {"kv_head_max", "layer", "query_head"}) {
        all[rule] = {{"groupRule", rule}, {"rescale", "mass"}};
        all[std::string("held ") + rule] = {{"groupRule", rule}, {"compensateSaliency", false}, {"rescale", "ratio"}};
    }
    for (const char *policy : {"last_row", "window"})
        all[policy] = {{"policy", policy}, {"window", 5}, {"rescale", "ratio"}};
    all["current"] = {{"budgetBase", "current"}, {"rescale", "mass_drop"}};
    all["current query heads"] = {{"budgetBase", "current"}, {"groupRule", "query_head"}};
    all["no marginal"] = {{"compensateMarginal", false}};
    all["last span"] = {{"matchSpan", "last"}, {"matchMax", 30}};
    all["permuted"] = {{"mapControl", "permute_heads"}};
    all["no early exit"] = {{"slmEarlyExit", false}};
    for (auto &[name, given] : all) {
        given["matchMin"] = 16;
        given["criticalFloor"] = 0.1;
    }
    return all;
}

inline std::vector<Json> variantList()
{
    std::vector<Json> list;
    for (const auto &[name, given] : variants())
        list.push_back(given);
    return list;
}

inline CellResult evaluated(const GuidedPair &pair, const EvaluationCell &cell, const EvaluationOptions &options = {})
{
    auto results = evaluate(*pair.capture, pair.continuation, {cell}, options, {}, RunContext{});
    if (!results)
        qFatal("%s", results.error().message.c_str());
    return results->front();
}

} // namespace winnow::test
