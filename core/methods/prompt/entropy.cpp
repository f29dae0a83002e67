#include "core/methods/prompt/one_stage.h"

namespace winnow {
namespace {

    /// Attention weight 0: what was expected least stays.
    void informationOnly(StageRules &rules) { rules.attentionWeight = 0; }

} // namespace

namespace methodspecs {
    extern const MethodSpec entropy;
}

constinit const MethodSpec methodspecs::entropy{.id = "entropy",
    .title = "Entropy only",
    .family = "prompt",
    .summary = "Keeps the tokens the model expected least, in one stage.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = prompt::kStaticParameters,
    .needs = "information,attention",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = prompt::makeOneStage<informationOnly>};

} // namespace winnow
