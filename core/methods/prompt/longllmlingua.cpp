#include "core/methods/prompt/characters.h"
#include "core/methods/prompt/lingua_parameters.h"

#include <chrono>

namespace winnow {
namespace {

    /// Contexts and tokens that make the question expected stay (arXiv:2310.06839).
    class LongLlmLingua : public PromptMethod {
    public:
        bool meetsBudget(const Parameters &) const override { return false; }

        std::string lacks(const PromptInput &input, const Parameters &) const override
        {
            return isBlank(input.question) ? "LongLLMLingua looks at the question, and the request has none: give --question" : "";
        }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            LinguaOptions options = prompt::linguaOptions(parameters);
            options.order = parameters.word("order") == "rank" ? LinguaOrder::Rank : LinguaOrder::Original;
            options.asksQuestion = true;
            const auto began = std::chrono::steady_clock::now();
            auto nll = questionInformation(input, scorer, context);
            if (!nll)
                return fail(nll.error());
            std::vector<int64_t> tokens;
            for (const TokenRange &range : input.contextTokens)
                tokens.push_back(range.count());
            LinguaContexts chosen;
            chosen.contexts = rankedContexts(*nll, tokens, linguaTarget(input, budget) + options.slack, RankFirst::Lowest);
            chosen.rankMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
            int64_t kept = 0;
            for (const RankedContext &entry : chosen.contexts)
                kept += entry.kept;
            const std::vector<double> deltas = rankDeltas(kept, parameters.number("spread"));
            for (const RankedContext &entry : chosen.contexts)
                chosen.deltas.push_back(entry.kept ? deltas[static_cast<size_t>(entry.rank)] : 0);
            return linguaPlan(input, budget, chosen, options, scorer, context);
        }
    };

    constexpr std::array kParameters{ParameterSpec{.name = "spread",
                                         .title = "Spread",
                                         .tooltip = "How much more than the last the best ranked context keeps, as half the difference of kept shares.",
                                         .type = ParameterType::Float,
                                         .defaultValue = 0.3,
                                         .minimum = 0,
                                         .maximum = 0.5},
        prompt::choice("order", "Order", "The order contexts are put out in.", prompt::kOrders, prompt::kOrderTitles), prompt::kSegment,
        prompt::kContextSlack, prompt::kSentenceFilter, prompt::kSentenceRatio, prompt::kPool, prompt::kKeepSplit, prompt::kJoiner};

} // namespace

namespace methodspecs {
    extern const MethodSpec longllmlingua;
}

constinit const MethodSpec methodspecs::longllmlingua{.id = "longllmlingua",
    .title = "LongLLMLingua",
    .family = "prompt",
    .summary = "Keeps contexts and tokens that make the question more expected.",
    .source = "arXiv:2310.06839",
    .sourceUrl = "https://arxiv.org/abs/2310.06839",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .needs = "information,question",
    .artifacts = "PromptTokens,TokenScores,Table",
    .badge = "question-aware",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<LongLlmLingua>(); }};

} // namespace winnow
