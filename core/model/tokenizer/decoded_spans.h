#pragma once

#include "core/model/tokenizer.h"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace winnow {

/// Bytes [begin, end) of decode(ids, false) that each id stands for. Ids that are parts of one character all get that
/// character. A token's text can depend on the one before it (a space in front, "##"), so it is read next to it.
/// @error as Tokenizer::decode.
/// @cost  Two decodings of at most five ids for each id.
Result<std::vector<std::pair<int64_t, int64_t>>> decodedSpans(const Tokenizer &tokenizer, std::span<const int32_t> ids);

} // namespace winnow
