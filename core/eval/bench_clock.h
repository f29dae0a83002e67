#pragma once

#include <cstdint>

namespace winnow {

/// CPU seconds of the process (all threads, since it was created) and seconds of the monotonic clock.
struct Moment {
    double cpu = 0;
    double wall = 0;

    static Moment now();
    /// When this process was created, on the same clocks.
    static Moment processStart();
    Moment operator-(const Moment &other) const { return Moment{cpu - other.cpu, wall - other.wall}; }
};

/// Forgets the highest resident size seen so far; false where the system does not allow it.
bool resetPeakResidentBytes();
/// Resident size now.
int64_t residentBytes();
/// Highest resident size since the last reset.
int64_t peakResidentBytes();

} // namespace winnow
