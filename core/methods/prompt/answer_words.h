#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

// What of an answer survives in a compressed text (prompt-compression-baselines.md 6).

/// Lower-case words without ASCII punctuation and without a, an, the; CJK characters are words of their own.
std::vector<std::string> answerWords(std::string_view text);

/// Whether the words of the answer, joined by spaces, stand inside those of the text. An answer without words survives nowhere.
bool survivesVerbatim(std::string_view answer, std::string_view text);

/// Whether they stand in order with at most 10 words from one to the next.
bool survivesOrdered(std::string_view answer, std::string_view text);

/// Share of the numbers of `source` that `text` still has, each as often; NaN where the source has none. Numbers are runs of decimal digits
/// with inner dots and commas.
double numberSurvival(std::string_view source, std::string_view text);

/// The same of words that begin with a capital letter.
double capitalSurvival(std::string_view source, std::string_view text);

} // namespace winnow
