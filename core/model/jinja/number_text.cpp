#include "core/model/jinja/number_text.h"

#include "core/model/jinja/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace winnow::jinja {
namespace {

    /// Takes the underscores between digits out; nothing when one stands elsewhere.
    std::optional<std::string> withoutUnderscores(std::string_view text)
    {
        std::string result;
        for (size_t i = 0; i < text.size(); ++i) {
            if (text[i] != '_') {
                result += text[i];
                continue;
            }
            const auto isDigit
                = [&](size_t at) { return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])); };
            if (i == 0 || !isDigit(i - 1) || !isDigit(i + 1))
                return std::nullopt;
        }
        return result;
    }

    std::string print(const char *format, int precision, double value)
    {
        std::string text(static_cast<size_t>(std::snprintf(nullptr, 0, format, precision, value)), '\0');
        std::snprintf(text.data(), text.size() + 1, format, precision, value);
        return text;
    }

    void group(std::string &digits, char separator, size_t every)
    {
        size_t end = digits.find_first_not_of("0123456789abcdefABCDEF");
        if (end == std::string::npos)
            end = digits.size();
        for (size_t at = end; at > every; at -= every)
            digits.insert(at - every, 1, separator);
    }

    std::string withSign(bool negative, std::string digits, char sign)
    {
        if (negative)
            return "-" + digits;
        return sign == '+' || sign == ' ' ? std::string(1, sign) + digits : digits;
    }

} // namespace

std::string floatText(double value)
{
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value < 0 ? "-inf" : "inf";
    std::array<char, 64> buffer;
    const auto end
        = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
    std::string text(buffer.data(), end);
    const size_t mark = text.find('e');
    const int exponent = std::atoi(text.c_str() + mark + 1);
    if (exponent < -4 || exponent >= 16)
        return text;
    const auto fixed = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr;
    text.assign(buffer.data(), fixed);
    return text.find('.') == std::string::npos ? text + ".0" : text;
}

std::optional<int64_t> parseWhole(std::string_view text, int base)
{
    text = strip(text, Side::Both);
    bool negative = false;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        negative = text[0] == '-';
        text.remove_prefix(1);
    }
    const auto prefixed = [&](char letter) {
        return text.size() > 2 && text[0] == '0' && (text[1] == letter || text[1] == static_cast<char>(letter - 32));
    };
    bool hadPrefix = false;
    for (const auto &[letter, its] : { std::pair { 'x', 16 }, std::pair { 'o', 8 }, std::pair { 'b', 2 } }) {
        if (!hadPrefix && (base == its || base == 0) && prefixed(letter)) {
            base = its;
            text.remove_prefix(text[2] == '_' ? 3 : 2);
            hadPrefix = true;
        }
    }
    if (base == 0) {
        if (text.size() > 1 && text[0] == '0' && text.find_first_not_of("0_") != text.npos)
            return std::nullopt;
        base = 10;
    }
    const auto digits = withoutUnderscores(text);
    if (!digits || digits->empty() || base < 2 || base > 36)
        return std::nullopt;
    int64_t value = 0;
    const std::string signedDigits = (negative ? "-" : "") + *digits;
    const auto [end, error]
        = std::from_chars(signedDigits.data(), signedDigits.data() + signedDigits.size(), value, base);
    if (error != std::errc() || end != signedDigits.data() + signedDigits.size())
        return std::nullopt;
    return value;
}

std::optional<double> parseFloat(std::string_view text)
{
    text = strip(text, Side::Both);
    const auto plain = withoutUnderscores(text);
    if (!plain || plain->empty())
        return std::nullopt;
    std::string_view rest = *plain;
    const bool negative = rest[0] == '-';
    if (rest[0] == '+' || rest[0] == '-')
        rest.remove_prefix(1);
    const std::string word = lower(rest);
    if (word == "inf" || word == "infinity")
        return negative ? -HUGE_VAL : HUGE_VAL;
    if (word == "nan")
        return std::nan("");
    if (rest.empty() || rest.find_first_not_of("0123456789.eE+-") != rest.npos || rest[0] == '+' || rest[0] == '-')
        return std::nullopt;
    // not from_chars: a number beyond the range is infinite or zero in Python
    char *end = nullptr;
    const std::string digits(rest);
    const double value = std::strtod(digits.c_str(), &end);
    if (end != digits.c_str() + digits.size())
        return std::nullopt;
    return negative ? -value : value;
}

double roundFloat(double value, int64_t digits)
{
    if (!std::isfinite(value) || value == 0 || digits > 400)
        return value;
    if (digits >= 0)
        return std::strtod(print("%.*f", static_cast<int>(digits), value).c_str(), nullptr);
    if (digits < -400)
        return std::copysign(0.0, value);
    const double scale = std::pow(10.0, static_cast<double>(-digits));
    return std::nearbyint(value / scale) * scale;
}

std::string wholeDigits(int64_t value, const NumberFormat &format)
{
    const int base = format.type == 'x' || format.type == 'X' ? 16
        : format.type == 'o'                                  ? 8
        : format.type == 'b'                                  ? 2
                                                              : 10;
    const uint64_t size = value < 0 ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
    std::array<char, 72> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), size, base).ptr;
    std::string digits(buffer.data(), end);
    if (format.type == 'X')
        digits = upper(digits);
    if (format.grouping)
        group(digits, format.grouping, base == 10 ? 3 : 4);
    if (format.alternate && base != 10)
        digits = std::string("0") + format.type + digits;
    return withSign(value < 0, digits, format.sign);
}

std::string floatDigits(double value, const NumberFormat &format)
{
    const bool negative = std::signbit(value) && !std::isnan(value);
    const double size = std::fabs(value);
    const int precision = static_cast<int>(format.precision < 0 ? 6 : format.precision);
    std::string digits;
    const bool isUpper = format.type == 'E' || format.type == 'F' || format.type == 'G';
    if (!std::isfinite(value)) {
        digits = std::isnan(value) ? "nan" : "inf";
        if (format.type == '%')
            digits += '%';
    } else if (format.type == 'f' || format.type == 'F') {
        digits = print(format.alternate ? "%#.*f" : "%.*f", precision, size);
    } else if (format.type == 'e' || format.type == 'E') {
        digits = print(format.alternate ? "%#.*e" : "%.*e", precision, size);
    } else if (format.type == 'g' || format.type == 'G') {
        digits = print(format.alternate ? "%#.*g" : "%.*g", precision, size);
    } else if (format.type == '%') {
        digits = print("%.*f", precision, size * 100) + "%";
    } else if (format.precision < 0) {
        digits = floatText(size);
    } else { // no type, with a precision: like g, but with a digit behind the point
        digits = print("%.*g", precision == 0 ? 1 : precision, size);
        const int exponent = size == 0
            ? 0
            : std::atoi(print("%.*e", precision == 0 ? 0 : precision - 1, size)
                            .substr(print("%.*e", precision == 0 ? 0 : precision - 1, size).find('e') + 1)
                            .c_str());
        if (exponent == (precision == 0 ? 1 : precision) - 1 && digits.find('e') == digits.npos
            && digits.find('.') == digits.npos)
            digits = print("%.*e", precision == 0 ? 0 : precision - 1, size);
        else if (digits.find_first_of(".e") == digits.npos)
            digits += ".0";
    }
    if (isUpper)
        digits = upper(digits);
    if (format.grouping && std::isfinite(value))
        group(digits, format.grouping, 3);
    return withSign(negative, digits, format.sign);
}

std::string padded(std::string text, const NumberFormat &format, char align)
{
    const size_t size = countPoints(text);
    if (format.width <= 0 || size >= static_cast<size_t>(format.width))
        return text;
    const size_t missing = static_cast<size_t>(format.width) - size;
    const auto fill = [&](size_t count) {
        std::string result;
        for (size_t i = 0; i < count; ++i)
            result += format.fill;
        return result;
    };
    if (align == '<')
        return text + fill(missing);
    if (align == '^')
        return fill(missing / 2) + text + fill(missing - missing / 2);
    if (align == '=') {
        size_t lead = !text.empty() && (text[0] == '-' || text[0] == '+' || text[0] == ' ') ? 1 : 0;
        if (text.size() > lead + 1 && text[lead] == '0'
            && std::string_view("xXob").find(text[lead + 1]) != std::string_view::npos)
            lead += 2;
        return text.substr(0, lead) + fill(missing) + text.substr(lead);
    }
    return fill(missing) + text;
}

} // namespace winnow::jinja
