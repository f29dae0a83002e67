#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// Lower and upper end of a 95 % interval.
struct Interval {
    double low = 0, high = 0;
};

double mean(std::span<const double> values);
/// sample standard deviation / sqrt(n); 0 for fewer than two values.
double standardError(std::span<const double> values);
/// Quantile with linear interpolation between order statistics, q in [0, 1]. NaN for no values.
double quantile(std::vector<double> values, double q);

/// 95 % interval of the mean: percentiles 2.5 and 97.5 of `resamples` means of draws with replacement.
/// @param seed Same seed and values, same interval.
Interval bootstrapMean(std::span<const double> values, uint64_t seed, int resamples = 1000);

/// A point of a curve of delta NLL over budgets.
struct KneePoint {
    double budget = 0; // any increasing measure: share, slots, bytes
    double low = 0; // lower bound of delta NLL, nats
};
/// Where the loss becomes visible: `within` is the smallest budget from the top that still is not told apart from the
/// full cache, `beyond` the next smaller one, whose lower bound exceeds the threshold.
struct Knee {
    bool found = false;
    double within = 0, beyond = 0;
};
/// Largest budget step after which the lower bound of delta NLL exceeds `threshold` nats (kv-evaluation.md 6).
Knee kneeOf(std::vector<KneePoint> points, double threshold = 0.01);

/// Edits (insert, delete, replace) between two id lists. @cost O(a*b) time, O(b) memory.
int64_t levenshtein(std::span<const int32_t> a, std::span<const int32_t> b);
/// 1 - levenshtein / larger length; 1 for two empty lists.
double editSimilarity(std::span<const int32_t> a, std::span<const int32_t> b);
/// Index of the first differing id (where one list ends before the other: its length); `none` for equal lists.
int64_t firstDivergence(std::span<const int32_t> a, std::span<const int32_t> b, int64_t none);
/// Share of 4-grams of ids that occurred before in the same list; 0 for fewer than 4 ids.
double repetition(std::span<const int32_t> ids);

} // namespace winnow
