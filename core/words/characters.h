#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace winnow {

/// What segmentation asks of a code point, as bits.
enum WordCharacterClass : uint8_t {
    kWhiteCharacter = 1, // property White_Space
    kSymbolCharacter = 2, // general category P* or S*
    kDigitCharacter = 4, // general category Nd
    kLatinCharacter = 8, // A-Z a-z
    kSignCharacter = 16, // + and -
};

/// Classes of every code point below U+10000 in one table, of the others by the Unicode Character Database (ICU).
class CharacterClasses {
public:
    static const CharacterClasses &table();

    uint8_t of(char32_t value) const { return value < 0x10000 ? m_classes[value] : outside(value); }
    bool is(char32_t value, uint8_t mask) const { return (of(value) & mask) != 0; }

private:
    CharacterClasses();
    static uint8_t outside(char32_t value);

    std::array<uint8_t, 0x10000> m_classes{};
};

/// Code points of well-formed UTF-8 (core/base/utf8.h checks it), appended.
void appendCharacters(std::string_view utf8, std::u32string &out);
std::u32string toCharacters(std::string_view utf8);
std::string toUtf8(std::u32string_view characters);

/// Bytes of a code point in UTF-8.
constexpr int utf8Bytes(char32_t value) { return value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4; }

} // namespace winnow
