#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace winnow {

enum class StageSchedule { Floor, Cumulative };

/// Stages of a text of n tokens where none is given: clamp(floor(n / 100), 1, 15). @source dac.md 3.3.
inline int64_t automaticStages(int64_t n) { return std::clamp<int64_t>(n / 100, 1, 15); }

/// Part of the scored tokens that each of N stages removes for a removed fraction c. @source dac.md 3.3.
inline double stageFraction(double removed, int64_t stages) { return 1 - std::pow(1 - removed, 1.0 / static_cast<double>(stages)); }

/// Scored tokens that stay after a stage.
///
/// Deviation: 1e-9 before the floor, as floor(1000 * (1 - 0.9)) is 99 in doubles. @source dac.md 3.3.
/// @param stage 1..N. @param scored m of this stage. @param first m of stage 1.
inline int64_t keptAfterStage(StageSchedule schedule, double fraction, int64_t stage, int64_t scored, int64_t first)
{
    const double exact = schedule == StageSchedule::Floor ? static_cast<double>(scored) * (1 - fraction)
                                                          : static_cast<double>(first) * std::pow(1 - fraction, static_cast<double>(stage));
    return std::clamp<int64_t>(static_cast<int64_t>(std::floor(exact + 1e-9)), 1, std::max<int64_t>(1, scored));
}

} // namespace winnow
