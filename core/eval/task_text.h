#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// How a text is cut into what task metrics count. Words: lower-case, without ASCII punctuation and articles, split at white
/// space. Characters: lower-case, without punctuation and white space, one code point each (Chinese; "char-level").
enum class TextUnits { Words, Characters };

/// Units of a text after the steps of an answer metric.
/// @param text Well-formed UTF-8.
/// @source prompt-compression-baselines.md 6 (the steps of SQuAD 1.1 in their order: case, punctuation, articles).
std::vector<std::string> answerUnits(std::string_view text, TextUnits units);

/// answerUnits joined: by one space (Words) or by nothing (Characters).
std::string normalisedAnswer(std::string_view text, TextUnits units);

/// Characters where the language code is zh or ja, or, for "auto" and "", where Han, Hiragana or Katakana make up at least half
/// of the letters of the text; Words otherwise.
TextUnits textUnitsOf(std::string_view language, std::string_view text);

/// Units of ROUGE-L: lower-case, punctuation stays, split at white space (Words) or one code point each (Characters).
std::vector<std::string> plainUnits(std::string_view text, TextUnits units);

/// Lower case by Unicode's full mapping, independent of the locale.
std::string lowerCaseText(std::string_view text);

/// Code points of well-formed UTF-8.
std::u32string codePointsOf(std::string_view text);

/// Length of a longest common subsequence. @cost O(a * b) time, O(min(a, b)) memory.
int64_t longestCommonSubsequence(const std::vector<int32_t> &a, const std::vector<int32_t> &b);

/// The same over code points.
int64_t longestCommonSubsequence(std::u32string_view a, std::u32string_view b);

/// 2 * LCS / (|a| + |b|); 1 when both are empty.
double lcsRatio(const std::vector<std::string> &a, const std::vector<std::string> &b);

} // namespace winnow
