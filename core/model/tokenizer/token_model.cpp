#include "core/model/tokenizer/token_model.h"

namespace winnow {
namespace {

    constexpr std::string_view kDigits = "0123456789ABCDEF";

    int digit(char character)
    {
        if (character >= '0' && character <= '9')
            return character - '0';
        if (character >= 'A' && character <= 'F')
            return character - 'A' + 10;
        return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
    }

} // namespace

std::array<int32_t, 256> byteFallbackIds(const Vocabulary &vocabulary)
{
    std::array<int32_t, 256> ids{};
    for (size_t byte = 0; byte < ids.size(); ++byte)
        ids[byte] = vocabulary.find(std::string{'<', '0', 'x', kDigits[byte >> 4], kDigits[byte & 15], '>'});
    return ids;
}

int byteFallbackValue(std::string_view token)
{
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>')
        return -1;
    const int high = digit(token[3]), low = digit(token[4]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

} // namespace winnow
