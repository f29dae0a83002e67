#include "core/methods/prompt/percentile.h"

#include <algorithm>

namespace winnow {

double weightedPercentile(const std::vector<double> &values, const std::vector<int> &weights, double q)
{
    std::vector<double> repeated;
    for (size_t i = 0; i < values.size(); ++i)
        repeated.insert(repeated.end(), static_cast<size_t>(std::max(0, weights[i])), values[i]);
    return percentile(std::move(repeated), q);
}

} // namespace winnow
