#include "core/methods/prompt/text_units.h"

#include "core/base/utf8.h"
#include "core/methods/prompt/characters.h"
#include "core/methods/prompt/stop_words.h"
#include "core/model/unicode.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr size_t kPhraseWords = 5;

    std::vector<CodePoint> codePoints(std::string_view text)
    {
        std::vector<CodePoint> out;
        appendCodePoints(text, 0, out);
        return out;
    }

    int64_t endOf(const std::vector<CodePoint> &points, size_t index, std::string_view text)
    {
        return static_cast<int64_t>(index + 1 < points.size() ? points[index + 1].begin : text.size());
    }

    bool isCjkStop(char32_t value) { return value == U'。' || value == U'！' || value == U'？'; }
    bool isCapital(char32_t value) { return value >= U'A' && value <= U'Z'; }
    bool isSmall(char32_t value) { return value >= U'a' && value <= U'z'; }

    /// (?<!\w\.\w.)(?<![A-Z][a-z]\.) in front of `at`.
    bool isAbbreviation(const std::vector<CodePoint> &points, size_t at)
    {
        const auto before = [&](size_t back) { return at >= back ? points[at - back].value : char32_t(0); };
        const bool dotted = at >= 4 && isWordCharacter(before(4)) && before(3) == U'.' && isWordCharacter(before(2));
        const bool titled = at >= 3 && isCapital(before(3)) && isSmall(before(2)) && before(1) == U'.';
        return dotted || titled;
    }

    bool endsSentence(char32_t value, SentenceRule rule)
    {
        return value == U'.' || value == U'?' || (rule == SentenceRule::Ours && (value == U'!' || isCjkStop(value)));
    }

    void addStripped(std::string_view text, size_t begin, size_t end, std::vector<ByteSpan> &out)
    {
        const std::string_view part = text.substr(begin, end - begin);
        const size_t visible = endOfLastVisible(part);
        if (visible == 0)
            return;
        size_t first = 0, next = 0;
        while (isWhiteSpace(takeCodePoint(part, next)))
            first = next;
        out.emplace_back(static_cast<int64_t>(begin + first), static_cast<int64_t>(begin + visible));
    }

    bool joinsWord(const std::vector<CodePoint> &points, size_t at)
    {
        if (at == 0 || at + 1 >= points.size())
            return false;
        const char32_t value = points[at].value, before = points[at - 1].value, behind = points[at + 1].value;
        if (value == U'\'' || value == U'’' || value == U'-')
            return isWordCharacter(before) && isWordCharacter(behind);
        return (value == U'.' || value == U',') && isDecimalDigit(before) && isDecimalDigit(behind);
    }

    bool isContent(std::string_view word) { return isWordCharacter(firstCharacter(word)) && !isStopWord(word); }

} // namespace

std::vector<ByteSpan> whiteSpaceWords(std::string_view text)
{
    std::vector<ByteSpan> words;
    const std::vector<CodePoint> points = codePoints(text);
    for (size_t i = 0; i < points.size(); ++i) {
        if (isWhiteSpace(points[i].value))
            continue;
        if (i == 0 || isWhiteSpace(points[i - 1].value))
            words.emplace_back(points[i].begin, 0);
        words.back().second = endOf(points, i, text);
    }
    return words;
}

std::vector<int32_t> unitsOfTokens(const PromptInput &input, const std::vector<ByteSpan> &units)
{
    std::vector<int32_t> out;
    size_t unit = 0;
    for (int64_t t = 0; t < input.tokens(); ++t) {
        const std::string_view piece = input.bytes(t);
        const size_t visible = endOfLastVisible(piece);
        const int64_t place = input.spans[static_cast<size_t>(t)].first + static_cast<int64_t>(visible) - (visible > 0 ? 1 : 0);
        // The first unit that ends behind the place: the one it lies in, or the next one.
        while (unit < units.size() && units[unit].second <= place)
            ++unit;
        out.push_back(static_cast<int32_t>(unit));
    }
    return out;
}

std::vector<int32_t> wordsOfTokens(const PromptInput &input, const std::vector<ByteSpan> &words) { return unitsOfTokens(input, words); }

std::vector<int32_t> wordsOfTokens(const PromptInput &input) { return wordsOfTokens(input, whiteSpaceWords(input.text)); }

std::vector<ByteSpan> sentences(std::string_view text, SentenceRule rule)
{
    std::vector<ByteSpan> out;
    const std::vector<CodePoint> points = codePoints(text);
    size_t begin = 0;
    for (size_t i = 1; i < points.size(); ++i) {
        const char32_t before = points[i - 1].value;
        if (!endsSentence(before, rule))
            continue;
        const bool bare = rule == SentenceRule::Ours && isCjkStop(before) && !isCjkStop(points[i].value);
        if (!(isWhiteSpace(points[i].value) || bare) || isAbbreviation(points, i))
            continue;
        addStripped(text, begin, points[i].begin, out);
        begin = points[i].begin;
    }
    addStripped(text, begin, text.size(), out);
    return out;
}

std::vector<int32_t> tokensMostlyKept(const PromptInput &input, const std::vector<uint8_t> &byteStays)
{
    std::vector<int32_t> kept;
    bool behind = false; // whether the token behind stays
    for (size_t t = input.ids.size(); t-- > 0;) {
        int64_t visible = 0, stays = 0;
        forVisible(input, t, [&](size_t byte) {
            ++visible;
            stays += byteStays[byte];
        });
        if (visible > 0)
            behind = 2 * stays >= visible;
        if (behind)
            kept.push_back(static_cast<int32_t>(t));
    }
    std::reverse(kept.begin(), kept.end());
    return kept;
}

void forVisible(const PromptInput &input, size_t token, const std::function<void(size_t byte)> &use)
{
    const auto [begin, end] = input.spans[token];
    for (auto at = static_cast<size_t>(begin); at < static_cast<size_t>(end);) {
        const size_t first = at;
        const size_t valid = firstInvalidUtf8(std::string_view(input.text).substr(at, static_cast<size_t>(end) - at));
        // A part of a character counts as one for each of its bytes: nothing of it can be seen by itself.
        const char32_t value = valid > 0 ? takeCodePoint(input.text, at) : char32_t(0xFFFD);
        at += valid > 0 ? 0 : 1;
        if (!isWhiteSpace(value))
            use(first);
    }
}

std::vector<ByteSpan> phraseWords(std::string_view text)
{
    std::vector<ByteSpan> words;
    const std::vector<CodePoint> points = codePoints(text);
    bool inWord = false;
    for (size_t i = 0; i < points.size(); ++i) {
        const int64_t begin = static_cast<int64_t>(points[i].begin), end = endOf(points, i, text);
        if (isWhiteSpace(points[i].value)) {
            inWord = false;
            continue;
        }
        const bool part = isWordCharacter(points[i].value) || (inWord && joinsWord(points, i));
        if (part && inWord)
            words.back().second = end;
        else
            words.emplace_back(begin, end);
        inWord = part;
    }
    return words;
}

std::vector<ByteSpan> phrases(std::string_view sentence, const std::vector<ByteSpan> &words)
{
    std::vector<ByteSpan> units;
    const auto wordAt = [&](size_t i) {
        return sentence.substr(static_cast<size_t>(words[i].first), static_cast<size_t>(words[i].second - words[i].first));
    };
    for (size_t i = 0; i < words.size();) {
        size_t end = i;
        if (isDeterminer(wordAt(i)) && i + 1 < words.size() && isContent(wordAt(i + 1)))
            ++end;
        const size_t limit = std::min(words.size(), end + kPhraseWords);
        while (end < limit && isContent(wordAt(end)))
            ++end;
        end = std::max(end, i + 1);
        units.emplace_back(units.empty() ? 0 : units.back().second, words[end - 1].second);
        i = end;
    }
    if (!units.empty())
        units.back().second = static_cast<int64_t>(sentence.size());
    return units;
}

FoldedText foldWhiteSpace(std::string_view text, bool keepNewlines)
{
    FoldedText out;
    const std::vector<CodePoint> points = codePoints(text);
    for (size_t i = 0; i < points.size();) {
        if (!isWhiteSpace(points[i].value)) {
            const auto end = static_cast<size_t>(endOf(points, i, text));
            for (size_t at = points[i].begin; at < end; ++at) {
                out.text += text[at];
                out.source.push_back(static_cast<int64_t>(at));
            }
            ++i;
            continue;
        }
        const size_t first = i;
        bool newline = false;
        for (; i < points.size() && isWhiteSpace(points[i].value); ++i)
            newline = newline || points[i].value == U'\n';
        out.text += keepNewlines && newline ? '\n' : ' ';
        out.source.push_back(static_cast<int64_t>(points[first].begin));
    }
    out.source.push_back(static_cast<int64_t>(text.size()));
    return out;
}

} // namespace winnow
