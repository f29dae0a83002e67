#pragma once

#include "core/base/iam_plan.h"
#include "core/eval/capture.h"
#include "core/methods/mapped_plan.h"
#include "core/methods/parameters.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

// Which layers IAM maps, and what that costs (iam.md 3 step 0, 5).

/// Sizes of a model as its costs see them.
DecoderSizes decoderSizes(const ModelConfig &config);

/// Whether both are Llama 3 (SmolLM2 is not): such pairs have no second good region of layers (iam.md 10).
bool isLlama3Pair(const ModelConfig &large, const ModelConfig &small);

/// Layers of a text like "6, 7, 22-27", ascending, each once.
/// @error BadInput naming the piece that is no layer of the model.
Result<std::vector<int64_t>> parseLayers(const std::string &text, int64_t layers);

/// Ten numbers separated by commas; nothing for an empty text. "-" stands for a block that was not measured.
/// @error BadInput naming what is there instead.
Result<std::optional<LayerProfile>> parseProfile(const std::string &text);
/// The other way round, in as many digits as read back the same.
std::string profileText(const LayerProfile &profile);

/// The layers to map, ascending, and what has to be said about the choice.
struct LayerChoice {
    std::vector<int64_t> layers;
    std::vector<std::string> notices;
};

/// @param asked How many layers the ratio asks for; the rule 'manual' maps its list, or nothing when none is asked for.
/// @error BadInput: an unreadable list or profile, the rule 'profile' without one.
Result<LayerChoice> chooseLayers(
    const ModelConfig &large, const ModelConfig &small, const Parameters &parameters, int64_t asked);

/// What a plan saves and costs for one more token at context `tokens`, f32 caches on both sides.
MappingCost costOf(const MappedPlan &plan, const ModelConfig &large, const ModelConfig &small, int64_t tokens);

/// What speaks against a mapping on a prompt of so many tokens: more bytes or more work than the full model, no gain in reading it.
std::vector<std::string> costNotices(const MappedPlan &plan, const ModelConfig &large, const ModelConfig &small, int64_t tokens);

/// Layers of the small model that run under a plan: up to the highest that serves, or all.
int64_t smallLayersRun(const StandIn &plan, const ModelConfig &small);

} // namespace winnow
