#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

/// What white space means to a segmenter (llaca.md 3.5).
enum class WhiteSpaceMode {
    Strip, // removed before: zh, ja, ko
    Separator, // no word crosses it: th and other spaced text
    Literal, // an ordinary character
};

/// The words of requests and parameters: "strip", "separator", "literal".
const char *whiteSpaceModeName(WhiteSpaceMode mode);
/// @error BadInput listing the words.
Result<WhiteSpaceMode> whiteSpaceModeOf(std::string_view name);

/// "zh", "ja", "ko", "th" or "en" by the scripts of a text: kana make Japanese, Hangul Korean, Thai letters Thai, other
/// ideographs Chinese.
std::string languageOf(const std::vector<std::string> &lines);
/// The mode of a language: strip for zh, ja and ko, separator for the others.
WhiteSpaceMode whiteSpaceModeOfLanguage(std::string_view language);

/// A line as segmenters see it: characters without the white space that the mode takes away.
struct CutText {
    std::u32string characters; // [n]
    std::vector<int32_t> origin; // [n] code point of the line that a character is; empty: the same position
    std::vector<int32_t> pieceEnds; // ascending, no word crosses one; the last is n (empty when n = 0)

    size_t size() const { return characters.size(); }
    int32_t originOf(size_t character) const { return origin.empty() ? static_cast<int32_t>(character) : origin[character]; }
    std::u32string_view piece(size_t index) const;
    int32_t pieceBegin(size_t index) const { return index == 0 ? 0 : pieceEnds[index - 1]; }
    std::u32string_view word(int32_t first, int32_t end) const
    {
        return std::u32string_view(characters).substr(static_cast<size_t>(first), static_cast<size_t>(end - first));
    }
};

/// @param utf8 well-formed. `out` is overwritten and keeps its memory.
void prepareText(std::string_view utf8, WhiteSpaceMode mode, CutText &out);
CutText cutText(std::string_view utf8, WhiteSpaceMode mode);

/// The text that counts of substrings are taken from (llaca.md 3.3): lines as the mode leaves them, joined by a newline. Spaces of
/// `separator` stay.
std::u32string rawText(const std::vector<std::string> &lines, WhiteSpaceMode mode);

/// Words as ends in `text.characters` -> ranges [first, end) of the line.
std::vector<std::pair<int32_t, int32_t>> originRanges(const CutText &text, const std::vector<int32_t> &ends);
/// Ranges of the line -> ends in `text.characters`. Characters that no range covers become words of their own.
std::vector<int32_t> wordEnds(const CutText &text, const std::vector<std::pair<int32_t, int32_t>> &ranges);

} // namespace winnow
