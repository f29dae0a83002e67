#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow {

/// How a budget was typed. Fraction of N (kept), a count of the method's unit, or bytes (native).
enum class BudgetKind { Fraction, Count, Bytes };

/// What the budget of a method counts.
enum class BudgetMeaning {
    KeptTokens, // tokens that stay, of N
    ReplacedLayers, // layers whose attention comes from elsewhere, of L
};

/// A budget as the person gave it: `0.25`, `25%`, `256t`, `6MiB`.
struct Budget {
    BudgetKind kind = BudgetKind::Fraction;
    double value = 1.0;

    bool operator==(const Budget &) const = default;
};

/// Parses a budget. Fractions lie in (0, 1], percentages in (0, 100], counts and bytes are >= 1.
/// Units of bytes: B, KiB, MiB, GiB, kB, MB, GB.
/// @error BadInput that repeats the text and lists the four forms.
Result<Budget> parseBudget(std::string_view text);

/// Whether a text says none at all ("0", "0%", "0t"): only layers to replace may be none, parseBudget refuses it.
bool saysNone(std::string_view text);

/// The shortest text that parses back to the same budget: "25%", "256t", "6MiB".
std::string budgetText(const Budget &budget);

/// R1 of kv-eviction-baselines.md: C = clamp(floor(tau*N + 0.5), 1, N) in f64; counts are clamped to 1..N.
/// Bytes budgets are turned into counts by the caller (they need a byte model).
int64_t budgetCount(const Budget &budget, int64_t tokens);

/// What a budget is a part of: N or L.
int64_t budgetTotal(BudgetMeaning meaning, int64_t tokens, int64_t layers);

/// The same for any meaning, in the method's unit: 1..N tokens, or 0..L layers.
int64_t budgetCount(const Budget &budget, BudgetMeaning meaning, int64_t tokens, int64_t layers);

/// What Method::select takes for a count: how much stays, so that more of it takes more bytes and all of it is the full cache.
/// Tokens as they are; of layers those that are not replaced, at least 1.
int64_t stayingCount(BudgetMeaning meaning, int64_t count, int64_t layers);
/// The count that a number of staying ones stands for: the other way round.
int64_t countOfStaying(BudgetMeaning meaning, int64_t staying, int64_t layers);

/// "3.55 MiB", "512 B", "1.20 GiB".
std::string byteText(double bytes);

} // namespace winnow
