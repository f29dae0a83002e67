#include "core/eval/bench_clock.h"

#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace winnow {
namespace {

    double seconds(clockid_t clock)
    {
        timespec time{};
        clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }

    /// A field of /proc/self/status that counts kilobytes.
    int64_t statusBytes(const char *field)
    {
        std::ifstream file("/proc/self/status");
        const std::string start = std::string(field) + ":";
        std::string line;
        while (std::getline(file, line)) {
            if (line.starts_with(start))
                return std::stoll(line.substr(start.size())) * 1024;
        }
        return 0;
    }

} // namespace

Moment Moment::now() { return Moment{seconds(CLOCK_PROCESS_CPUTIME_ID), seconds(CLOCK_BOOTTIME)}; }

Moment Moment::processStart()
{
    std::ifstream file("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    // Field 22 is the start in clock ticks since boot; the name in field 2 may hold spaces, so count from its bracket.
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string field;
    for (int i = 3; i <= 22; ++i)
        fields >> field;
    const double ticks = field.empty() ? 0.0 : std::stod(field);
    return Moment{0.0, ticks / static_cast<double>(sysconf(_SC_CLK_TCK))};
}

bool resetPeakResidentBytes()
{
    std::ofstream file("/proc/self/clear_refs");
    file << '5' << std::flush;
    return file.good();
}

int64_t residentBytes() { return statusBytes("VmRSS"); }

int64_t peakResidentBytes() { return statusBytes("VmHWM"); }

} // namespace winnow
