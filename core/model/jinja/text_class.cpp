#include "core/model/jinja/text.h"

#include <algorithm>
#include <unicode/uchar.h>

namespace winnow::jinja {

bool isSpace(char32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool isPrintable(char32_t point)
{
    if (point == ' ')
        return true;
    return (U_GET_GC_MASK(static_cast<UChar32>(point)) & (U_GC_C_MASK | U_GC_Z_MASK)) == 0;
}

bool isAlphabetic(char32_t point) { return (U_GET_GC_MASK(static_cast<UChar32>(point)) & U_GC_L_MASK) != 0; }

namespace {

    int numericType(char32_t point) { return u_getIntPropertyValue(static_cast<UChar32>(point), UCHAR_NUMERIC_TYPE); }

    bool isDigit(char32_t point)
    {
        const int type = numericType(point);
        return type == U_NT_DECIMAL || type == U_NT_DIGIT;
    }

    bool has(char32_t point, UProperty property)
    {
        return u_hasBinaryProperty(static_cast<UChar32>(point), property) != 0;
    }

    bool isTitleCase(char32_t point) { return u_charType(static_cast<UChar32>(point)) == U_TITLECASE_LETTER; }

    template <typename Test> bool all(std::u32string_view points, Test test)
    {
        return !points.empty() && std::all_of(points.begin(), points.end(), test);
    }

    /// islower and isupper: at least one cased character, and none of the other case.
    bool hasOneCase(std::u32string_view points, UProperty wanted, UProperty other)
    {
        bool found = false;
        for (const char32_t point : points) {
            if (has(point, other) || isTitleCase(point))
                return false;
            found = found || has(point, wanted);
        }
        return found;
    }

    bool isTitled(std::u32string_view points)
    {
        bool found = false;
        bool inWord = false;
        for (const char32_t point : points) {
            if (has(point, UCHAR_UPPERCASE) || isTitleCase(point)) {
                if (inWord)
                    return false;
                inWord = found = true;
            } else if (has(point, UCHAR_LOWERCASE)) {
                if (!inWord)
                    return false;
                found = true;
            } else {
                inWord = false;
            }
        }
        return found;
    }

    bool isIdentifier(std::u32string_view points)
    {
        if (points.empty() || !(points[0] == '_' || has(points[0], UCHAR_XID_START)))
            return false;
        return std::all_of(points.begin(), points.end(), [](char32_t c) { return has(c, UCHAR_XID_CONTINUE); });
    }

} // namespace

bool isAlphanumeric(char32_t point) { return isAlphabetic(point) || numericType(point) != U_NT_NONE; }

std::optional<bool> hasClass(std::string_view method, std::string_view text)
{
    if (method == "isascii")
        return isAscii(text);
    const std::u32string points = decode(text);
    if (method == "isspace")
        return all(points, isSpace);
    if (method == "isalpha")
        return all(points, isAlphabetic);
    if (method == "isalnum")
        return all(points, isAlphanumeric);
    if (method == "isdigit")
        return all(points, isDigit);
    if (method == "isdecimal")
        return all(points, [](char32_t c) { return numericType(c) == U_NT_DECIMAL; });
    if (method == "isnumeric")
        return all(points, [](char32_t c) { return numericType(c) != U_NT_NONE; });
    if (method == "isprintable")
        return points.empty() || all(points, isPrintable);
    if (method == "islower")
        return hasOneCase(points, UCHAR_LOWERCASE, UCHAR_UPPERCASE);
    if (method == "isupper")
        return hasOneCase(points, UCHAR_UPPERCASE, UCHAR_LOWERCASE);
    if (method == "istitle")
        return isTitled(points);
    if (method == "isidentifier")
        return isIdentifier(points);
    return std::nullopt;
}

} // namespace winnow::jinja
