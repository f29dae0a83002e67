#pragma once

#include "core/eval/similarity.h"
#include "core/serve/engine_state.h"

#include <cstdint>
#include <string>
#include <vector>

namespace winnow {

/// Longest span that is compared, in tokens: tables of longer ones say the same, and rows cost their square.
inline constexpr int64_t kLongestSpan = 1000;
/// Rows of a later window (iam.md 6).
inline constexpr int64_t kWindowRows = 64;

/// A `compare` request, checked before any model work.
struct CompareSetup {
    ModelRequest large, small;
    PreparedInput input; // by the large model's tokenizer
    std::string what = "heads";
    std::string reduce = "max"; // heads to layers: max, mean, mean_attention
    std::string align = "tokens"; // or characters
    SimilarityRequest similarity;
    int64_t span = 0; // tokens compared
    int64_t windows = 1; // of kWindowRows rows behind the span, where the input has them
    bool stability = false; // also the matches of shorter spans
    bool consistency = true; // also what later rows say; a switch of metric leaves it out
    int64_t smallLayers = 0; // first layers of the small model; 0 = all
    std::vector<std::string> notices;

    /// Tokens the models read: the span and the windows behind it.
    int64_t tokens() const;
};

/// @error BadInput (no model, metrics or settings that cannot be, input), NotFound (models), Unsupported (tokenizers that differ).
Result<CompareSetup> compareSetup(EngineState &state, const Json &request);

/// The request with every default written out.
Json canonicalCompare(const Json &request, const CompareSetup &setup);

} // namespace winnow
