#include "core/model/tokenizer/byte_level.h"

#include "core/base/utf8.h"
#include "core/model/unicode.h"

#include <array>

namespace winnow {
namespace {

    /// Printable Latin-1 bytes stand for themselves, the others for U+0100, U+0101, ... in order.
    bool standsForItself(uint32_t byte)
    {
        return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
    }

    struct ByteMap {
        std::array<std::string, 256> texts;
        std::array<int16_t, 512> toByte{};
        ByteMap()
        {
            toByte.fill(-1);
            char32_t next = 0x100;
            for (uint32_t byte = 0; byte < 256; ++byte) {
                const char32_t point = standsForItself(byte) ? byte : next++;
                appendUtf8(point, texts[byte]);
                toByte[point] = static_cast<int16_t>(byte);
            }
        }
    };

    const ByteMap &byteMap()
    {
        static const ByteMap map;
        return map;
    }

} // namespace

std::optional<std::string> byteLevelBytes(std::string_view token)
{
    if (firstInvalidUtf8(token) < token.size())
        return std::nullopt;
    std::string bytes;
    bytes.reserve(token.size());
    for (size_t at = 0; at < token.size();) {
        const char32_t point = takeCodePoint(token, at);
        const int16_t byte = point < byteMap().toByte.size() ? byteMap().toByte[point] : int16_t{-1};
        if (byte < 0)
            return std::nullopt;
        bytes += static_cast<char>(static_cast<uint8_t>(byte));
    }
    return bytes;
}

std::string_view byteLevelText(uint8_t byte) { return byteMap().texts[byte]; }

} // namespace winnow
