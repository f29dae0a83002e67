#include "core/model/tokenizer/split_rules.h"

#include <algorithm>
#include <array>
#include <string>

namespace winnow {
namespace {

    using Text = std::span<const CodePoint>;

    constexpr uint32_t kWordOrSpace = kLetter | kNumber | kSpace;

    bool isOther(const CodePoint &point) { return !point.is(kWordOrSpace); } // [^\s\p{L}\p{N}]

    /// First index from `at` that is not in `mask`.
    size_t runEnd(Text text, size_t at, uint32_t mask)
    {
        while (at < text.size() && text[at].is(mask))
            ++at;
        return at;
    }

    size_t otherEnd(Text text, size_t at)
    {
        while (at < text.size() && isOther(text[at]))
            ++at;
        return at;
    }

    /// Simple case folding as far as the contractions need it: ASCII letters, and U+017F, which folds to s.
    char32_t folded(char32_t value)
    {
        if (value >= 'A' && value <= 'Z')
            return value + ('a' - 'A');
        return value == U'\u017F' ? U's' : value;
    }

    enum class Case { Sensitive, Folded };

    /// End of `'s|'t|'re|'ve|'m|'ll|'d` at `at`, or `at`.
    size_t contractionEnd(Text text, size_t at, Case rule)
    {
        if (text[at].value != U'\'' || at + 1 >= text.size())
            return at;
        const auto letter = [&](size_t i) {
            if (i >= text.size())
                return char32_t{0};
            return rule == Case::Folded ? folded(text[i].value) : text[i].value;
        };
        const char32_t first = letter(at + 1), second = letter(at + 2);
        if (first == U's' || first == U't' || first == U'm' || first == U'd')
            return at + 2;
        if ((first == U'r' && second == U'e') || (first == U'v' && second == U'e') || (first == U'l' && second == U'l'))
            return at + 3;
        return at;
    }

    /// `\s+(?!\S)|\s+` at a space: the run, without its last code point when something follows it.
    size_t spaceEnd(Text text, size_t at)
    {
        const size_t end = runEnd(text, at, kSpace);
        return end < text.size() && end - at > 1 ? end - 1 : end;
    }

    size_t gpt2End(Text text, size_t at)
    {
        if (const size_t end = contractionEnd(text, at, Case::Sensitive); end > at)
            return end;
        // ` ?` before a run of one kind.
        const size_t run = text[at].value == U' ' && at + 1 < text.size() && !text[at + 1].is(kSpace) ? at + 1 : at;
        if (text[run].is(kLetter))
            return runEnd(text, run, kLetter);
        if (text[run].is(kNumber))
            return runEnd(text, run, kNumber);
        if (isOther(text[run]))
            return otherEnd(text, run);
        return spaceEnd(text, at);
    }

    /// The expression that Llama 3 and Qwen2 share but for the longest run of numbers.
    size_t llama3End(Text text, size_t at, size_t longestNumber)
    {
        if (const size_t end = contractionEnd(text, at, Case::Folded); end > at)
            return end;
        if (text[at].is(kLetter))
            return runEnd(text, at, kLetter);
        if (text[at].is(kNumber))
            return runEnd(text.first(std::min(text.size(), at + longestNumber)), at, kNumber);
        // `[^\r\n\p{L}\p{N}]?\p{L}+`
        if (!text[at].is(kNewline) && at + 1 < text.size() && text[at + 1].is(kLetter))
            return runEnd(text, at + 1, kLetter);
        // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
        const size_t run = text[at].value == U' ' && at + 1 < text.size() ? at + 1 : at;
        if (isOther(text[run]))
            return runEnd(text, otherEnd(text, run), kNewline);
        // `\s*[\r\n]+`: up to the last newline of the run.
        for (size_t end = runEnd(text, at, kSpace); end > at; --end) {
            if (text[end - 1].is(kNewline))
                return end;
        }
        return spaceEnd(text, at);
    }

    template <typename End>
    void splitBy(Text text, std::vector<size_t> &lengths, End end)
    {
        for (size_t at = 0; at < text.size();) {
            const size_t next = end(text, at);
            lengths.push_back(next - at);
            at = next;
        }
    }

    /// Pieces that match and the gaps between them, both kept: how llama.cpp applies an expression that does not cover
    /// the text. `matchEnd` returns its argument where nothing matches.
    template <typename End>
    void splitWithGaps(Text text, std::vector<size_t> &lengths, End matchEnd)
    {
        size_t gap = 0;
        for (size_t at = 0; at < text.size();) {
            const size_t next = matchEnd(text, at);
            if (next == at) {
                ++at;
                continue;
            }
            if (at > gap)
                lengths.push_back(at - gap);
            lengths.push_back(next - at);
            gap = at = next;
        }
        if (gap < text.size())
            lengths.push_back(text.size() - gap);
    }

    // The expressions of llama.cpp's pre-tokeniser "default" (llama-vocab.cpp).

    bool isPunctuationOrSign(const CodePoint &point)
    {
        return point.is(kPunctuation)
            || (point.value < 128 && std::string_view("$+<=>^~|").find(static_cast<char>(point.value)) != std::string_view::npos);
    }

    void isolatePunctuation(Text text, std::vector<size_t> &lengths) // `[\p{P}\$\+<=>\^~\|]+`
    {
        splitWithGaps(text, lengths, [](Text whole, size_t at) {
            while (at < whole.size() && isPunctuationOrSign(whole[at]))
                ++at;
            return at;
        });
    }

    void splitGpt2WithoutSpaces(Text text, std::vector<size_t> &lengths) // GPT-2's without its last `\s+`
    {
        splitWithGaps(text, lengths, [](Text whole, size_t at) {
            const size_t end = gpt2End(whole, at);
            const bool lone = whole[at].is(kSpace) && end < whole.size() && !whole[end].is(kSpace);
            return lone ? at : end; // only `\s+` would match
        });
    }

    void isolateNumberRuns(Text text, std::vector<size_t> &lengths) // `\p{N}+`
    {
        splitWithGaps(text, lengths, [](Text whole, size_t at) { return runEnd(whole, at, kNumber); });
    }

    void isolateThreeDigits(Text text, std::vector<size_t> &lengths) // `[0-9][0-9][0-9]`
    {
        splitWithGaps(text, lengths, [](Text whole, size_t at) {
            const auto isDigit = [](const CodePoint &point) { return point.value >= U'0' && point.value <= U'9'; };
            const bool three = whole.size() - at >= 3 && isDigit(whole[at]) && isDigit(whole[at + 1]) && isDigit(whole[at + 2]);
            return three ? at + 3 : at;
        });
    }

} // namespace

void splitGpt2(Text text, std::vector<size_t> &lengths) { splitBy(text, lengths, gpt2End); }

void splitLlama3(Text text, std::vector<size_t> &lengths)
{
    splitBy(text, lengths, [](Text whole, size_t at) { return llama3End(whole, at, 3); });
}

void splitQwen2(Text text, std::vector<size_t> &lengths)
{
    splitBy(text, lengths, [](Text whole, size_t at) { return llama3End(whole, at, 1); });
}

void isolateNumbers(Text text, std::vector<size_t> &lengths)
{
    splitWithGaps(text, lengths, [](Text whole, size_t at) { return whole[at].is(kNumber) ? at + 1 : at; });
}

Splitter splitterOf(std::string_view expression)
{
    struct Known {
        std::string_view expression;
        Splitter splitter;
    };
    static constexpr Known kKnown[] = {
        {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)", splitGpt2},
        {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)", splitLlama3},
        {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)", splitQwen2},
        {R"(\p{N})", isolateNumbers}, {R"(\p{N}+)", isolateNumberRuns}, {R"([0-9][0-9][0-9])", isolateThreeDigits},
        {R"([\p{P}\$\+<=>\^~\|]+)", isolatePunctuation},
        {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))", splitGpt2WithoutSpaces}};
    for (const Known &known : kKnown) {
        if (known.expression == expression)
            return known.splitter;
    }
    return nullptr;
}

} // namespace winnow
