#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// No context at all (prompt-compression-baselines.md 3.1).
    class NoContext : public PromptMethod {
    public:
        bool scores(const Parameters &) const override { return false; }
        bool takesBudget() const override { return false; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &, const PromptBudget &, const Parameters &,
            const RunContext &) const override
        {
            PromptPlan plan;
            plan.ownText = true;
            if (input.instruction.empty() && input.question.empty())
                plan.notices.push_back("nothing is left of the prompt: it has neither an instruction nor a question");
            return plan;
        }
    };

} // namespace

namespace methodspecs {
    extern const MethodSpec no_context;
}

constinit const MethodSpec methodspecs::no_context{.id = "no_context",
    .title = "No context",
    .family = "prompt",
    .summary = "Keeps instruction and question alone: the floor of every task score.",
    .source = "control",
    .budget = {.unit = ""},
    .artifacts = "PromptTokens",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<NoContext>(); }};

} // namespace winnow
