#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Classes that pre-tokenisers ask for; a code point can be in several. They are those of the regular expressions
/// \p{L}, \p{N}, \s, [\r\n] and \p{P}.
enum CodePointClass : uint8_t {
    kLetter = 1,
    kNumber = 2,
    kSpace = 4,
    kNewline = 8,
    kPunctuation = 16,
};

/// One code point of a text: where it begins and what it is.
struct CodePoint {
    char32_t value = 0;
    uint32_t classes = 0; // CodePointClass bits
    size_t begin = 0; // byte offset in the text

    bool is(uint32_t mask) const { return (classes & mask) != 0; }
};

/// Classes by the Unicode Character Database (ICU).
uint32_t codePointClasses(char32_t value);

/// Whether the code point was assigned in Unicode `major`.0 or before.
bool isAssignedIn(char32_t value, uint8_t major);

/// The general category by the tables of Unicode `major`.0 (8 to 15) as ICU's mask (U_GC_L_MASK, ...); 0 for what was not
/// assigned then. The reference keeps old tables for some rules.
uint32_t categoryMaskIn(char32_t value, uint8_t major);

/// The property White_Space.
bool isWhiteSpace(char32_t value);

/// \w of Unicode expressions: Alphabetic, marks, decimal digits, connector punctuation, join controls.
/// @source UTS #18, annex C.
bool isWordCharacter(char32_t value);

/// The code point at byte `at` of well-formed UTF-8; moves `at` behind it.
char32_t takeCodePoint(std::string_view text, size_t &at);

/// Code points of well-formed UTF-8 (core/base/utf8.h checks it), appended to `out`; offsets count from `base`.
void appendCodePoints(std::string_view text, size_t base, std::vector<CodePoint> &out);

/// The code point as UTF-8, appended.
void appendUtf8(char32_t value, std::string &out);

/// Text with every maximal part of an ill-formed sequence replaced by one U+FFFD.
/// @source The Unicode Standard 15.0, 3.9, "U+FFFD Substitution of Maximal Subparts".
std::string replaceIllFormed(std::string_view bytes);

} // namespace winnow
