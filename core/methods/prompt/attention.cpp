#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// DAC with attention weight 1 in one stage (prompt-compression-baselines.md 3.1).
    class AttentionOnly : public PromptMethod {
    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            auto options = prompt::stagedOptions(input, budget, parameters);
            if (!options)
                return fail(options.error());
            options->rules.attentionWeight = 1;
            return stagedPlan(input, *options, scorer, context);
        }
    };

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
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<AttentionOnly>(); }};

} // namespace winnow
