#include "core/methods/prompt/random_choice.h"
#include "core/methods/prompt/staged_parameters.h"
#include "core/methods/prompt/text_units.h"

#include <cmath>

namespace winnow {
namespace {

    constexpr std::array<std::string_view, 3> kGrains{"token", "word", "sentence"};
    constexpr std::array<std::string_view, 3> kGrainTitles{"Token", "Word", "Sentence"};

    /// What every method has to beat (prompt-compression-baselines.md 3.1).
    class RandomPrompt : public PromptMethod {
    public:
        bool scores(const Parameters &) const override { return false; }
        bool meetsBudget(const Parameters &parameters) const override { return parameters.word("unit") == "token"; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &) const override
        {
            PromptPlan plan;
            SplitMix64 random(static_cast<uint64_t>(parameters.integer("seed")));
            const std::string unit = parameters.word("unit");
            if (unit == "token") {
                plan.kept = randomChoice(input.tokens(), budget.target(input.tokens()), random);
                return plan;
            }
            const std::vector<int32_t> unitOf = unit == "word" ? wordsOfTokens(input)
                                                               : unitsOfTokens(input, sentences(input.text, SentenceRule::Ours));
            const int64_t units = unitOf.back() + 1;
            const auto count = static_cast<int64_t>(std::floor(budget.share(input.tokens()) * static_cast<double>(units) + 1e-9));
            std::vector<uint8_t> stays(static_cast<size_t>(units), 0);
            for (const int32_t chosen : randomChoice(units, count, random))
                stays[static_cast<size_t>(chosen)] = 1;
            for (size_t t = 0; t < unitOf.size(); ++t) {
                if (stays[static_cast<size_t>(unitOf[t])])
                    plan.kept.push_back(static_cast<int32_t>(t));
            }
            return plan;
        }
    };

    constexpr std::array kParameters{
        prompt::choice("unit", "Unit", "What is deleted at a time.", kGrains, kGrainTitles), prompt::kSeed, prompt::kJoiner};

} // namespace

namespace methodspecs {
    extern const MethodSpec random_prompt;
}

constinit const MethodSpec methodspecs::random_prompt{.id = "random_prompt",
    .title = "Random deletion",
    .family = "prompt",
    .summary = "Keeps a random choice of tokens, words or sentences.",
    .source = "control",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .artifacts = "PromptTokens",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<RandomPrompt>(); }};

} // namespace winnow
