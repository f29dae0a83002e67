#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winnow::jinja {

// Python's str on UTF-8. Indices and counts are code points, as in Python; case and classes are those of Unicode (ICU).

bool isAscii(std::string_view text);
std::u32string decode(std::string_view text);
std::string encode(std::u32string_view points);
void appendPoint(std::string &text, char32_t point);
size_t countPoints(std::string_view text);
/// Byte offset of a code point index that is at most countPoints(text).
size_t byteOffset(std::string_view text, size_t points);

/// str.isspace of one code point; also what \s matches.
bool isSpace(char32_t point);
bool isAlphabetic(char32_t point);
/// str.isprintable of one code point.
bool isPrintable(char32_t point);
bool isAlphanumeric(char32_t point);
/// isalpha, isdigit, islower, ... by name; nothing for a name that is no such method.
std::optional<bool> hasClass(std::string_view method, std::string_view text);

enum class Side { Left, Right, Both };
/// str.strip: whitespace, or any of the characters of `chars`.
std::string_view strip(std::string_view text, Side side);
std::string_view strip(std::string_view text, std::string_view chars, Side side);

std::vector<std::string_view> splitLines(std::string_view text, bool keepEnds);
/// str.split without a separator; at most `limit` cuts when it is not negative.
std::vector<std::string_view> splitWords(std::string_view text, int64_t limit);
std::vector<std::string_view> splitWordsRight(std::string_view text, int64_t limit);
/// str.split and str.rsplit with a separator that is not empty.
std::vector<std::string_view> split(std::string_view text, std::string_view separator, int64_t limit);
std::vector<std::string_view> splitRight(std::string_view text, std::string_view separator, int64_t limit);

/// Byte offset of the first or last occurrence within text[from..], npos when there is none; linear time.
size_t find(std::string_view text, std::string_view part, size_t from = 0);
size_t findLast(std::string_view text, std::string_view part);
size_t countParts(std::string_view text, std::string_view part);
/// str.replace; at most `limit` times when it is not negative.
std::string replace(std::string_view text, std::string_view from, std::string_view to, int64_t limit);
/// Bytes of the result of `replace`, to be claimed before it is made.
size_t replacedSize(std::string_view text, std::string_view from, std::string_view to, int64_t limit);

std::string upper(std::string_view text);
std::string lower(std::string_view text);
std::string caseFold(std::string_view text);
std::string swapCase(std::string_view text);
std::string capitalize(std::string_view text);
/// str.title; jinja's filter `title` cuts words in another way.
std::string title(std::string_view text);

/// repr(str): quotes and escapes as Python chooses them.
std::string quoted(std::string_view text);
/// html.escape as markupsafe does it.
std::string escapeHtml(std::string_view text);

} // namespace winnow::jinja
