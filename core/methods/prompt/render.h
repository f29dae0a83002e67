#pragma once

#include "core/methods/prompt_method.h"

#include <span>
#include <string>
#include <string_view>

namespace winnow {

enum class Joiner { None, Space };

/// Kept tokens as text.
struct Rendering {
    std::string text;
    int64_t droppedBytes = 0; // bytes of characters that tokens had cut apart
};

/// The text without bytes that are no valid UTF-8, which are counted.
Rendering withoutBrokenBytes(std::string_view bytes);

/// Source bytes of the kept tokens in order. Joiner::Space puts one space between two that were no neighbours where neither side
/// has white space and both are letters or digits. Bytes that are no valid UTF-8 any more go.
/// @source dac.md 3.7.
Rendering renderTokens(const PromptInput &input, std::span<const int32_t> kept, Joiner joiner);

} // namespace winnow
