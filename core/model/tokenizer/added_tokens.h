#pragma once

#include "core/model/tokenizer/byte_trie.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// A token that is found in the text itself, before the model sees it.
struct AddedToken {
    int32_t id = 0;
    std::string text;
    bool singleWord = false; // not inside a word
    bool stripLeft = false, stripRight = false; // takes the white space beside it along
    bool normalized = false; // looked for after normalisation, in its normalised form
    bool special = false;
    bool skipped = false; // left out when decoding skips special tokens; the tokenizer decides
};

/// Bytes of the longest added token we accept: bounds the search in a text.
inline constexpr size_t kLongestAddedToken = 512;

/// Finds added tokens in a text: at each position the longest one, left to right.
class AddedTokenMatcher {
public:
    struct Segment {
        int32_t id = -1; // -1: text between tokens
        size_t begin = 0, end = 0;
    };

    AddedTokenMatcher() = default;
    /// Looks for `texts[i]` on behalf of `tokens[i]`. Empty texts are never found.
    AddedTokenMatcher(std::vector<AddedToken> tokens, const std::vector<std::string> &texts);

    bool empty() const { return m_tokens.empty(); }
    /// Cuts a text into tokens and what lies between; nothing is empty.
    /// @cost O(n) where no token's first byte stands, times the longest token elsewhere.
    std::vector<Segment> split(std::string_view text) const;

private:
    Segment longestAt(std::string_view text, size_t begin) const;
    bool insideWord(std::string_view text, const Segment &match) const;

    std::vector<AddedToken> m_tokens;
    ByteTrie m_trie; // to indices of m_tokens
};

} // namespace winnow
