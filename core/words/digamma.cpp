#include "core/words/digamma.h"

#include <cmath>

namespace winnow {

double digamma(double x)
{
    constexpr double kAsymptotic = 10;
    double shift = 0;
    for (; x < kAsymptotic; x += 1)
        shift -= 1 / x;
    const double square = 1 / (x * x);
    const double series
        = square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square * (1.0 / 132)))));
    return shift + std::log(x) - 1 / (2 * x) - series;
}

} // namespace winnow
