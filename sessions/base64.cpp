#include "sessions/base64.h"

#include <array>
#include <cstdint>

namespace winnow {
namespace {

    constexpr std::string_view kAlphabet
        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    constexpr std::array<int8_t, 256> makeInverse()
    {
        std::array<int8_t, 256> inverse {};
        inverse.fill(-1);
        for (size_t i = 0; i < kAlphabet.size(); ++i)
            inverse[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
        return inverse;
    }
    constexpr std::array<int8_t, 256> kInverse = makeInverse();

} // namespace

std::string base64(std::span<const std::byte> bytes)
{
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t left = bytes.size() - i;
        const auto at
            = [&](size_t k) { return k < left ? static_cast<uint32_t>(bytes[i + k]) : 0u; };
        const uint32_t group = at(0) << 16 | at(1) << 8 | at(2);
        text += kAlphabet[group >> 18 & 63];
        text += kAlphabet[group >> 12 & 63];
        text += left > 1 ? kAlphabet[group >> 6 & 63] : '=';
        text += left > 2 ? kAlphabet[group & 63] : '=';
    }
    return text;
}

std::string base64(std::string_view text)
{
    return base64(std::as_bytes(std::span(text.data(), text.size())));
}

std::optional<std::vector<std::byte>> fromBase64(std::string_view text)
{
    if (text.size() % 4 != 0)
        return std::nullopt;
    size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=')
        ++padding;
    std::vector<std::byte> bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (size_t i = 0; i < text.size(); i += 4) {
        const size_t meant = i + 4 == text.size() ? 4 - padding : 4;
        uint32_t group = 0;
        for (size_t k = 0; k < 4; ++k) {
            const int value = k < meant ? kInverse[static_cast<uint8_t>(text[i + k])] : 0;
            if (value < 0)
                return std::nullopt;
            group = group << 6 | static_cast<uint32_t>(value);
        }
        for (size_t k = 0; k + 1 < meant; ++k)
            bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * k) & 255));
    }
    return bytes;
}

} // namespace winnow
