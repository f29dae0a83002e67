#pragma once

#include <cstdint>
#include <string>

namespace winnow {

/// Version of the program, "1.0.0".
std::string versionText();
/// Commit it was built from, 40 hexadecimal digits, or "unknown" outside a clone.
std::string commitText();

/// "AMD EPYC 7B13, 2 cores, 24 GiB": what a report says about where it was made.
std::string machineText();
int machineCores();
/// Physical memory.
int64_t memoryBytes();
/// What the system says could still be had (MemAvailable); -1 when it does not say.
int64_t availableBytes();
/// Highest resident memory of this process so far.
int64_t highestResidentBytes();
/// Now, ISO 8601 in UTC: "2026-03-01T12:00:00Z".
std::string nowText();

} // namespace winnow
