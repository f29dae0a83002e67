#include "sessions/number_text.h"

#include "core/base/budget.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace winnow {
namespace {

    constexpr const char *kMinus = "\xE2\x88\x92";

    std::string magnitude(double value, int decimals)
    {
        char text[400];
        std::snprintf(text, sizeof text, "%.*f", decimals, std::fabs(value));
        return text;
    }

    bool isZero(const std::string &text)
    {
        return text.find_first_not_of("0.") == std::string::npos;
    }

    std::string trimmed(double value)
    {
        std::string text = magnitude(value, 2);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.ends_with('.'))
            text.pop_back();
        return text;
    }

} // namespace

std::string groupedText(int64_t value)
{
    std::string digits = std::to_string(value < 0 ? -value : value);
    for (size_t at = digits.size(); at > 3;) {
        at -= 3;
        digits.insert(at, 1, ',');
    }
    return value < 0 ? kMinus + digits : digits;
}

std::string fixedText(double value, int decimals)
{
    if (!std::isfinite(value))
        return std::isnan(value) ? kNotMeasured
                                 : (value > 0 ? "\xE2\x88\x9E" : "\xE2\x88\x92\xE2\x88\x9E");
    std::string text = magnitude(value, decimals);
    if (value < 0 && !isZero(text))
        text.insert(0, kMinus);
    return text;
}

std::string signedText(double value, int decimals)
{
    std::string text = fixedText(value, decimals);
    if (value > 0 && std::isfinite(value) && !isZero(text))
        text.insert(0, 1, '+');
    return text;
}

std::string exactText(double value)
{
    if (!std::isfinite(value))
        return {};
    std::array<char, 40> text {};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return { text.data(), end };
}

std::string budgetLabel(const std::string &budget)
{
    const Result<Budget> parsed = parseBudget(budget);
    if (!parsed)
        return budget;
    switch (parsed->kind) {
    case BudgetKind::Fraction:
        return trimmed(parsed->value * 100) + " %";
    case BudgetKind::Count:
        return groupedText(std::llround(parsed->value))
            + (parsed->value == 1 ? " token" : " tokens");
    case BudgetKind::Bytes:
        return byteText(parsed->value);
    }
    return budget;
}

std::string letterText(int index)
{
    std::string text(1, static_cast<char>('A' + (index < 0 ? 0 : index) % 26));
    if (index >= 26)
        text += std::to_string(index / 26 + 1);
    return text;
}

std::string dateText(const std::string &iso)
{
    static constexpr std::array<const char *, 12> months { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int year = 0, month = 0, day = 0;
    if (std::sscanf(iso.c_str(), "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1
        || month > 12)
        return iso;
    return std::to_string(day) + " " + months[static_cast<size_t>(month - 1)] + " "
        + std::to_string(year);
}

std::string durationText(double milliseconds)
{
    if (!(milliseconds >= 0))
        return kNotMeasured;
    if (milliseconds < 1000)
        return fixedText(milliseconds, milliseconds < 10 ? 1 : 0) + " ms";
    if (milliseconds < 60000)
        return fixedText(milliseconds / 1000, 1) + " s";
    const auto seconds = std::llround(milliseconds / 1000);
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
}

} // namespace winnow
