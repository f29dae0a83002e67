#pragma once

#include <vector>

namespace winnow {

/// Percentile q in 0..100 with linear interpolation between order statistics; NaN for no value.
/// @source prompt-compression-baselines.md 8.
double percentile(std::vector<double> values, double q);

/// The same of values that each count `weights[i]` times.
double weightedPercentile(const std::vector<double> &values, const std::vector<int> &weights, double q);

} // namespace winnow
