#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// RFC 4648 base64 with padding, no line breaks.
std::string base64(std::span<const std::byte> bytes);
std::string base64(std::string_view text);

/// Inverse; nullopt for characters outside the alphabet or a wrong length.
std::optional<std::vector<std::byte>> fromBase64(std::string_view text);

} // namespace winnow
