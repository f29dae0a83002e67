#pragma once

#include <QString>

#include <vector>

namespace winnow {

/// Round numbers between lo and hi, at most `count` intervals; both ends may lie outside the result.
std::vector<double> niceTicks(double lo, double hi, int count);

/// 1, 2 and 5 times powers of ten between lo and hi (lo > 0), thinned until at most `count` are left.
std::vector<double> logTicks(double lo, double hi, int count);

/// Ticks of an index axis first..last: round steps, and always both ends.
std::vector<int> indexTicks(int first, int last, int count);

} // namespace winnow
