#include "core/model/jinja/text.h"

#include <algorithm>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace winnow::jinja {
namespace {

    icu::UnicodeString toIcu(std::string_view text)
    {
        return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    }

    std::string fromIcu(const icu::UnicodeString &text)
    {
        std::string result;
        text.toUTF8String(result);
        return result;
    }

    char upperAscii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

    char lowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

    template <typename Map> std::string mapped(std::string_view text, Map map)
    {
        std::string result(text);
        std::transform(result.begin(), result.end(), result.begin(), map);
        return result;
    }

    /// Full title case of one code point ("ß" gives "Ss").
    icu::UnicodeString titlePoint(UChar32 point)
    {
        icu::UnicodeString text(point);
        return text.toTitle(nullptr, icu::Locale::getRoot());
    }

    bool isCased(UChar32 point) { return u_hasBinaryProperty(point, UCHAR_CASED) != 0; }

} // namespace

std::string upper(std::string_view text)
{
    if (isAscii(text))
        return mapped(text, upperAscii);
    return fromIcu(toIcu(text).toUpper(icu::Locale::getRoot()));
}

std::string lower(std::string_view text)
{
    if (isAscii(text))
        return mapped(text, lowerAscii);
    return fromIcu(toIcu(text).toLower(icu::Locale::getRoot()));
}

std::string caseFold(std::string_view text)
{
    if (isAscii(text))
        return mapped(text, lowerAscii);
    return fromIcu(toIcu(text).foldCase());
}

std::string swapCase(std::string_view text)
{
    std::string result;
    for (const char32_t point : decode(text)) {
        const auto c = static_cast<UChar32>(point);
        if (u_hasBinaryProperty(c, UCHAR_UPPERCASE))
            result += fromIcu(icu::UnicodeString(c).toLower(icu::Locale::getRoot()));
        else if (u_hasBinaryProperty(c, UCHAR_LOWERCASE))
            result += fromIcu(icu::UnicodeString(c).toUpper(icu::Locale::getRoot()));
        else
            appendPoint(result, point);
    }
    return result;
}

std::string capitalize(std::string_view text)
{
    if (text.empty())
        return {};
    const size_t first = byteOffset(text, 1);
    // A final sigma depends on the letters before it, so the whole text is lowered, then the first letter exchanged.
    const std::string lowered = lower(text);
    const size_t skip = lower(text.substr(0, first)).size();
    const auto point = static_cast<UChar32>(decode(text.substr(0, first))[0]);
    return fromIcu(titlePoint(point)) + lowered.substr(std::min(skip, lowered.size()));
}

std::string title(std::string_view text)
{
    std::string result;
    bool inWord = false;
    std::string word; // lowered as one, because of the final sigma
    const auto flush = [&] {
        result += lower(word);
        word.clear();
    };
    for (const char32_t point : decode(text)) {
        const auto c = static_cast<UChar32>(point);
        if (inWord) {
            appendPoint(word, point);
        } else {
            flush();
            result += fromIcu(titlePoint(c));
        }
        inWord = isCased(c);
    }
    flush();
    return result;
}

} // namespace winnow::jinja
