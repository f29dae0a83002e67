#include "core/base/budget.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <utility>

namespace winnow {
namespace {

    constexpr std::array<std::pair<std::string_view, double>, 7> kByteUnits{{
        {"KiB", 1024.0},
        {"MiB", 1024.0 * 1024},
        {"GiB", 1024.0 * 1024 * 1024},
        {"kB", 1e3},
        {"MB", 1e6},
        {"GB", 1e9},
        {"B", 1.0},
    }};

    tl::unexpected<Error> refuse(std::string_view text, const std::string &why)
    {
        return fail(ErrorCode::BadInput, "budget \"" + std::string(text) + "\": " + why,
            "write a kept fraction 0.25, a percentage 25%, a count 256t, or bytes 6MiB");
    }

    std::optional<double> plainNumber(std::string_view text)
    {
        double value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::general);
        if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || !std::isfinite(value))
            return std::nullopt;
        return value;
    }

    /// Shortest decimal without an exponent that reads back to the same double.
    std::string plainText(double value)
    {
        char buffer[400];
        const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
        return std::string(buffer, written.ptr);
    }

    std::string_view trimmed(std::string_view text)
    {
        const auto blank = [](char c) { return c == ' ' || c == '\t'; };
        while (!text.empty() && blank(text.front()))
            text.remove_prefix(1);
        while (!text.empty() && blank(text.back()))
            text.remove_suffix(1);
        return text;
    }

    /// Removes a suffix and the blanks before it.
    std::optional<std::string_view> before(std::string_view text, std::string_view suffix)
    {
        if (!text.ends_with(suffix))
            return std::nullopt;
        return trimmed(text.substr(0, text.size() - suffix.size()));
    }

} // namespace

Result<Budget> parseBudget(std::string_view given)
{
    const std::string_view text = trimmed(given);
    if (const auto digits = before(text, "%")) {
        const auto value = plainNumber(*digits);
        if (!value)
            return refuse(given, "not a number before %");
        if (*value <= 0 || *value > 100)
            return refuse(given, "a percentage is above 0 and at most 100");
        return Budget{BudgetKind::Fraction, *value / 100};
    }
    if (const auto digits = before(text, "t")) {
        const auto value = plainNumber(*digits);
        if (!value || *value != std::floor(*value) || *value > 1e15)
            return refuse(given, "a count is a whole number before t");
        if (*value < 1)
            return refuse(given, "a count is at least 1");
        return Budget{BudgetKind::Count, *value};
    }
    for (const auto &[unit, factor] : kByteUnits) {
        const auto digits = before(text, unit);
        if (!digits)
            continue;
        const auto value = plainNumber(*digits);
        if (!value)
            return refuse(given, "not a number before " + std::string(unit));
        const double bytes = std::floor(*value * factor + 0.5);
        if (bytes < 1 || bytes > 9e15)
            return refuse(given, "at least 1 B is needed");
        return Budget{BudgetKind::Bytes, bytes};
    }
    const auto value = plainNumber(text);
    if (!value)
        return refuse(given, "not understood");
    if (*value <= 0 || *value > 1)
        return refuse(given, "a fraction is above 0 and at most 1");
    return Budget{BudgetKind::Fraction, *value};
}

bool saysNone(std::string_view given)
{
    const std::string_view text = trimmed(given);
    for (const std::string_view suffix : {"%", "t", ""}) {
        const auto digits = before(text, suffix);
        const auto value = digits ? plainNumber(*digits) : std::nullopt;
        if (value)
            return *value == 0;
    }
    return false;
}

std::string budgetText(const Budget &budget)
{
    switch (budget.kind) {
    case BudgetKind::Count:
        return plainText(budget.value) + "t";
    case BudgetKind::Fraction: {
        // x / 100 rounds, so not every fraction has a percentage that divides back to it.
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.12g", budget.value * 100);
        const auto percent = plainNumber(buffer);
        if (percent && *percent / 100 == budget.value && *percent >= 1e-4)
            return plainText(*percent) + "%";
        return plainText(budget.value);
    }
    case BudgetKind::Bytes:
        break;
    }
    for (const auto &[unit, factor] : {kByteUnits[2], kByteUnits[1], kByteUnits[0]}) {
        const double scaled = budget.value / factor;
        if (scaled >= 1 && scaled * 100 == std::floor(scaled * 100))
            return plainText(scaled) + std::string(unit);
    }
    return plainText(budget.value) + "B";
}

int64_t budgetCount(const Budget &budget, int64_t tokens)
{
    const double asked = budget.kind == BudgetKind::Fraction
        ? std::floor(budget.value * static_cast<double>(tokens) + 0.5)
        : budget.value;
    return static_cast<int64_t>(std::clamp(asked, 1.0, static_cast<double>(std::max<int64_t>(tokens, 1))));
}

int64_t budgetTotal(BudgetMeaning meaning, int64_t tokens, int64_t layers)
{
    return meaning == BudgetMeaning::KeptTokens ? tokens : layers;
}

int64_t budgetCount(const Budget &budget, BudgetMeaning meaning, int64_t tokens, int64_t layers)
{
    if (meaning == BudgetMeaning::KeptTokens)
        return budgetCount(budget, tokens);
    const double asked = budget.kind == BudgetKind::Fraction
        ? std::floor(budget.value * static_cast<double>(layers) + 0.5)
        : budget.value;
    return static_cast<int64_t>(std::clamp(asked, 0.0, static_cast<double>(layers)));
}

int64_t stayingCount(BudgetMeaning meaning, int64_t count, int64_t layers)
{
    return meaning == BudgetMeaning::KeptTokens ? count : std::max<int64_t>(1, layers - count);
}

int64_t countOfStaying(BudgetMeaning meaning, int64_t staying, int64_t layers)
{
    return meaning == BudgetMeaning::KeptTokens ? staying : std::max<int64_t>(0, layers - staying);
}

std::string byteText(double bytes)
{
    constexpr std::array<const char *, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    double scaled = bytes;
    // 1023.995 would be printed as 1024.00.
    while (unit + 1 < kUnits.size() && std::abs(scaled) >= (unit == 0 ? 1024 : 1023.995)) {
        scaled /= 1024;
        ++unit;
    }
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, unit == 0 ? "%.0f %s" : "%.2f %s", scaled, kUnits[unit]);
    return buffer;
}

} // namespace winnow
