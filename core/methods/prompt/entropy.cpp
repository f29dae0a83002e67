#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// DAC with attention weight 0 in one stage (prompt-compression-baselines.md 3.1).
    class Entropy : public PromptMethod {
    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            auto options = prompt::stagedOptions(input, budget, parameters);
            if (!options)
                return fail(options.error());
            options->rules.attentionWeight = 0;
            return stagedPlan(input, *options, scorer, context);
        }
    };

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
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<Entropy>(); }};

} // namespace winnow
