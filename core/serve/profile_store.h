#pragma once

#include "core/base/error.h"
#include "core/eval/block_profile.h"
#include "core/eval/capture.h"
#include "core/serve/cell_request.h"

#include <filesystem>
#include <optional>
#include <string>

namespace winnow {

/// Profiles of pairs of models (iam.md 3 step 1), one small JSON file a pair, named by the hashes of both:
/// $XDG_CACHE_HOME/winnow/profiles, else ~/.cache/winnow/profiles. They stay between runs and programs.
std::filesystem::path profileFolder();

/// Nothing when the pair was never measured, or its file cannot be read.
std::optional<BlockProfile> storedProfile(const std::string &largeHash, const std::string &smallHash);

/// @error Io naming the file.
Result<void> storeProfile(const std::string &largeHash, const std::string &smallHash, const BlockProfile &profile);

/// Writes the measured profile of the pair into the parameter `profile` of a method that goes by one, so that the request says
/// with which numbers its layers were chosen. Left alone: methods without it, a profile that was given, pairs without one.
Result<void> fillProfile(const Capture &capture, MethodRequest &method, const RunContext &context);

} // namespace winnow
