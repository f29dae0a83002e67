#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace winnow {

/// What a JSON file of a model folder may be at most. Memory is at most about 20 times the bytes.
struct JsonLimits {
    int64_t bytes = int64_t{16} << 20;
    int depth = 64; // arrays and objects inside each other
};

/// Parses JSON that comes from outside: RFC 8259, UTF-8, no comments. Of a key that stands twice in an object the last
/// counts, as in Python's reader, which the published files are written for.
///
/// @param where  The file, as messages name it.
/// @error BadModelFile naming the place (line, column) and what was found, or the limit that is exceeded.
Result<Json> parseJson(std::string_view text, const std::string &where, const JsonLimits &limits = {});

/// parseJson of a file.
/// @error NotFound, Io; BadModelFile as above, before anything is read when the file is too large.
Result<Json> readJsonFile(const std::filesystem::path &path, const JsonLimits &limits = {});

/// A whole small file as text.
/// @error NotFound, Io; BadModelFile when it is longer than `maxBytes`.
Result<std::string> readSmallFile(const std::filesystem::path &path, int64_t maxBytes);

/// Text of a JSON parser's message without its number, with unprintable bytes escaped, cut to a line.
std::string jsonErrorText(std::string_view message);

} // namespace winnow
