#include "core/methods/prompt/answer_words.h"

#include "core/methods/prompt/characters.h"
#include "core/methods/prompt/text_units.h"
#include "core/model/unicode.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <limits>
#include <map>

namespace winnow {
namespace {

    constexpr size_t kLargestGap = 10;

    bool isCjk(char32_t value)
    {
        UErrorCode error = U_ZERO_ERROR;
        const UScriptCode script = uscript_getScript(static_cast<UChar32>(value), &error);
        return U_SUCCESS(error) && (script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA);
    }

    bool isAsciiPunctuation(char32_t value)
    {
        return value < 0x80 && value > 0x20 && !u_isalnum(static_cast<UChar32>(value)) && value != 0x7F;
    }

    double survival(const std::vector<std::string> &source, const std::vector<std::string> &text)
    {
        if (source.empty())
            return std::numeric_limits<double>::quiet_NaN();
        std::map<std::string, int64_t> left;
        for (const std::string &word : text)
            ++left[word];
        int64_t found = 0;
        for (const std::string &word : source) {
            int64_t &count = left[word];
            found += count > 0;
            count -= count > 0;
        }
        return static_cast<double>(found) / static_cast<double>(source.size());
    }

    std::vector<std::string> wordsThat(std::string_view text, bool (*wanted)(std::string_view))
    {
        std::vector<std::string> out;
        for (const ByteSpan &word : phraseWords(text)) {
            const std::string_view part = text.substr(static_cast<size_t>(word.first), static_cast<size_t>(word.second - word.first));
            if (wanted(part))
                out.emplace_back(part);
        }
        return out;
    }

    bool isNumber(std::string_view word) { return isDecimalDigit(firstCharacter(word)); }
    bool isCapitalised(std::string_view word) { return u_isupper(static_cast<UChar32>(firstCharacter(word))); }

    bool chained(const std::vector<std::string> &answer, const std::vector<std::string> &text, size_t start)
    {
        size_t at = start;
        for (size_t i = 1; i < answer.size(); ++i) {
            const auto from = text.begin() + static_cast<std::ptrdiff_t>(at) + 1;
            const auto to = text.begin() + static_cast<std::ptrdiff_t>(std::min(text.size(), at + 1 + kLargestGap));
            const auto found = std::find(from, to, answer[i]);
            if (found == to)
                return false;
            at = static_cast<size_t>(found - text.begin());
        }
        return true;
    }

    bool survivesInOrder(std::string_view answer, std::string_view text)
    {
        const std::vector<std::string> words = answerWords(answer), in = answerWords(text);
        for (size_t start = 0; !words.empty() && start < in.size(); ++start) {
            if (in[start] == words[0] && chained(words, in, start))
                return true;
        }
        return false;
    }

} // namespace

std::vector<std::string> answerWords(std::string_view text)
{
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty() && word != "a" && word != "an" && word != "the")
            words.push_back(word);
        word.clear();
    };
    const std::string lower = lowerCase(text);
    size_t at = 0;
    while (at < lower.size()) {
        const size_t begin = at;
        const char32_t value = takeCodePoint(lower, at);
        if (isAsciiPunctuation(value))
            continue;
        if (isWhiteSpace(value) || isCjk(value))
            end();
        if (isWhiteSpace(value) || (value >= 0x80 && u_ispunct(static_cast<UChar32>(value))))
            continue;
        word += lower.substr(begin, at - begin);
        if (isCjk(value))
            end();
    }
    end();
    return words;
}

bool survivesVerbatim(std::string_view answer, std::string_view text)
{
    const auto joined = [](std::string_view from) {
        std::string all;
        for (const std::string &word : answerWords(from))
            all += (all.empty() ? "" : " ") + word;
        return all;
    };
    const std::string wanted = joined(answer);
    return !wanted.empty() && joined(text).find(wanted) != std::string::npos;
}

bool survivesOrdered(std::string_view answer, std::string_view text) { return survivesInOrder(answer, text); }

double numberSurvival(std::string_view source, std::string_view text)
{
    return survival(wordsThat(source, isNumber), wordsThat(text, isNumber));
}

double capitalSurvival(std::string_view source, std::string_view text)
{
    return survival(wordsThat(source, isCapitalised), wordsThat(text, isCapitalised));
}

} // namespace winnow
