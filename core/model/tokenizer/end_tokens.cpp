#include "core/model/tokenizer/end_tokens.h"

#include <algorithm>
#include <string_view>

namespace winnow {

void addEndId(TokenizerParts &parts, int32_t id)
{
    if (std::find(parts.endIds.begin(), parts.endIds.end(), id) == parts.endIds.end())
        parts.endIds.push_back(id);
}

void addConventionalEndIds(TokenizerParts &parts)
{
    static constexpr std::string_view kTexts[] = {"<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>",
        "<|end|>", "<end_of_turn>"};
    for (const std::string_view text : kTexts) {
        const auto found = std::find_if(parts.added.begin(), parts.added.end(), [&](const AddedToken &token) { return token.special && token.text == text; });
        if (found != parts.added.end())
            addEndId(parts, found->id);
    }
}

} // namespace winnow
