#pragma once

#include <cstdint>
#include <string>

namespace winnow {

// Numbers for people (docs/look.md, section "Tables, charts, numbers"): true minus sign, en dash
// for what was not measured.

inline constexpr const char *kNotMeasured = "\xE2\x80\x93"; // en dash

/// "1,024".
std::string groupedText(int64_t value);
/// Fixed decimals, never "-0.00": "3.55", "−0.02"; the en dash for NaN.
std::string fixedText(double value, int decimals);
/// The same with a sign: "+0.0655", "−0.0099"; "0.0000" without one.
std::string signedText(double value, int decimals);
/// Shortest decimal that reads back to the same double, for files: "0.1", "1e-05"; "" for NaN.
std::string exactText(double value);
/// A budget as it is shown: "25%" -> "25 %", "256t" -> "256 tokens", "6MiB" -> "6 MiB"; other text
/// as it is.
std::string budgetLabel(const std::string &budget);
/// Letter of a run: 0 = "A", 25 = "Z", 26 = "A2".
std::string letterText(int index);
/// "25 Nov 2026" of an ISO 8601 time; the text itself when it is none.
std::string dateText(const std::string &iso);
/// "850 ms", "12.4 s", "3 min 41 s".
std::string durationText(double milliseconds);

} // namespace winnow
