#pragma once

#include <string>
#include <string_view>

namespace winnow {

/// Puts words that compression took out back into a reply: each longest run of reply words that occurs in the compressed text is looked
/// up in the original. From every occurrence of its first word, each next word is the nearest later one at most 10 words on; the span with
/// most words matched, then the shortest, replaces the run.
/// @source prompt-compression-baselines.md 3.4.
std::string recoveredReply(std::string_view original, std::string_view compressed, std::string_view reply);

} // namespace winnow
