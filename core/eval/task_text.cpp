#include "core/eval/task_text.h"

#include "core/model/unicode.h"

#include <algorithm>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <map>
#include <utility>

namespace winnow {
namespace {

    bool isAsciiPunctuation(char32_t c)
    {
        return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
    }

    /// Punctuation of Chinese text: every category P, the ASCII signs and their full-width forms, the geta marks.
    bool isWidePunctuation(char32_t c)
    {
        if (isAsciiPunctuation(c) || (codePointClasses(c) & kPunctuation))
            return true;
        return c == 0x303E || c == 0x303F || (c > 0xFF00 && c <= 0xFF5E && isAsciiPunctuation(c - 0xFEE0));
    }

    bool isWordPart(char32_t c) { return (codePointClasses(c) & (kLetter | kNumber)) != 0 || c == '_'; }

    bool isArticle(std::string_view word) { return word == "a" || word == "an" || word == "the"; }

    void flush(std::string &word, std::vector<std::string> &words)
    {
        if (!word.empty())
            words.push_back(std::exchange(word, {}));
    }

    /// Replaces each article that stands between word boundaries by a space: "a–b" has one, "an" in "and" is none.
    std::string withoutArticles(const std::string &text)
    {
        std::string out, run;
        const auto close = [&] {
            if (isArticle(run))
                out += ' ';
            else
                out += run;
            run.clear();
        };
        for (size_t at = 0; at < text.size();) {
            const size_t begin = at;
            const char32_t c = takeCodePoint(text, at);
            if (isWordPart(c)) {
                run.append(text, begin, at - begin);
                continue;
            }
            close();
            out.append(text, begin, at - begin);
        }
        close();
        return out;
    }

    std::vector<std::string> splitAtSpace(std::string_view text)
    {
        std::vector<std::string> words;
        std::string word;
        for (size_t at = 0; at < text.size();) {
            const size_t begin = at;
            const char32_t c = takeCodePoint(text, at);
            if (isWhiteSpace(c))
                flush(word, words);
            else
                word.append(text.substr(begin, at - begin));
        }
        flush(word, words);
        return words;
    }

    template <typename Drop>
    std::vector<std::string> singles(std::string_view text, Drop drop)
    {
        std::vector<std::string> characters;
        for (size_t at = 0; at < text.size();) {
            const size_t begin = at;
            const char32_t c = takeCodePoint(text, at);
            if (!isWhiteSpace(c) && !drop(c))
                characters.emplace_back(text.substr(begin, at - begin));
        }
        return characters;
    }

    template <typename Sequence>
    int64_t lcsLength(const Sequence &a, const Sequence &b)
    {
        const Sequence &shorter = a.size() < b.size() ? a : b;
        const Sequence &longer = a.size() < b.size() ? b : a;
        std::vector<int32_t> row(shorter.size() + 1, 0);
        for (const auto &unit : longer) {
            int32_t diagonal = 0;
            for (size_t i = 0; i < shorter.size(); ++i) {
                const int32_t above = row[i + 1];
                row[i + 1] = shorter[i] == unit ? diagonal + 1 : std::max(above, row[i]);
                diagonal = above;
            }
        }
        return row.back();
    }

} // namespace

std::string lowerCaseText(std::string_view text)
{
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
        std::string lower(text);
        for (char &c : lower) {
            if (c >= 'A' && c <= 'Z')
                c = static_cast<char>(c - 'A' + 'a');
        }
        return lower;
    }
    std::string lower;
    icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())}).toLower(icu::Locale::getRoot()).toUTF8String(lower);
    return lower;
}

std::vector<std::string> answerUnits(std::string_view text, TextUnits units)
{
    const std::string lower = lowerCaseText(text);
    if (units == TextUnits::Characters)
        return singles(lower, isWidePunctuation);
    std::string kept;
    std::copy_if(lower.begin(), lower.end(), std::back_inserter(kept),
        [](char c) { return !isAsciiPunctuation(static_cast<unsigned char>(c)); });
    return splitAtSpace(withoutArticles(kept));
}

std::string normalisedAnswer(std::string_view text, TextUnits units)
{
    std::string joined;
    for (const std::string &unit : answerUnits(text, units)) {
        if (units == TextUnits::Words && !joined.empty())
            joined += ' ';
        joined += unit;
    }
    return joined;
}

TextUnits textUnitsOf(std::string_view language, std::string_view text)
{
    if (language == "zh" || language == "ja")
        return TextUnits::Characters;
    if (!language.empty() && language != "auto")
        return TextUnits::Words;
    int64_t letters = 0, unspaced = 0;
    for (size_t at = 0; at < text.size();) {
        const char32_t c = takeCodePoint(text, at);
        if (!(codePointClasses(c) & kLetter))
            continue;
        ++letters;
        const bool kana = c >= 0x3040 && c <= 0x30FF;
        unspaced += kana || u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_IDEOGRAPHIC);
    }
    return letters > 0 && 2 * unspaced >= letters ? TextUnits::Characters : TextUnits::Words;
}

std::vector<std::string> plainUnits(std::string_view text, TextUnits units)
{
    const std::string lower = lowerCaseText(text);
    return units == TextUnits::Characters ? singles(lower, [](char32_t) { return false; }) : splitAtSpace(lower);
}

std::u32string codePointsOf(std::string_view text)
{
    std::u32string points;
    points.reserve(text.size());
    for (size_t at = 0; at < text.size();)
        points += takeCodePoint(text, at);
    return points;
}

int64_t longestCommonSubsequence(const std::vector<int32_t> &a, const std::vector<int32_t> &b) { return lcsLength(a, b); }

int64_t longestCommonSubsequence(std::u32string_view a, std::u32string_view b) { return lcsLength(a, b); }

double lcsRatio(const std::vector<std::string> &a, const std::vector<std::string> &b)
{
    if (a.empty() && b.empty())
        return 1;
    // Numbers instead of words: the inner loop compares integers.
    std::map<std::string, int32_t> numbers;
    const auto numbered = [&](const std::vector<std::string> &units) {
        std::vector<int32_t> ids;
        for (const std::string &unit : units)
            ids.push_back(numbers.emplace(unit, static_cast<int32_t>(numbers.size())).first->second);
        return ids;
    };
    const std::vector<int32_t> left = numbered(a), right = numbered(b);
    return 2.0 * static_cast<double>(longestCommonSubsequence(left, right)) / static_cast<double>(a.size() + b.size());
}

} // namespace winnow
