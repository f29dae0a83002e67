#include "core/methods/prompt/staged_parameters.h"
#include "core/methods/prompt/token_tagger.h"
#include "core/methods/prompt/word_filter.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr std::array<std::string_view, 2> kWordValues{"mean", "first"};
    constexpr std::array<std::string_view, 2> kWordValueTitles{"Mean of sub-words", "First sub-word"};
    constexpr int64_t kChunkPieces = 510; // Deviation: the repository allows 511 by a count that is off by one

    /// Sub-words of one context as words of the whole text.
    void addWords(const std::vector<TaggedPiece> &pieces, int64_t shift, int32_t context, int32_t firstChunk, bool firstOnly,
        std::vector<ValuedWord> &words)
    {
        double sum = 0;
        for (size_t i = 0; i < pieces.size(); ++i) {
            const TaggedPiece &piece = pieces[i];
            if (i == 0 || piece.beginsWord || piece.chunk != pieces[i - 1].chunk) {
                words.push_back({{piece.begin + shift, piece.end + shift}, 0, 1, false, false, firstChunk + piece.chunk, context, {}});
                sum = 0;
            }
            ValuedWord &word = words.back();
            word.bytes.second = piece.end + shift;
            word.pieces.push_back(piece.id);
            sum += piece.keep;
            word.value = firstOnly && word.pieces.size() > 1 ? word.value : sum / static_cast<double>(word.pieces.size());
        }
    }

    /// Words that a trained bidirectional classifier would keep (arXiv:2403.12968).
    class LlmLingua2 : public PromptMethod {
    public:
        bool meetsBudget(const Parameters &) const override { return false; }

        std::string lacks(const PromptInput &, const Parameters &parameters) const override
        {
            return parameters.word("folder").empty()
                ? "LLMLingua-2 is a trained encoder: name a folder with a token classifier of BERT or XLM-R kind in parameter folder; without one "
                  "there is the stand-in, method tagger"
                : "";
        }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            auto tagger = scorer.tagger(parameters.word("folder"), context);
            if (!tagger)
                return fail(tagger.error());
            auto words = taggedWords(input, **tagger, parameters, context);
            if (!words)
                return fail(words.error());
            if (auto counted = countReaderTokens(input, scorer, *words); !counted)
                return fail(counted.error());
            const ForcedWords forced{forcedList(parameters.word("forced")), parameters.flag("digits"), parameters.flag("collapse")};
            forceWords(input.text, forced, *words);
            const double rate = budget.share(input.tokens());
            std::vector<uint8_t> stays(input.contexts.size(), 1);
            if (parameters.flag("coarse") && input.contexts.size() > 1)
                stays = coarseContexts(*words, input.contexts.size(), coarseShare(budget, input.tokens()));
            std::vector<ValuedWord> left;
            std::copy_if(words->begin(), words->end(), std::back_inserter(left),
                [&](const ValuedWord &word) { return stays[static_cast<size_t>(word.context)] != 0; });
            const std::vector<double> thresholds = filterWords(input.text, removedOf(input, left, *words, rate), forced, left);
            return planOf(input, **tagger, left, thresholds);
        }

    private:
        /// The share that must go from what coarse filtering left, so that the whole meets the budget.
        static double removedOf(const PromptInput &, const std::vector<ValuedWord> &left, const std::vector<ValuedWord> &all, double rate)
        {
            const auto tokens = [](const std::vector<ValuedWord> &words) {
                double sum = 0;
                for (const ValuedWord &word : words)
                    sum += word.tokens;
                return sum;
            };
            const double remaining = tokens(left);
            return remaining > 0 ? std::clamp(1 - rate * tokens(all) / remaining, 0.0, 1.0) : 0;
        }

        static Result<std::vector<ValuedWord>> taggedWords(
            const PromptInput &input, const TokenTagger &tagger, const Parameters &parameters, const RunContext &context)
        {
            std::vector<ValuedWord> words;
            int64_t shift = 0;
            int32_t chunks = 0;
            for (size_t i = 0; i < input.contexts.size(); ++i) {
                auto pieces = tagger.tag(input.contexts[i], std::min(kChunkPieces, tagger.window()), context);
                if (!pieces)
                    return fail(pieces.error());
                addWords(*pieces, shift, static_cast<int32_t>(i), chunks, parameters.word("wordValue") == "first", words);
                chunks = words.empty() ? 0 : words.back().chunk + 1;
                shift += static_cast<int64_t>(input.contexts[i].size()) + 2; // the blank line between two
            }
            return words;
        }

        static Result<void> countReaderTokens(const PromptInput &input, const PromptScorer &scorer, std::vector<ValuedWord> &words)
        {
            for (ValuedWord &word : words) {
                auto tokens = scorer.tokens(std::string_view(input.text).substr(
                    static_cast<size_t>(word.bytes.first), static_cast<size_t>(word.bytes.second - word.bytes.first)));
                if (!tokens)
                    return fail(tokens.error());
                word.tokens = static_cast<int>(tokens->size());
            }
            return {};
        }

        static Result<PromptPlan> planOf(
            const PromptInput &input, const TokenTagger &tagger, const std::vector<ValuedWord> &words, const std::vector<double> &thresholds)
        {
            PromptPlan plan;
            std::vector<std::vector<int32_t>> pieces(input.contexts.size());
            for (const ValuedWord &word : words) {
                if (word.kept)
                    pieces[static_cast<size_t>(word.context)].insert(pieces[static_cast<size_t>(word.context)].end(), word.pieces.begin(), word.pieces.end());
            }
            for (const std::vector<int32_t> &ids : pieces) {
                auto text = tagger.join(ids);
                if (!text)
                    return fail(text.error());
                if (!text->empty())
                    plan.text += (plan.text.empty() ? "" : "\n\n") + *text;
            }
            plan.ownText = true;
            plan.kept = tokensOfKeptWords(input, words);
            plan.scores.push_back(wordScores(input, words, "probability"));
            TableArtifact chunks;
            chunks.id = "trace.chunks";
            chunks.title = "Chunks";
            chunks.columns = {"chunk", "threshold"};
            chunks.units = {"", ""};
            for (size_t c = 0; c < thresholds.size(); ++c)
                chunks.rows.push_back({c, jsonNumber(thresholds[c])});
            plan.tables = {wordTable(input.text, words), std::move(chunks)};
            plan.notices.push_back("scored by " + tagger.name() + ", not by the scoring model");
            return plan;
        }
    };

    constexpr std::array kParameters{ParameterSpec{.name = "folder",
                                         .title = "Encoder",
                                         .tooltip = "Folder of a token classifier of BERT or XLM-R kind with two classes.",
                                         .type = ParameterType::Text},
        prompt::choice("wordValue", "Word value", "How the values of sub-words become one of the word.", kWordValues, kWordValueTitles),
        ParameterSpec{.name = "forced",
            .title = "Forced words",
            .tooltip = "Words that always stay, separated by spaces; \\n is a line break, comma a comma.",
            .type = ParameterType::Text},
        ParameterSpec{.name = "digits",
            .title = "Keep digits",
            .tooltip = "Words with a digit always stay.",
            .type = ParameterType::Bool,
            .defaultValue = 0},
        ParameterSpec{.name = "collapse",
            .title = "Collapse repeats",
            .tooltip = "Equal forced words next to each other become one.",
            .type = ParameterType::Bool,
            .defaultValue = 0},
        ParameterSpec{.name = "coarse",
            .title = "Drop contexts",
            .tooltip = "Whole contexts of low mean value go first.",
            .type = ParameterType::Bool,
            .defaultValue = 0}};

} // namespace

namespace methodspecs {
    extern const MethodSpec llmlingua2;
}

constinit const MethodSpec methodspecs::llmlingua2{.id = "llmlingua2",
    .title = "LLMLingua-2",
    .family = "prompt",
    .summary = "Keeps words that a trained classifier keeps; needs the user's folder of such a model.",
    .source = "arXiv:2403.12968",
    .sourceUrl = "https://arxiv.org/abs/2403.12968",
    .budget = {.unit = "tokens", .defaultFraction = 0.5, .minimumFraction = 0.01},
    .parameters = kParameters,
    .needs = "encoder",
    .artifacts = "PromptTokens,TokenScores,Table",
    .badge = "needs an encoder",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<LlmLingua2>(); }};

} // namespace winnow
