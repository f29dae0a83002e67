#include "core/methods/prompt/kept_ends.h"
#include "core/methods/prompt/staged_parameters.h"

namespace winnow {
namespace {

    /// The first B tokens (prompt-compression-baselines.md 3.1).
    class Head : public PromptMethod {
    public:
        bool scores(const Parameters &) const override { return false; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &, const PromptBudget &budget, const Parameters &,
            const RunContext &) const override
        {
            PromptPlan plan;
            const int64_t stay = budget.target(input.tokens());
            plan.kept = prompt::keptEnds(input.tokens(), stay, stay);
            return plan;
        }
    };

    constexpr std::array kParameters{prompt::kJoiner};

} // namespace

namespace methodspecs {
    extern const MethodSpec head;
}

constinit const MethodSpec methodspecs::head{.id = "head",
    .title = "Head",
    .family = "prompt",
    .summary = "Keeps the first tokens.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .artifacts = "PromptTokens",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<Head>(); }};

} // namespace winnow
