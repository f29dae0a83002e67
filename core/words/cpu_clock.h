#pragma once

#include <ctime>

namespace winnow {

/// CPU seconds of the calling thread: what work costs, whatever else the machine does meanwhile.
inline double threadSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

} // namespace winnow
