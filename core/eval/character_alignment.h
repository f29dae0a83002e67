#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

/// Which characters (code points) of one text the tokens of one model cover.
struct TokenCharacters {
    std::vector<std::pair<int64_t, int64_t>> spans; // [tokens] characters [first, last); empty for special tokens

    int64_t length(int64_t token) const { return spans[size_t(token)].second - spans[size_t(token)].first; }
};

/// Spans in bytes as spans in characters; a token that has a part of a character covers all of it.
TokenCharacters tokenCharacters(std::string_view text, std::span<const std::pair<int64_t, int64_t>> byteSpans);

/// A run of characters that no token of either model divides.
struct Segment {
    int64_t first = 0, last = 0; // characters [first, last)
    std::vector<int32_t> large, small; // tokens that cover it, ascending; more than one inside a divided character
    int64_t length() const { return last - first; }
};

/// The characters of a text under two tokenizers, in order. Characters that a model has no token for are left out, and so are
/// those of the first `skipTokens` tokens of either model.
std::vector<Segment> alignSegments(const TokenCharacters &large, const TokenCharacters &small, int64_t characters, int64_t skipTokens);

/// Attention that characters receive: a token's column sum is spread evenly over its characters.
/// @param sums [heads, tokens]. @param tokensOf Segment::large or Segment::small.
/// @return [heads, characters of the segments]
std::vector<float> characterSums(std::span<const float> sums, const TokenCharacters &tokens, const std::vector<Segment> &segments,
    std::vector<int32_t> Segment::*tokensOf);

} // namespace winnow
