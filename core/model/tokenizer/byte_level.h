#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow {

/// The bytes a token of a byte-level vocabulary stands for: its code points are bytes under GPT-2's mapping ("Ġthe" is
/// " the"); nullopt when one of them is not.
/// @source bytes_to_unicode of openai/gpt-2, encoder.py.
std::optional<std::string> byteLevelBytes(std::string_view token);

/// The token text of one byte under that mapping: one or two bytes of UTF-8, valid for ever.
std::string_view byteLevelText(uint8_t byte);

} // namespace winnow
