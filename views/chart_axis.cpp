#include "views/chart_axis.h"

#include "views/ticks.h"

#include <algorithm>
#include <cmath>

namespace winnow {

double ChartAxis::share(double value) const
{
    if (log)
        return value > 0 ? std::log(value / lo) / std::log(hi / lo) : -1;
    return (value - lo) / (hi - lo);
}

bool ChartAxis::contains(double value) const
{
    const double at = share(value);
    return at >= -1e-9 && at <= 1 + 1e-9;
}

std::vector<double> ChartAxis::ticks(int count) const { return log ? logTicks(lo, hi, count + 4) : niceTicks(lo, hi, count); }

ChartAxis ChartAxis::linear(const std::vector<double> &values, bool fromZero)
{
    ChartAxis axis;
    double lo = fromZero ? 0 : 1e300, hi = fromZero ? 0 : -1e300;
    for (const double v : values) {
        if (!std::isfinite(v))
            continue;
        lo = std::min(lo, v);
        hi = std::max(hi, v);
    }
    if (lo > hi)
        return axis;
    if (hi - lo < 1e-12)
        hi = lo + std::max(1e-3, std::abs(lo) * 0.1);
    const std::vector<double> ticks = niceTicks(lo, hi, 4);
    const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : hi - lo;
    axis.hi = std::ceil(hi / step - 1e-6) * step;
    // A little room below zero lets markers on the zero line be whole; more only where values are there.
    axis.lo = lo < 0 ? std::min(lo - 0.02 * (hi - lo), -0.05 * (hi - lo)) : fromZero ? 0 : std::floor(lo / step + 1e-6) * step;
    return axis;
}

ChartAxis ChartAxis::logarithmic(const std::vector<double> &values, double decades)
{
    ChartAxis axis;
    axis.log = true;
    double lo = 1e300, hi = 0;
    for (const double v : values) {
        if (!std::isfinite(v) || v <= 0)
            continue;
        lo = std::min(lo, v);
        hi = std::max(hi, v);
    }
    if (hi <= 0) {
        axis.lo = 0.1;
        return axis;
    }
    axis.hi = hi * 1.15;
    axis.lo = std::max(lo / 1.25, hi * std::pow(10.0, -decades));
    return axis;
}

} // namespace winnow
