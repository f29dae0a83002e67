#include "core/methods/prompt/one_stage.h"

namespace winnow {
namespace {

    /// Attention weight 1: what is looked at most stays.
    void attentionOnly(StageRules &rules) { rules.attentionWeight = 1; }

} // namespace

namespace methodspecs {
    extern const MethodSpec attention;
}

constinit const MethodSpec methodspecs::attention{.id = "attention",
    .title = "Attention only",
    .family = "prompt",
    .summary = "Keeps the tokens that are attended to most, in one stage.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = prompt::kStaticParameters,
    .needs = "information,attention",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = prompt::makeOneStage<attentionOnly>};

} // namespace winnow
