#pragma once

#include <string>
#include <string_view>

namespace winnow {

/// Text for HTML and XML content and attributes: & < > " ' become entities, control characters that
/// XML forbids U+FFFD.
std::string escapedMarkup(std::string_view text);

/// Inverse for the five named entities; other references stay as they are.
std::string unescapedMarkup(std::string_view text);

} // namespace winnow
