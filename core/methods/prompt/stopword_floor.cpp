#include "core/methods/prompt/random_choice.h"
#include "core/methods/prompt/staged_parameters.h"
#include "core/methods/prompt/stop_words.h"
#include "core/methods/prompt/text_units.h"

#include <algorithm>

namespace winnow {
namespace {

    /// Drops stop words until the budget is met, then tokens at random, both by the rule of random deletion and one stream of numbers
    /// (prompt-compression-baselines.md 3.1).
    class StopWordFloor : public PromptMethod {
    public:
        bool scores(const Parameters &) const override { return false; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &) const override
        {
            PromptPlan plan;
            SplitMix64 random(static_cast<uint64_t>(parameters.integer("seed")));
            std::vector<int32_t> stopTokens, others;
            const std::vector<ByteSpan> words = whiteSpaceWords(input.text);
            const std::vector<int32_t> wordOf = wordsOfTokens(input, words);
            for (size_t t = 0; t < wordOf.size(); ++t) {
                const auto word = static_cast<size_t>(wordOf[t]);
                const bool stop = word < words.size()
                    && isStopWord(std::string_view(input.text).substr(static_cast<size_t>(words[word].first),
                        static_cast<size_t>(words[word].second - words[word].first)));
                (stop ? stopTokens : others).push_back(static_cast<int32_t>(t));
            }
            const int64_t stay = budget.target(input.tokens()), rest = static_cast<int64_t>(others.size());
            std::vector<int32_t> &drawn = stay > rest ? stopTokens : others;
            for (const int32_t chosen : randomChoice(static_cast<int64_t>(drawn.size()), stay > rest ? stay - rest : stay, random))
                plan.kept.push_back(drawn[static_cast<size_t>(chosen)]);
            if (stay > rest)
                plan.kept.insert(plan.kept.end(), others.begin(), others.end());
            std::sort(plan.kept.begin(), plan.kept.end());
            return plan;
        }
    };

    constexpr std::array kParameters{prompt::kSeed, prompt::kJoiner};

} // namespace

namespace methodspecs {
    extern const MethodSpec stopword_floor;
}

constinit const MethodSpec methodspecs::stopword_floor{.id = "stopword_floor",
    .title = "Stop words first",
    .family = "prompt",
    .summary = "Deletes English stop words, then tokens at random.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .artifacts = "PromptTokens",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<StopWordFloor>(); }};

} // namespace winnow
