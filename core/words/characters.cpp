#include "core/words/characters.h"

#include "core/model/unicode.h"

#include <unicode/uchar.h>

namespace winnow {
namespace {

    uint8_t classesOf(char32_t value)
    {
        const auto code = static_cast<UChar32>(value);
        const uint32_t category = U_GET_GC_MASK(code);
        unsigned classes = 0;
        const auto add = [&](WordCharacterClass bit, bool holds) { classes |= holds ? unsigned(bit) : 0U; };
        add(kWhiteCharacter, u_isUWhiteSpace(code) != 0);
        add(kSymbolCharacter, (category & (U_GC_P_MASK | U_GC_S_MASK)) != 0);
        add(kDigitCharacter, (category & U_GC_ND_MASK) != 0);
        add(kLatinCharacter, (value >= U'A' && value <= U'Z') || (value >= U'a' && value <= U'z'));
        add(kSignCharacter, value == U'+' || value == U'-');
        return static_cast<uint8_t>(classes);
    }

} // namespace

CharacterClasses::CharacterClasses()
{
    for (char32_t value = 0; value < m_classes.size(); ++value)
        m_classes[value] = classesOf(value);
}

const CharacterClasses &CharacterClasses::table()
{
    static const CharacterClasses table;
    return table;
}

uint8_t CharacterClasses::outside(char32_t value) { return classesOf(value); }

void appendCharacters(std::string_view utf8, std::u32string &out)
{
    const size_t before = out.size();
    out.resize(before + utf8.size());
    char32_t *to = out.data() + before;
    const auto *at = reinterpret_cast<const uint8_t *>(utf8.data());
    const uint8_t *const end = at + utf8.size();
    const auto tail = [](uint8_t byte) { return static_cast<char32_t>(byte & 0x3F); };
    while (at < end) {
        const uint8_t first = *at;
        if (first < 0x80) {
            *to++ = first;
            at += 1;
        } else if (first < 0xE0) {
            *to++ = static_cast<char32_t>(first & 0x1F) << 6 | tail(at[1]);
            at += 2;
        } else if (first < 0xF0) {
            *to++ = static_cast<char32_t>(first & 0x0F) << 12 | tail(at[1]) << 6 | tail(at[2]);
            at += 3;
        } else {
            *to++ = static_cast<char32_t>(first & 0x07) << 18 | tail(at[1]) << 12 | tail(at[2]) << 6 | tail(at[3]);
            at += 4;
        }
    }
    out.resize(static_cast<size_t>(to - out.data()));
}

std::u32string toCharacters(std::string_view utf8)
{
    std::u32string characters;
    appendCharacters(utf8, characters);
    return characters;
}

std::string toUtf8(std::u32string_view characters)
{
    std::string utf8;
    utf8.reserve(characters.size() * 3);
    for (const char32_t value : characters)
        appendUtf8(value, utf8);
    return utf8;
}

} // namespace winnow
