#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// Keeps the k lowest information values (prompt-compression-baselines.md 3.1).
    class Inverse : public PromptMethod {
    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            auto options = prompt::stagedOptions(input, budget, parameters);
            if (!options)
                return fail(options.error());
            options->rules.order = StageOrder::LowInformation;
            return stagedPlan(input, *options, scorer, context);
        }
    };

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
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<Inverse>(); }};

} // namespace winnow
