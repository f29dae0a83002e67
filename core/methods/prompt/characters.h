#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

// Characters of prompts: what the rules of prompt compression ask of them. Texts may have parts of characters at their ends.

/// The first whole character; 0 where there is none.
char32_t firstCharacter(std::string_view text);
/// The last whole character; 0 where there is none.
char32_t lastCharacter(std::string_view text);
bool isLetterOrDigit(char32_t value);
/// Nd of the Unicode Character Database.
bool isDecimalDigit(char32_t value);
/// Neither a word character nor white space.
bool isPunctuationLike(char32_t value);
/// Whether all characters are of one kind; false for no character. Bytes that are no character count as none of any kind.
bool allOf(std::string_view text, bool (*kind)(char32_t));
bool anyOf(std::string_view text, bool (*kind)(char32_t));
/// Only white space (true for no character).
bool isBlank(std::string_view text);
/// Lower case by the Unicode Character Database.
std::string lowerCase(std::string_view text);
/// Without white space and punctuation at both ends.
std::string_view coreOfWord(std::string_view word);
/// Bytes before the last `isBlank` tail, i.e. the end of the last non-space character; 0 for a blank text.
size_t endOfLastVisible(std::string_view text);

} // namespace winnow
