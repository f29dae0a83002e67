#include "core/methods/prompt/characters.h"

#include "core/base/utf8.h"
#include "core/model/unicode.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

namespace winnow {
namespace {

    constexpr char32_t kBroken = 0xFFFFFFFF;

    /// Calls use(begin, character) for every character; broken bytes are kBroken one by one. Stops when it returns false.
    template <typename Use> void forCharacters(std::string_view text, Use use)
    {
        size_t at = 0;
        while (at < text.size()) {
            const size_t valid = firstInvalidUtf8(text.substr(at));
            const size_t end = at + valid;
            while (at < end) {
                const size_t begin = at;
                if (!use(begin, takeCodePoint(text, at)))
                    return;
            }
            if (at < text.size() && !use(at, kBroken))
                return;
            at += at < text.size() ? 1 : 0;
        }
    }

    bool isSpaceOnly(char32_t value) { return value != kBroken && isWhiteSpace(value); }

} // namespace

char32_t firstCharacter(std::string_view text)
{
    char32_t found = 0;
    forCharacters(text.substr(0, 4), [&](size_t, char32_t value) {
        found = value == kBroken ? 0 : value;
        return false;
    });
    return found;
}

char32_t lastCharacter(std::string_view text)
{
    size_t begin = text.size();
    while (begin > 0 && text.size() - begin < 4) {
        --begin;
        if ((static_cast<unsigned char>(text[begin]) & 0xC0) != 0x80)
            break;
    }
    const std::string_view tail = text.substr(begin);
    if (tail.empty() || firstInvalidUtf8(tail) != tail.size())
        return 0;
    size_t at = 0;
    return takeCodePoint(tail, at);
}

bool isLetterOrDigit(char32_t value) { return value != kBroken && u_isalnum(static_cast<UChar32>(value)); }

bool isDecimalDigit(char32_t value) { return value != kBroken && u_charType(static_cast<UChar32>(value)) == U_DECIMAL_DIGIT_NUMBER; }

bool isPunctuationLike(char32_t value) { return value != kBroken && !isWordCharacter(value) && !isWhiteSpace(value); }

bool allOf(std::string_view text, bool (*kind)(char32_t))
{
    bool all = !text.empty();
    forCharacters(text, [&](size_t, char32_t value) { return all = kind(value); });
    return all;
}

bool anyOf(std::string_view text, bool (*kind)(char32_t))
{
    bool any = false;
    forCharacters(text, [&](size_t, char32_t value) { return !(any = kind(value)); });
    return any;
}

bool isBlank(std::string_view text) { return text.empty() || allOf(text, isSpaceOnly); }

std::string lowerCase(std::string_view text)
{
    icu::UnicodeString wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
    wide.toLower(icu::Locale::getRoot());
    std::string out;
    wide.toUTF8String(out);
    return out;
}

std::string_view coreOfWord(std::string_view word)
{
    size_t begin = word.size(), end = 0;
    forCharacters(word, [&](size_t at, char32_t value) {
        if (value != kBroken && !isWordCharacter(value))
            return true;
        begin = std::min(begin, at);
        size_t next = at;
        if (value == kBroken)
            ++next;
        else
            takeCodePoint(word, next);
        end = next;
        return true;
    });
    return begin < end ? word.substr(begin, end - begin) : std::string_view();
}

size_t endOfLastVisible(std::string_view text)
{
    size_t end = 0;
    forCharacters(text, [&](size_t at, char32_t value) {
        if (isSpaceOnly(value))
            return true;
        size_t next = at;
        if (value == kBroken)
            ++next;
        else
            takeCodePoint(text, next);
        end = next;
        return true;
    });
    return end;
}

} // namespace winnow
