#include "core/base/utf8.h"

#include <cstdint>

namespace winnow {
namespace {

    /// Bytes of the well-formed sequence at the start of `text`, 0 when there is none (Unicode 15, table 3-7).
    size_t sequenceLength(std::string_view text)
    {
        const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
        const uint8_t first = byte(0);
        if (first < 0x80)
            return 1;
        if (first < 0xC2 || first > 0xF4)
            return 0;
        const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (text.size() < length)
            return 0;
        for (size_t i = 1; i < length; ++i) {
            if ((byte(i) & 0xC0) != 0x80)
                return 0;
        }
        const uint8_t second = byte(1);
        const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)
            || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
        return bad ? 0 : length;
    }

} // namespace

size_t firstInvalidUtf8(std::string_view text)
{
    size_t at = 0;
    while (at < text.size()) {
        const size_t length = sequenceLength(text.substr(at));
        if (length == 0)
            return at;
        at += length;
    }
    return at;
}

std::string validUtf8(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const size_t good = firstInvalidUtf8(text);
        result.append(text.substr(0, good));
        if (good == text.size())
            break;
        result += "\xEF\xBF\xBD";
        text.remove_prefix(good + 1);
    }
    return result;
}

} // namespace winnow
