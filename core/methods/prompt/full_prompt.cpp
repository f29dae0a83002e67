#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// All tokens (prompt-compression-baselines.md 3.1).
    class FullPrompt : public PromptMethod {
    public:
        bool scores(const Parameters &) const override { return false; }
        bool takesBudget() const override { return false; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &, const PromptBudget &, const Parameters &,
            const RunContext &) const override
        {
            PromptPlan plan;
            plan.ownText = true;
            plan.text = input.text;
            for (int32_t t = 0; t < static_cast<int32_t>(input.tokens()); ++t)
                plan.kept.push_back(t);
            return plan;
        }
    };

} // namespace

namespace methodspecs {
    extern const MethodSpec full_prompt;
}

constinit const MethodSpec methodspecs::full_prompt{.id = "full_prompt",
    .title = "Full prompt",
    .family = "prompt",
    .summary = "Keeps every token: the ceiling of every task score.",
    .source = "control",
    .budget = {.unit = ""},
    .artifacts = "PromptTokens",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<FullPrompt>(); }};

} // namespace winnow
