#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// Information and attention of every token, fused, in stages that measure both again (arXiv:2507.11942).
    class Dac : public PromptMethod {
    public:
        bool meetsBudget(const Parameters &parameters) const override { return prompt::meetsStagedBudget(parameters); }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            auto options = prompt::stagedOptions(input, budget, parameters);
            return options ? stagedPlan(input, *options, scorer, context) : Result<PromptPlan>(fail(options.error()));
        }
    };

} // namespace

namespace methodspecs {
    extern const MethodSpec dac;
}

constinit const MethodSpec methodspecs::dac{.id = "dac",
    .title = "DAC",
    .family = "prompt",
    .summary = "Keeps tokens that carry information and are attended to, measured again after every stage.",
    .source = "arXiv:2507.11942",
    .sourceUrl = "https://arxiv.org/abs/2507.11942",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = prompt::kStagedParameters,
    .presets = prompt::kDacPresets,
    .needs = "information,attention",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<Dac>(); }};

} // namespace winnow
