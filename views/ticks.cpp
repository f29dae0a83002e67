#include "views/ticks.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow {

namespace {

// Smallest round number that is at least `size`.
double niceStep(double size, bool whole)
{
    static constexpr std::array<double, 7> kSteps{1, 2, 2.5, 4, 5, 8, 10};
    const double power = std::pow(10.0, std::floor(std::log10(size)));
    for (const double step : kSteps) {
        const double value = step * power;
        const bool usual = whole ? value == std::round(value) : step != 4 && step != 8; // counts may step by 80, measures not
        if (usual && value >= size * (1 - 1e-9))
            return value;
    }
    return 10 * power;
}

} // namespace

std::vector<double> niceTicks(double lo, double hi, int count)
{
    std::vector<double> ticks;
    if (!(hi > lo) || count < 1)
        return {lo};
    const double step = niceStep((hi - lo) / count, false);
    for (double k = std::ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9; ++k)
        ticks.push_back(k == 0 ? 0 : k * step);
    return ticks;
}

std::vector<double> logTicks(double lo, double hi, int count)
{
    std::vector<double> ticks;
    if (!(lo > 0) || !(hi > lo))
        return ticks;
    const int first = static_cast<int>(std::floor(std::log10(lo)));
    const int last = static_cast<int>(std::ceil(std::log10(hi)));
    static constexpr std::array<double, 3> kFine{1, 2, 5};
    for (int detail = 3; detail >= 1; detail -= 2) {
        ticks.clear();
        for (int power = first; power <= last; ++power)
            for (int i = 0; i < detail; ++i) {
                const double value = kFine[static_cast<size_t>(i)] * std::pow(10.0, power);
                if (value >= lo * (1 - 1e-9) && value <= hi * (1 + 1e-9))
                    ticks.push_back(value);
            }
        if (static_cast<int>(ticks.size()) <= count)
            return ticks;
    }
    const size_t every = (ticks.size() + static_cast<size_t>(count) - 1) / static_cast<size_t>(count);
    std::vector<double> thinned;
    for (size_t i = 0; i < ticks.size(); i += every)
        thinned.push_back(ticks[i]);
    return thinned;
}

std::vector<int> indexTicks(int first, int last, int count)
{
    if (last <= first)
        return {first};
    const double span = last - first;
    const int step = std::max(1, static_cast<int>(niceStep(std::max(1.0, (span + 1) / std::max(1, count)), true)));
    std::vector<int> ticks{first};
    for (int k = (first / step + 1) * step; k < last; k += step) {
        if (k - first >= step / 2 && last - k > step / 3) // labels of both ends keep their room
            ticks.push_back(k);
    }
    ticks.push_back(last);
    return ticks;
}

} // namespace winnow
