#include "core/methods/prompt/percentile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

double percentile(std::vector<double> values, double q)
{
    if (values.empty())
        return std::numeric_limits<double>::quiet_NaN();
    std::sort(values.begin(), values.end());
    const double place = std::clamp(q, 0.0, 100.0) / 100 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(std::floor(place));
    const size_t above = std::min(below + 1, values.size() - 1);
    const double part = place - static_cast<double>(below);
    return values[below] + part * (values[above] - values[below]);
}

double weightedPercentile(const std::vector<double> &values, const std::vector<int> &weights, double q)
{
    std::vector<double> repeated;
    for (size_t i = 0; i < values.size(); ++i)
        repeated.insert(repeated.end(), static_cast<size_t>(std::max(0, weights[i])), values[i]);
    return percentile(std::move(repeated), q);
}

} // namespace winnow
