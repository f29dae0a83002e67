#include "core/eval/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace winnow {
namespace {

/// SplitMix64: a resample is a pure function of seed and draw number, on every platform.
uint64_t nextRandom(uint64_t &state)
{
    uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

/// floor(random * n / 2^64) without a division; n is far below 2^32, so the bias is below 2^-32.
size_t drawBelow(uint64_t &state, size_t n)
{
    return static_cast<size_t>(((nextRandom(state) >> 32) * static_cast<uint64_t>(n)) >> 32);
}

double sortedQuantile(const std::vector<double> &sorted, double q)
{
    if (sorted.empty())
        return std::numeric_limits<double>::quiet_NaN();
    const double place = std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const size_t below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

} // namespace

double mean(std::span<const double> values)
{
    if (values.empty())
        return std::numeric_limits<double>::quiet_NaN();
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standardError(std::span<const double> values)
{
    if (values.size() < 2)
        return 0;
    const double centre = mean(values);
    double squares = 0;
    for (double value : values)
        squares += (value - centre) * (value - centre);
    const double n = static_cast<double>(values.size());
    return std::sqrt(squares / (n - 1) / n);
}

double quantile(std::vector<double> values, double q)
{
    std::sort(values.begin(), values.end());
    return sortedQuantile(values, q);
}

Interval bootstrapMean(std::span<const double> values, uint64_t seed, int resamples)
{
    if (values.empty() || resamples < 1)
        return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
    uint64_t state = seed;
    std::vector<double> means(static_cast<size_t>(resamples));
    for (double &value : means) {
        double sum = 0;
        for (size_t i = 0; i < values.size(); ++i)
            sum += values[drawBelow(state, values.size())];
        value = sum / static_cast<double>(values.size());
    }
    std::sort(means.begin(), means.end());
    return {sortedQuantile(means, 0.025), sortedQuantile(means, 0.975)};
}

Knee kneeOf(std::vector<KneePoint> points, double threshold)
{
    std::sort(points.begin(), points.end(), [](const KneePoint &a, const KneePoint &b) { return a.budget > b.budget; });
    for (size_t i = 1; i < points.size(); ++i) {
        if (points[i].low > threshold && points[i - 1].low <= threshold)
            return {true, points[i - 1].budget, points[i].budget};
    }
    return {};
}

int64_t levenshtein(std::span<const int32_t> a, std::span<const int32_t> b)
{
    std::vector<int64_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), int64_t{0});
    for (size_t i = 1; i <= a.size(); ++i) {
        int64_t diagonal = row[0];
        row[0] = static_cast<int64_t>(i);
        for (size_t j = 1; j <= b.size(); ++j) {
            const int64_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
        }
    }
    return row.back();
}

double editSimilarity(std::span<const int32_t> a, std::span<const int32_t> b)
{
    const size_t longer = std::max(a.size(), b.size());
    if (longer == 0)
        return 1;
    return 1 - static_cast<double>(levenshtein(a, b)) / static_cast<double>(longer);
}

int64_t firstDivergence(std::span<const int32_t> a, std::span<const int32_t> b, int64_t none)
{
    const size_t common = std::min(a.size(), b.size());
    for (size_t i = 0; i < common; ++i) {
        if (a[i] != b[i])
            return static_cast<int64_t>(i);
    }
    return a.size() == b.size() ? none : static_cast<int64_t>(common);
}

double repetition(std::span<const int32_t> ids)
{
    constexpr size_t kGram = 4;
    if (ids.size() < kGram)
        return 0;
    std::set<std::array<int32_t, kGram>> seen;
    const size_t grams = ids.size() - kGram + 1;
    for (size_t i = 0; i < grams; ++i)
        seen.insert({ids[i], ids[i + 1], ids[i + 2], ids[i + 3]});
    return static_cast<double>(grams - seen.size()) / static_cast<double>(grams);
}

} // namespace winnow
