#pragma once

#include <string>
#include <string_view>

namespace winnow::jinja {

/// \r\n and \r become \n.
std::string normalizeNewlines(std::string_view text);

/// The inside of a quoted string as jinja2 reads it: bytes beyond ASCII are written as escapes, then Python's
/// unicode-escape codec reads all of it. @error Failure for an escape that is cut off or no character.
std::string unescapeLiteral(std::string_view inside, int line);

} // namespace winnow::jinja
