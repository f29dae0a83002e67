#include "core/model/tokenizer/added_tokens.h"

#include "core/model/unicode.h"

#include <algorithm>

namespace winnow {
namespace {

    char32_t codePointBefore(std::string_view text, size_t at)
    {
        do
            --at;
        while ((static_cast<uint8_t>(text[at]) & 0xC0u) == 0x80u);
        return takeCodePoint(text, at);
    }

    char32_t codePointAt(std::string_view text, size_t at) { return takeCodePoint(text, at); }

    size_t spaceBefore(std::string_view text, size_t at, size_t limit)
    {
        while (at > limit && isWhiteSpace(codePointBefore(text, at))) {
            do
                --at;
            while ((static_cast<uint8_t>(text[at]) & 0xC0u) == 0x80u);
        }
        return at;
    }

    size_t spaceBehind(std::string_view text, size_t at)
    {
        for (size_t next = at; next < text.size(); at = next) {
            if (!isWhiteSpace(takeCodePoint(text, next)))
                break;
        }
        return at;
    }

} // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens, const std::vector<std::string> &texts)
    : m_tokens(std::move(tokens))
{
    std::vector<std::pair<std::string_view, int32_t>> words;
    for (size_t i = 0; i < texts.size(); ++i) // of equal texts the last counts, as in the reference
        words.emplace_back(texts[i], static_cast<int32_t>(i));
    m_trie = ByteTrie(std::move(words));
}

AddedTokenMatcher::Segment AddedTokenMatcher::longestAt(std::string_view text, size_t begin) const
{
    Segment best;
    uint32_t node = ByteTrie::kRoot;
    for (size_t at = begin; at < text.size(); ++at) {
        node = m_trie.child(node, static_cast<uint8_t>(text[at]));
        if (node == ByteTrie::kNone)
            break;
        if (m_trie.word(node) >= 0)
            best = {m_trie.word(node), begin, at + 1};
    }
    return best;
}

bool AddedTokenMatcher::insideWord(std::string_view text, const Segment &match) const
{
    return (match.begin > 0 && isWordCharacter(codePointBefore(text, match.begin)))
        || (match.end < text.size() && isWordCharacter(codePointAt(text, match.end)));
}

std::vector<AddedTokenMatcher::Segment> AddedTokenMatcher::split(std::string_view text) const
{
    std::vector<Segment> result;
    size_t done = 0;
    for (size_t at = 0; at < text.size() && !m_tokens.empty();) {
        Segment match = longestAt(text, at);
        if (match.id < 0) {
            ++at;
            continue;
        }
        at = match.end; // what strips further to the right may be met again, as in the reference
        const AddedToken &token = m_tokens[static_cast<size_t>(match.id)];
        if (token.singleWord && insideWord(text, match))
            continue;
        if (token.stripLeft)
            match.begin = spaceBefore(text, match.begin, std::min(done, match.begin));
        if (token.stripRight)
            match.end = spaceBehind(text, match.end);
        if (done < match.begin)
            result.push_back({-1, done, match.begin});
        result.push_back({token.id, match.begin, match.end});
        done = match.end;
    }
    if (done < text.size())
        result.push_back({-1, done, text.size()});
    return result;
}

} // namespace winnow
