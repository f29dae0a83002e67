#include "core/methods/prompt/lingua_parameters.h"

#include <chrono>

namespace winnow {
namespace {

    /// Drops contexts, sentences and tokens that the model expected, given what is kept before them (arXiv:2310.05736).
    class LlmLingua : public PromptMethod {
    public:
        bool meetsBudget(const Parameters &) const override { return false; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            LinguaOptions options = prompt::linguaOptions(parameters);
            options.shift = parameters.word("indexShift") == "official" ? IndexShift::Official : IndexShift::Off;
            auto chosen = chooseContexts(input, linguaTarget(input, budget) + options.slack, scorer, context);
            if (!chosen)
                return fail(chosen.error());
            auto plan = linguaPlan(input, budget, *chosen, options, scorer, context);
            if (plan && options.shift == IndexShift::Official && options.rules.pool == LinguaPool::Segment)
                plan->notices.push_back("the official index shift has a pool of its own, that of the whole prompt: pool segment is not looked at");
            return plan;
        }

    private:
        static Result<LinguaContexts> chooseContexts(const PromptInput &input, double budget, PromptScorer &scorer, const RunContext &context)
        {
            LinguaContexts chosen;
            const size_t count = input.contextTokens.size();
            chosen.deltas.assign(count, 0.0);
            if (count == 1) {
                chosen.contexts.push_back({0, input.contextTokens[0].count(), true, 0});
                return chosen;
            }
            const auto began = std::chrono::steady_clock::now();
            auto nll = contextInformation(input, scorer, context);
            if (!nll)
                return fail(nll.error());
            std::vector<int64_t> tokens;
            for (const TokenRange &range : input.contextTokens)
                tokens.push_back(range.count());
            chosen.contexts = rankedContexts(*nll, tokens, budget, RankFirst::Highest);
            chosen.rankMs = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
            return chosen;
        }
    };

    constexpr std::array kParameters{prompt::kSegment, prompt::kContextSlack, prompt::kSentenceFilter, prompt::kSentenceRatio, prompt::kPool,
        prompt::choice("indexShift", "Index shift", "Official judges a token by the one behind it and leaves the last segment alone.",
            prompt::kShifts, prompt::kShiftTitles),
        prompt::kKeepSplit, prompt::kJoiner};

} // namespace

namespace methodspecs {
    extern const MethodSpec llmlingua;
}

constinit const MethodSpec methodspecs::llmlingua{.id = "llmlingua",
    .title = "LLMLingua",
    .family = "prompt",
    .summary = "Drops tokens the model expected, segment by segment, given what was kept.",
    .source = "arXiv:2310.05736",
    .sourceUrl = "https://arxiv.org/abs/2310.05736",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .needs = "information",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<LlmLingua>(); }};

} // namespace winnow
