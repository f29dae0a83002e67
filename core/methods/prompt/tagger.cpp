#include "core/base/method_info.h"
#include "core/methods/prompt/logistic.h"
#include "core/methods/prompt/staged_parameters.h"
#include "core/methods/prompt/word_features.h"
#include "core/methods/prompt/word_filter.h"
#include "core/methods/registry.h"

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr std::array<std::string_view, 6> kTeachers{"dac", "llmlingua", "selective_context", "entropy", "attention", "random_prompt"};
    constexpr std::array<std::string_view, 6> kTeacherTitles{"DAC", "LLMLingua", "Selective-Context", "Entropy only", "Attention only", "Random deletion"};

    /// A word is kept by the teacher when at least half of its bytes are.
    std::vector<uint8_t> teacherLabels(const PromptInput &input, const std::vector<ByteSpan> &words, const std::vector<int32_t> &kept)
    {
        std::vector<uint8_t> stays(input.text.size(), 0), labels;
        for (const int32_t token : kept) {
            const auto &[begin, end] = input.spans[static_cast<size_t>(token)];
            std::fill(stays.begin() + begin, stays.begin() + end, uint8_t(1));
        }
        for (const auto &[begin, end] : words)
            labels.push_back(2 * std::count(stays.begin() + begin, stays.begin() + end, uint8_t(1)) >= end - begin);
        return labels;
    }

    /// A word tagger in the place of LLMLingua-2's encoder: logistic regression on signals of the scoring model, taught by another method on
    /// the first part of the text (prompt-compression-baselines.md 3.5). It owns its teacher.
    class Tagger : public PromptMethod {
    public:
        bool meetsBudget(const Parameters &) const override { return false; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            const std::vector<ByteSpan> spans = whiteSpaceWords(input.text);
            const int64_t seen = std::min(input.tokens(), scorer.window());
            auto scores = scorer.score(std::span(input.ids).first(static_cast<size_t>(seen)), ScoreWish{.attention = true}, context);
            if (!scores)
                return fail(scores.error());
            const MethodSpec *teacher = findMethod(parameters.word("teacher"));
            auto teaching = canonicalParameters(methodInfo(*teacher), {});
            if (!teaching)
                return fail(teaching.error());
            auto taught = teacher->createPrompt()->compress(input, scorer, budget, Parameters(*teaching), context);
            if (!taught)
                return fail(taught.error());
            const std::vector<std::vector<double>> rows = wordFeatures(input, spans, *scores);
            const std::vector<uint8_t> labels = teacherLabels(input, spans, taught->kept);
            const auto part = static_cast<std::ptrdiff_t>(std::lround(parameters.number("trainingShare") * static_cast<double>(rows.size())));
            // At least one word, however short the text: a regression on nothing has no features.
            const auto taughtRows = std::min<std::ptrdiff_t>(std::max<std::ptrdiff_t>(part, 1), static_cast<std::ptrdiff_t>(rows.size()));
            const LogisticModel model = fitLogistic({rows.begin(), rows.begin() + taughtRows}, {labels.begin(), labels.begin() + taughtRows});
            std::vector<ValuedWord> words;
            std::vector<double> heldOut;
            for (size_t w = 0; w < spans.size(); ++w) {
                words.push_back({spans[w], model.probability(rows[w]), 1, false, false, 0, 0, {}});
                if (static_cast<std::ptrdiff_t>(w) >= taughtRows)
                    heldOut.push_back(words.back().value);
            }
            for (const int32_t word : wordsOfTokens(input, spans)) {
                if (static_cast<size_t>(word) < words.size())
                    ++words[static_cast<size_t>(word)].tokens;
            }
            for (ValuedWord &word : words)
                word.tokens -= 1; // the one it began with
            return planOf(input, words, 1 - budget.share(input.tokens()),
                areaUnderCurve(heldOut, {labels.begin() + taughtRows, labels.end()}), teacher->title);
        }

    private:
        static PromptPlan planOf(const PromptInput &input, std::vector<ValuedWord> &words, double removed, double area, std::string_view teacher)
        {
            const std::vector<double> thresholds = filterWords(input.text, removed, {}, words);
            PromptPlan plan;
            plan.kept = tokensOfKeptWords(input, words);
            plan.scores.push_back(wordScores(input, words, "wordValue"));
            plan.tables.push_back(wordTable(input.text, words));
            if (!std::isnan(area))
                plan.metrics.emplace_back("heldOutAuc", area);
            if (!thresholds.empty())
                plan.metrics.emplace_back("threshold", thresholds.front());
            plan.notices.push_back("stand-in, not LLMLingua-2: a logistic regression taught by " + std::string(teacher));
            return plan;
        }
    };

    constexpr std::array kParameters{prompt::choice("teacher", "Teacher", "Whose kept words the tagger learns.", kTeachers, kTeacherTitles),
        ParameterSpec{.name = "trainingShare",
            .title = "Training part",
            .tooltip = "Words at the beginning of the text that are learned from; the others measure the tagger.",
            .type = ParameterType::Float,
            .defaultValue = 0.7,
            .minimum = 0.1,
            .maximum = 1},
        prompt::kJoiner};

} // namespace

namespace methodspecs {
    extern const MethodSpec tagger;
}

constinit const MethodSpec methodspecs::tagger{.id = "tagger",
    .title = "Word tagger (stand-in)",
    .family = "prompt",
    .summary = "Keeps words that a small regression learned to keep from another method; stands in for LLMLingua-2.",
    .source = "stand-in, not LLMLingua-2",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .needs = "information,attention",
    .artifacts = "PromptTokens,TokenScores,Table",
    .badge = "stand-in",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<Tagger>(); }};

} // namespace winnow
