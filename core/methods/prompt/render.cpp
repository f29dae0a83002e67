#include "core/methods/prompt/render.h"

#include "core/base/utf8.h"
#include "core/methods/prompt/characters.h"

namespace winnow {
namespace {

    bool wantsSpace(std::string_view left, std::string_view right)
    {
        const char32_t before = lastCharacter(left), behind = firstCharacter(right);
        return isLetterOrDigit(before) && isLetterOrDigit(behind);
    }

} // namespace

Rendering withoutBrokenBytes(std::string_view bytes)
{
    Rendering result;
    while (!bytes.empty()) {
        const size_t valid = firstInvalidUtf8(bytes);
        result.text += bytes.substr(0, valid);
        if (valid == bytes.size())
            break;
        ++result.droppedBytes;
        bytes.remove_prefix(valid + 1);
    }
    return result;
}

Rendering renderTokens(const PromptInput &input, std::span<const int32_t> kept, Joiner joiner)
{
    std::string bytes;
    for (size_t i = 0; i < kept.size(); ++i) {
        const std::string_view piece = input.bytes(kept[i]);
        if (joiner == Joiner::Space && i > 0 && kept[i] != kept[i - 1] + 1 && wantsSpace(bytes, piece))
            bytes += ' ';
        bytes += piece;
    }
    return withoutBrokenBytes(bytes);
}

} // namespace winnow
