#include "core/methods/prompt/pieces.h"

#include "core/methods/prompt/characters.h"
#include "core/model/tokenizer/regex.h"

#include <algorithm>
#include <charconv>

namespace winnow {
namespace {

    bool endsClause(char32_t value)
    {
        return value == U'.' || value == U'?' || value == U'!' || value == U'\n' || value == U'。' || value == U'！' || value == U'？'
            || value == U'．' || value == U'｡';
    }

    Result<std::vector<uint8_t>> matchedTokens(const PromptInput &input, const std::string &pattern)
    {
        std::vector<uint8_t> mask(input.ids.size(), 0);
        if (pattern.empty())
            return fail(ErrorCode::BadInput, "parameter pattern: empty, expected a regular expression", "give --param pattern=EXPRESSION");
        auto regex = Regex::compile(pattern);
        if (!regex)
            return fail(ErrorCode::BadInput, "parameter pattern: " + regex.error().message);
        std::vector<RegexMatch> matches;
        int64_t ticks = regexBudget(input.text.size());
        if (auto found = (*regex)->findAll(input.text, matches, ticks); !found)
            return fail(found.error());
        for (const RegexMatch &match : matches) {
            for (size_t t = 0; t < mask.size(); ++t) {
                const auto &[begin, end] = input.spans[t];
                if (begin < static_cast<int64_t>(match.end) && end > static_cast<int64_t>(match.begin))
                    mask[t] = 1;
            }
        }
        return mask;
    }

} // namespace

std::vector<TokenRange> piecesOf(const PromptInput &input, int64_t window)
{
    std::vector<TokenRange> pieces;
    const auto n = static_cast<int32_t>(input.tokens());
    const auto limit = static_cast<int32_t>(std::min<int64_t>(window, n));
    for (int32_t first = 0; first < n;) {
        int32_t end = std::min(first + limit, n);
        if (end < n) {
            const int32_t earliest = first + (limit * 4 + 4) / 5; // ceil(0.8 W)
            for (int32_t t = end - 1; t >= earliest; --t) {
                if (anyOf(input.bytes(t), endsClause)) {
                    end = t + 1;
                    break;
                }
            }
        }
        pieces.push_back({first, end});
        first = end;
    }
    return pieces;
}

Result<std::vector<uint8_t>> protectedMask(const PromptInput &input, const std::string &kind, const std::string &pattern)
{
    if (kind == "none")
        return std::vector<uint8_t>();
    if (kind == "regex")
        return matchedTokens(input, pattern);
    std::vector<uint8_t> mask(input.ids.size(), 0);
    for (size_t t = 0; t < mask.size(); ++t) {
        const std::string_view piece = input.bytes(static_cast<int64_t>(t));
        mask[t] = kind == "digits" ? anyOf(piece, isDecimalDigit) : allOf(piece, isPunctuationLike);
    }
    return mask;
}

std::vector<uint8_t> blankLineMask(const PromptInput &input)
{
    std::vector<uint8_t> isBlank(input.text.size(), 0), mask;
    for (size_t at = input.text.find("\n\n"); at != std::string::npos; at = input.text.find("\n\n", at + 1))
        isBlank[at] = isBlank[at + 1] = 1;
    for (const auto &[begin, end] : input.spans)
        mask.push_back(std::find(isBlank.begin() + begin, isBlank.begin() + end, 1) != isBlank.begin() + end);
    return mask;
}

Result<std::vector<HeadIndex>> headList(const std::string &text)
{
    std::vector<HeadIndex> heads;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find_first_of(", ", at), text.size());
        const std::string word = text.substr(at, end - at);
        at = end + 1;
        if (word.empty())
            continue;
        HeadIndex head;
        const char *last = word.data() + word.size();
        const auto layer = std::from_chars(word.data(), last, head.layer);
        const bool colon = layer.ec == std::errc() && layer.ptr != last && *layer.ptr == ':';
        const auto index = colon ? std::from_chars(layer.ptr + 1, last, head.head) : layer;
        if (!colon || index.ec != std::errc() || index.ptr != last || head.layer < 0 || head.head < 0)
            return fail(ErrorCode::BadInput, "parameter heads: \"" + word + "\" is no head, expected layer:head, such as 3:7");
        heads.push_back(head);
    }
    std::sort(heads.begin(), heads.end());
    heads.erase(std::unique(heads.begin(), heads.end()), heads.end());
    return heads;
}

} // namespace winnow
