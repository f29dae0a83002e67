#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow::jinja {

/// repr(float): the shortest decimal that reads back, in Python's layout ("1e+16", "0.1", "1.0", "inf").
std::string floatText(double value);

/// What int(text, base) gives; nothing when Python raises ValueError.
std::optional<int64_t> parseWhole(std::string_view text, int base);

/// What float(text) gives; nothing when Python raises ValueError.
std::optional<double> parseFloat(std::string_view text);

/// round(value, digits) of a float: decimal rounding of the exact value, halves to even.
double roundFloat(double value, int64_t digits);

/// A format specification of str.format (PEP 3101) or, in the same terms, of the % operator.
struct NumberFormat {
    std::string fill = " ";
    char align = 0; ///< '<', '>', '^', '=' or none
    char sign = '-';
    bool alternate = false;
    char grouping = 0; ///< ',' or '_'
    int64_t width = 0;
    int64_t precision = -1;
    char type = 0;
};

/// Digits of a whole number under a format, without padding. Type is one of d, x, X, o, b.
std::string wholeDigits(int64_t value, const NumberFormat &format);
/// Digits of a float under a format, without padding. Type is one of e, E, f, F, g, G, % or none.
std::string floatDigits(double value, const NumberFormat &format);
/// Pads to the width; a number's sign stays in front with '='.
std::string padded(std::string text, const NumberFormat &format, char align);

} // namespace winnow::jinja
