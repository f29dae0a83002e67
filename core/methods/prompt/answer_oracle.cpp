#include "core/eval/task_metrics.h"
#include "core/methods/prompt/staged_parameters.h"
#include "core/methods/prompt/text_units.h"

#include <algorithm>

namespace winnow {
namespace {

    /// Sentences that hold a gold answer first, then the head, until the budget is full: an upper bound for question answering
    /// (prompt-compression-baselines.md 3.1).
    class AnswerOracle : public PromptMethod {
    public:
        bool scores(const Parameters &) const override { return false; }

        std::string lacks(const PromptInput &input, const Parameters &) const override
        {
            return input.answers.empty() ? "the answer oracle keeps sentences with the answer, and the request has none: give --answer" : "";
        }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &, const PromptBudget &budget, const Parameters &,
            const RunContext &) const override
        {
            PromptPlan plan;
            const std::vector<ByteSpan> all = sentences(input.text, SentenceRule::Ours);
            const std::vector<int32_t> sentenceOf = unitsOfTokens(input, all);
            const TextUnits units = textUnitsOf("auto", input.text);
            std::vector<uint8_t> holds(all.size() + 1, 0);
            for (size_t s = 0; s < all.size(); ++s) {
                const std::string_view text = std::string_view(input.text).substr(
                    static_cast<size_t>(all[s].first), static_cast<size_t>(all[s].second - all[s].first));
                holds[s] = answerSurvives(input.answers, text, units).value_or(false);
            }
            const auto stay = static_cast<size_t>(budget.target(input.tokens()));
            for (const uint8_t wanted : {uint8_t(1), uint8_t(0)}) {
                for (size_t t = 0; t < sentenceOf.size() && plan.kept.size() < stay; ++t) {
                    if (holds[static_cast<size_t>(sentenceOf[t])] == wanted)
                        plan.kept.push_back(static_cast<int32_t>(t));
                }
            }
            if (std::find(holds.begin(), holds.end(), 1) == holds.end())
                plan.notices.push_back("no sentence of the contexts holds an answer: the head is kept");
            std::sort(plan.kept.begin(), plan.kept.end());
            return plan;
        }
    };

    constexpr std::array kParameters{prompt::kJoiner};

} // namespace

namespace methodspecs {
    extern const MethodSpec answer_oracle;
}

constinit const MethodSpec methodspecs::answer_oracle{.id = "answer_oracle",
    .title = "Answer oracle",
    .family = "prompt",
    .summary = "Keeps sentences that hold the answer: an upper bound that looks at the answer.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .artifacts = "PromptTokens",
    .badge = "sees the answer",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<AnswerOracle>(); }};

} // namespace winnow
