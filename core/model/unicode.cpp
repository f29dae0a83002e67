#include "core/model/unicode.h"

#include <array>
#include <unicode/uchar.h>

namespace winnow {
namespace {

    uint32_t lookUp(char32_t value)
    {
        const auto point = static_cast<UChar32>(value);
        const uint32_t category = U_GET_GC_MASK(point);
        uint32_t classes = 0;
        if (category & U_GC_L_MASK)
            classes |= kLetter;
        if (category & U_GC_N_MASK)
            classes |= kNumber;
        if (category & U_GC_P_MASK)
            classes |= kPunctuation;
        // White_Space lies in the separators and in the C0 and C1 controls.
        if ((category & (U_GC_Z_MASK | U_GC_CC_MASK)) && u_isUWhiteSpace(point))
            classes |= kSpace;
        if (value == '\r' || value == '\n')
            classes |= kNewline;
        return classes;
    }

    std::array<uint8_t, 128> asciiTable()
    {
        std::array<uint8_t, 128> table{};
        for (char32_t value = 0; value < table.size(); ++value)
            table[value] = static_cast<uint8_t>(lookUp(value));
        return table;
    }

    uint32_t byteOf(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

    /// Bytes of the maximal well-formed or ill-formed part at `at`; `complete` says which.
    size_t subpart(std::string_view text, size_t at, bool &complete)
    {
        complete = false;
        const uint32_t first = byteOf(text, at);
        if (first < 0x80) {
            complete = true;
            return 1;
        }
        if (first < 0xC2 || first > 0xF4)
            return 1;
        const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        // The second byte's range depends on the first (table 3-7); the others are 80..BF.
        uint32_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        uint32_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        for (size_t i = 1; i < length; ++i) {
            if (at + i >= text.size() || byteOf(text, at + i) < low || byteOf(text, at + i) > high)
                return i;
            low = 0x80;
            high = 0xBF;
        }
        complete = true;
        return length;
    }

} // namespace

uint32_t codePointClasses(char32_t value)
{
    static const std::array<uint8_t, 128> ascii = asciiTable();
    return value < ascii.size() ? ascii[value] : lookUp(value);
}

bool isAssignedIn(char32_t value, uint8_t major)
{
    UVersionInfo age{};
    u_charAge(static_cast<UChar32>(value), age);
    return age[0] > 0 && age[0] <= major;
}

uint32_t categoryMaskIn(char32_t value, uint8_t major)
{
    struct Change {
        char32_t value;
        uint8_t last; // version with the old category
        uint32_t old;
    };
    // Marks and punctuation that have changed since version 8 (UnicodeData.txt of the versions).
    static constexpr Change kChanges[] = {{0x166D, 11, U_GC_PO_MASK}, {0x1734, 13, U_GC_MN_MASK}, {0x1885, 8, U_GC_LO_MASK},
        {0x1886, 8, U_GC_LO_MASK}, {0x1CF2, 11, U_GC_MC_MASK}, {0x1CF3, 11, U_GC_MC_MASK}, {0xA9BD, 10, U_GC_MC_MASK},
        {0x111C9, 10, U_GC_PO_MASK}};
    for (const Change &change : kChanges) {
        if (change.value == value && major <= change.last)
            return change.old;
    }
    return isAssignedIn(value, major) ? U_GET_GC_MASK(static_cast<UChar32>(value)) : 0;
}

bool isWhiteSpace(char32_t value) { return u_isUWhiteSpace(static_cast<UChar32>(value)); }

bool isWordCharacter(char32_t value)
{
    const auto point = static_cast<UChar32>(value);
    return u_hasBinaryProperty(point, UCHAR_ALPHABETIC) || u_hasBinaryProperty(point, UCHAR_JOIN_CONTROL)
        || (U_GET_GC_MASK(point) & (U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK)) != 0;
}

char32_t takeCodePoint(std::string_view text, size_t &at)
{
    const uint32_t first = byteOf(text, at);
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    char32_t value = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; ++i)
        value = value << 6 | (byteOf(text, at + i) & 0x3Fu);
    at += length;
    return value;
}

void appendCodePoints(std::string_view text, size_t base, std::vector<CodePoint> &out)
{
    for (size_t at = 0; at < text.size();) {
        const size_t begin = base + at;
        const char32_t value = takeCodePoint(text, at);
        out.push_back({value, codePointClasses(value), begin});
    }
}

void appendUtf8(char32_t value, std::string &out)
{
    const auto put = [&](char32_t byte) { out += static_cast<char>(static_cast<uint8_t>(byte)); };
    if (value < 0x80) {
        put(value);
    } else if (value < 0x800) {
        put(0xC0 | value >> 6);
        put(0x80 | (value & 0x3F));
    } else if (value < 0x10000) {
        put(0xE0 | value >> 12);
        put(0x80 | (value >> 6 & 0x3F));
        put(0x80 | (value & 0x3F));
    } else {
        put(0xF0 | value >> 18);
        put(0x80 | (value >> 12 & 0x3F));
        put(0x80 | (value >> 6 & 0x3F));
        put(0x80 | (value & 0x3F));
    }
}

std::string replaceIllFormed(std::string_view bytes)
{
    std::string result;
    result.reserve(bytes.size());
    for (size_t at = 0; at < bytes.size();) {
        bool complete = false;
        const size_t length = subpart(bytes, at, complete);
        if (complete)
            result += bytes.substr(at, length);
        else
            result += "\xEF\xBF\xBD";
        at += length;
    }
    return result;
}

} // namespace winnow
