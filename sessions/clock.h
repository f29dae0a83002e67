#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace winnow {

/// Now, as ISO 8601 in UTC to the second: "2026-11-25T18:41:07Z".
std::string utcNow();

/// The same for seconds since 1970.
std::string utcText(int64_t secondsSinceEpoch);

} // namespace winnow
