#include "core/serve/machine.h"

#include "core/base/budget.h"
#include "winnow_version.h"

#include <array>
#include <ctime>
#include <fstream>
#include <sched.h>
#include <string_view>
#include <sys/resource.h>
#include <unistd.h>

namespace winnow {
namespace {

    /// Value of the first line of a /proc file that starts with `name`, without blanks around it.
    std::string procField(const char *path, std::string_view name)
    {
        std::ifstream file(path);
        std::string line;
        while (std::getline(file, line)) {
            const size_t colon = line.find(':');
            if (colon == std::string::npos || line.compare(0, name.size(), name) != 0)
                continue;
            const size_t first = line.find_first_not_of(" \t", colon + 1);
            return first == std::string::npos ? std::string() : line.substr(first);
        }
        return {};
    }

} // namespace

std::string versionText() { return WINNOW_VERSION; }

std::string commitText() { return WINNOW_COMMIT; }

int machineCores()
{
    // What this process may use: a container or taskset gives less than the machine has.
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

int64_t memoryBytes()
{
    return int64_t(sysconf(_SC_PHYS_PAGES)) * int64_t(sysconf(_SC_PAGESIZE));
}

int64_t availableBytes()
{
    const std::string field = procField("/proc/meminfo", "MemAvailable");
    return field.empty() ? -1 : std::strtoll(field.c_str(), nullptr, 10) * 1024;
}

int64_t highestResidentBytes()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return int64_t(usage.ru_maxrss) * 1024;
}

std::string machineText()
{
    std::string processor = procField("/proc/cpuinfo", "model name");
    if (processor.empty())
        processor = "unknown processor";
    const int cores = machineCores();
    return processor + ", " + std::to_string(cores) + (cores == 1 ? " core, " : " cores, ")
        + byteText(static_cast<double>(memoryBytes()));
}

std::string nowText()
{
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text.data();
}

} // namespace winnow
