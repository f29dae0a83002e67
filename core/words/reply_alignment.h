#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// What a reply says about its line (llaca.md 3.2).
struct ReplyAlignment {
    std::vector<int32_t> ends; // words of the line: accepted ones, uncovered characters each by itself
    std::vector<uint8_t> accepted; // one a word of `ends`: 1 = from the reply, 0 = a character nobody covered
    std::vector<uint8_t> used; // one a word of the reply: 1 = accepted
    double hallucination = 0; // (|R| - LCS) / max(1, |R|)
    bool altered = false; // R != S
};

/// Reply words against the characters of their line: the walk through the table of longest common subsequences that skips
/// in the reply on ties.
///
/// Of texts that differ over more than 2^27 pairs of characters only what is equal at the front counts as said.
///
/// @cost O(|R| |S|) behind what is equal at the front, 4 bytes a cell.
/// @source llaca.md 3.2.
ReplyAlignment alignReply(std::u32string_view source, const std::vector<std::u32string> &replyWords);

/// A reply cut at white space.
std::vector<std::u32string> replyWords(std::string_view reply);

} // namespace winnow
