#include "core/methods/prompt/one_stage.h"

namespace winnow {
namespace {

    /// The m - k largest column sums go.
    void lowAttention(StageRules &rules) { rules.order = StageOrder::LowAttention; }

} // namespace

namespace methodspecs {
    extern const MethodSpec drop_top_attention;
}

constinit const MethodSpec methodspecs::drop_top_attention{.id = "drop_top_attention",
    .title = "Drop top attention",
    .family = "prompt",
    .summary = "Deletes the tokens that are attended to most: should be worse than random.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = prompt::kStaticParameters,
    .needs = "information,attention",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = prompt::makeOneStage<lowAttention>};

} // namespace winnow
