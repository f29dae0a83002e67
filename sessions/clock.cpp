#include "sessions/clock.h"

#include <cstdio>
#include <ctime>

namespace winnow {

std::string utcText(int64_t secondsSinceEpoch)
{
    const auto seconds = static_cast<std::time_t>(secondsSinceEpoch);
    std::tm parts {};
    gmtime_r(&seconds, &parts);
    char text[32];
    return { text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) };
}

std::string utcNow()
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return utcText(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

} // namespace winnow
