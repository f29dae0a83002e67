#include "core/methods/prompt/one_stage.h"

namespace winnow {
namespace {

    /// The k lowest information values stay.
    void lowInformation(StageRules &rules) { rules.order = StageOrder::LowInformation; }

} // namespace

namespace methodspecs {
    extern const MethodSpec inverse;
}

constinit const MethodSpec methodspecs::inverse{.id = "inverse",
    .title = "Inverse entropy",
    .family = "prompt",
    .summary = "Keeps the tokens the model expected most: should be worse than random.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = prompt::kStaticParameters,
    .needs = "information,attention",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = prompt::makeOneStage<lowInformation>};

} // namespace winnow
