#pragma once

#include "core/eval/task_metrics.h"

#include <vector>

namespace winnow {

/// Percentile q in 0..100 of values that each count `weights[i]` times, with linear interpolation; NaN for no value.
/// @source prompt-compression-baselines.md 8.
double weightedPercentile(const std::vector<double> &values, const std::vector<int> &weights, double q);

} // namespace winnow
