#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace winnow::jinja {

/// Bytes of a code point by its first byte.
inline size_t pointSize(char first)
{
    const auto byte = static_cast<unsigned char>(first);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Code point at `at`, which is moved behind it. The text is well-formed UTF-8.
inline char32_t pointAt(std::string_view text, size_t &at)
{
    const size_t size = std::min(pointSize(text[at]), text.size() - at);
    char32_t point = static_cast<unsigned char>(text[at]);
    if (size > 1)
        point &= (0x7Fu >> size);
    for (size_t i = 1; i < size; ++i)
        point = (point << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
    at += size;
    return point;
}

} // namespace winnow::jinja
