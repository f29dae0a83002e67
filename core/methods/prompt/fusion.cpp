#include "core/methods/prompt/fusion.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

std::vector<double> normalised(std::span<const double> values)
{
    std::vector<double> out(values.size(), 0.0);
    if (values.empty())
        return out;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const double range = *high - *low;
    if (!(range > 1e-8))
        return out;
    for (size_t i = 0; i < values.size(); ++i)
        out[i] = (values[i] - *low) / range;
    return out;
}

std::vector<double> fuse(Fusion fusion, double attentionWeight, std::span<const double> information, std::span<const double> attention)
{
    std::vector<double> out(information.size());
    if (fusion == Fusion::Multiplicative) {
        for (size_t i = 0; i < out.size(); ++i)
            out[i] = information[i] * attention[i];
        return out;
    }
    const std::vector<double> i = normalised(information), s = normalised(attention);
    for (size_t t = 0; t < out.size(); ++t)
        out[t] = (1 - attentionWeight) * i[t] + attentionWeight * s[t];
    return out;
}

double pearson(std::span<const double> a, std::span<const double> b)
{
    const size_t n = a.size();
    if (n < 2 || b.size() != n)
        return std::numeric_limits<double>::quiet_NaN();
    double meanA = 0, meanB = 0;
    for (size_t i = 0; i < n; ++i) {
        meanA += a[i] / static_cast<double>(n);
        meanB += b[i] / static_cast<double>(n);
    }
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; ++i) {
        ab += (a[i] - meanA) * (b[i] - meanB);
        aa += (a[i] - meanA) * (a[i] - meanA);
        bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : std::numeric_limits<double>::quiet_NaN();
}

} // namespace winnow
