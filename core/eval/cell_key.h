#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow {

/// Everything a result depends on (kv-evaluation.md 3.8). Two runs with equal recipes have equal numbers.
struct CellRecipe {
    std::string modelHash, tokenizerHash;
    std::string textHash; // SHA-256 over the int32 ids of context and continuation
    int64_t contextTokens = 0; // N: where the continuation begins
    std::string method;
    Json parameters = Json::object(); // canonical, with groupRule
    std::string budget; // budgetText
    int64_t segment = 0;
    int64_t seed = 0;
    std::string mode = "drop";
    std::string dtype = "f32", device = "cpu"; // device class, never an index
    std::string version; // engine version
};

/// Canonical JSON of a recipe: sorted keys, no spaces.
Json recipeJson(const CellRecipe &recipe);

/// SHA-256 of the canonical JSON, 64 lower-case hexadecimal digits.
std::string cellKey(const CellRecipe &recipe);

/// SHA-256 over ids as little-endian int32, context then continuation.
std::string textHash(const std::vector<int32_t> &context, const std::vector<int32_t> &continuation);

} // namespace winnow
