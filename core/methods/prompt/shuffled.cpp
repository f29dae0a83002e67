#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    constexpr auto withSeed()
    {
        std::array<ParameterSpec, prompt::kStagedParameters.size() + 1> all{};
        for (size_t i = 0; i < prompt::kStagedParameters.size(); ++i)
            all[i] = prompt::kStagedParameters[i];
        all.back() = prompt::kSeed;
        return all;
    }

    constexpr auto kParameters = withSeed();

    /// DAC whose scores are permuted before each selection: what is not in the scores must look like random deletion
    /// (prompt-compression-baselines.md 3.1).
    class Shuffled : public PromptMethod {
    public:
        bool meetsBudget(const Parameters &parameters) const override { return prompt::meetsStagedBudget(parameters); }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            auto options = prompt::stagedOptions(input, budget, parameters);
            if (!options)
                return fail(options.error());
            options->rules.order = StageOrder::Shuffled;
            return stagedPlan(input, *options, scorer, context);
        }
    };

} // namespace

namespace methodspecs {
    extern const MethodSpec shuffled;
}

constinit const MethodSpec methodspecs::shuffled{.id = "shuffled",
    .title = "DAC, scores shuffled",
    .family = "prompt",
    .summary = "DAC whose scores are permuted before selection: must behave like random deletion.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .needs = "information,attention",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<Shuffled>(); }};

} // namespace winnow
