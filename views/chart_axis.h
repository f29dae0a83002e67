#pragma once

#include <QString>

#include <vector>

namespace winnow {

/// One axis of a chart: range, scale, ticks.
struct ChartAxis {
    double lo = 0, hi = 1;
    bool log = false;

    /// 0 at lo, 1 at hi; outside values map outside. On a log axis values at or below 0 map to -1.
    double share(double value) const;
    bool contains(double value) const;
    std::vector<double> ticks(int count) const;

    /// Range over values so that all of them are inside, with round ends on a linear axis.
    /// @param fromZero  linear only: the range includes 0.
    static ChartAxis linear(const std::vector<double> &values, bool fromZero);
    /// Range over the positive values, at most `decades` below the largest.
    static ChartAxis logarithmic(const std::vector<double> &values, double decades = 3);
};

} // namespace winnow
