#pragma once

#include <span>
#include <string_view>

namespace winnow {

/// A text file of the source tree that the build put into the program.
struct EmbeddedFile {
    std::string_view name; // "001_session.sql"
    std::string_view text;
};

namespace schema {
    /// The steps of the schema in order; step n turns a file of version n - 1 into one of version
    /// n.
    std::span<const EmbeddedFile> files();
} // namespace schema

namespace reportpage {
    /// Page, style and script of the HTML report (resources/report).
    std::span<const EmbeddedFile> files();
} // namespace reportpage

} // namespace winnow
