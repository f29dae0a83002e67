#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

enum class Fusion { Additive, Multiplicative };

/// What every protected token's score is raised by.
inline constexpr double kProtection = 1e5;

/// (v - min) / (max - min); zeros when the range is at most 1e-8. @source dac.md 3.2.
std::vector<double> normalised(std::span<const double> values);

/// One score for each scored token: (1 - a) norm(I) + a norm(s), or I s. @source dac.md 3.2.
/// @param information, attention [m]. @param attentionWeight a, additive only.
std::vector<double> fuse(Fusion fusion, double attentionWeight, std::span<const double> information, std::span<const double> attention);

/// Pearson correlation; NaN for fewer than two values or where one side does not vary.
double pearson(std::span<const double> a, std::span<const double> b);

} // namespace winnow
