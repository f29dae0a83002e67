#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

/// Logistic regression on z-scored features, with a bias.
struct LogisticModel {
    std::vector<double> mean, deviation; // [features]; a feature that does not vary counts as zero
    std::vector<double> weights; // [features + 1], the bias last

    double probability(std::span<const double> row) const;
};

/// 300 full-batch steps of gradient descent, rate 0.5, L2 1e-3 (not on the bias).
/// @param rows [examples][features]. @param labels [examples] 0 or 1.
/// @source prompt-compression-baselines.md 3.5.
LogisticModel fitLogistic(const std::vector<std::vector<double>> &rows, const std::vector<uint8_t> &labels);

/// Area under the curve of true over false positives, ties count half; NaN where only one class occurs.
double areaUnderCurve(const std::vector<double> &scores, const std::vector<uint8_t> &labels);

} // namespace winnow
