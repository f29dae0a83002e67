#pragma once

#include "core/methods/prompt_method.h"

#include <vector>

namespace winnow {

/// Pieces of at most `window` tokens; one ends behind the last token with a full stop, question or exclamation mark, CJK stop or line
/// break within its final fifth, else at the window.
/// @source dac.md 3.10.
std::vector<TokenRange> piecesOf(const PromptInput &input, int64_t window);

/// Which tokens the method was told to keep: those with a decimal digit, those of punctuation alone, those that overlap a match of a
/// pattern. @param kind none, punct, digits or regex.
/// @error BadInput for a pattern that is no expression. @source dac.md 4.
Result<std::vector<uint8_t>> protectedMask(const PromptInput &input, const std::string &kind, const std::string &pattern);

/// Which tokens touch a blank line, two line breaks in a row, however the tokenizer cuts it.
std::vector<uint8_t> blankLineMask(const PromptInput &input);

/// Heads written as "layer:head", separated by commas or spaces. @error BadInput naming the first word that is none.
Result<std::vector<HeadIndex>> headList(const std::string &text);

} // namespace winnow
