#include "core/methods/prompt/word_features.h"

#include "core/methods/prompt/characters.h"
#include "core/methods/prompt/stop_words.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace winnow {
namespace {

    bool isCapital(char32_t value) { return value != 0xFFFFFFFF && u_isupper(static_cast<UChar32>(value)); }

    struct WordSignals {
        double information = 0, largest = 0, attention = 0;
        int64_t tokens = 0;
    };

    std::vector<WordSignals> signalsOf(const PromptInput &input, const std::vector<ByteSpan> &words, const SequenceScores &scores)
    {
        std::vector<WordSignals> out(words.size());
        const std::vector<int32_t> wordOf = wordsOfTokens(input, words);
        for (size_t t = 0; t < wordOf.size() && t < scores.information.size(); ++t) {
            if (static_cast<size_t>(wordOf[t]) >= out.size() || std::isnan(scores.information[t]))
                continue;
            WordSignals &word = out[static_cast<size_t>(wordOf[t])];
            word.information += scores.information[t];
            word.largest = std::max(word.largest, scores.information[t]);
            word.attention += scores.attention.empty() ? 0 : scores.attention[t];
            ++word.tokens;
        }
        for (WordSignals &word : out) {
            const auto count = static_cast<double>(std::max<int64_t>(1, word.tokens));
            word.information /= count;
            word.attention /= count;
        }
        return out;
    }

} // namespace

std::vector<std::vector<double>> wordFeatures(const PromptInput &input, const std::vector<ByteSpan> &words, const SequenceScores &scores)
{
    const std::vector<WordSignals> signals = signalsOf(input, words, scores);
    std::map<std::string, int64_t> counts;
    std::vector<std::string> lower;
    for (const auto &[begin, end] : words) {
        lower.push_back(lowerCase(std::string_view(input.text).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin))));
        ++counts[lower.back()];
    }
    std::vector<std::vector<double>> rows;
    for (size_t w = 0; w < words.size(); ++w) {
        const std::string_view text
            = std::string_view(input.text).substr(static_cast<size_t>(words[w].first), static_cast<size_t>(words[w].second - words[w].first));
        const double before = w > 0 ? signals[w - 1].information : 0, behind = w + 1 < words.size() ? signals[w + 1].information : 0;
        rows.push_back({signals[w].information, signals[w].largest, signals[w].attention, static_cast<double>(text.size()),
            isCapital(firstCharacter(text)) ? 1.0 : 0.0, anyOf(text, isDecimalDigit) ? 1.0 : 0.0, anyOf(text, isPunctuationLike) ? 1.0 : 0.0,
            isStopWord(text) ? 1.0 : 0.0, static_cast<double>(w) / static_cast<double>(words.size()), std::log(static_cast<double>(counts[lower[w]])),
            before, behind});
    }
    return rows;
}

} // namespace winnow
