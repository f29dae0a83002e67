#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// Removes the m - k largest column sums (prompt-compression-baselines.md 3.1).
    class DropTopAttention : public PromptMethod {
    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            auto options = prompt::stagedOptions(input, budget, parameters);
            if (!options)
                return fail(options.error());
            options->rules.order = StageOrder::LowAttention;
            return stagedPlan(input, *options, scorer, context);
        }
    };

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
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<DropTopAttention>(); }};

} // namespace winnow
