#pragma once

#include <string>
#include <string_view>

namespace winnow {

/// Byte offset of the first byte that is not part of well-formed UTF-8 (no overlong forms, no surrogates, at most
/// U+10FFFF), or text.size() when all of it is.
size_t firstInvalidUtf8(std::string_view text);

/// The text with every ill-formed byte replaced by U+FFFD.
std::string validUtf8(std::string_view text);

} // namespace winnow
