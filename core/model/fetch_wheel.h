#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace winnow {

/// Where and how much of a wheel's file is unpacked.
struct WheelCopy {
    std::filesystem::path wheel;
    std::string_view entry; // what the path inside the wheel contains
    std::filesystem::path target; // written from `offset` on; what lies behind is cut off
    int64_t offset = 0;
    int64_t limit = 0; // most bytes target may have afterwards
};

/// Unpacks the files of a wheel (a zip archive) whose path contains `entry`, in the order of the numbers in their names,
/// one behind the other into `target`. Checks the archive's CRC sums.
///
/// @param unpacked  called with the bytes written so far by this call.
/// @return          the length of target.
/// @error BadModelFile for a damaged archive, no such entry or more than `limit` bytes; Io when target cannot be
///        written; Cancelled.
Result<int64_t> unpackWheel(const WheelCopy &copy, const RunContext &context, const std::function<void(int64_t)> &unpacked);

} // namespace winnow
