#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace winnow {

/// Name beside `path` for a file that is being written: ".name.<pid>-<n>.part" in the same folder,
/// so that a rename is atomic.
std::string partPath(const std::string &path);

/// Makes a finished part durable and gives it its name: fsync of the file, rename over `path`,
/// fsync of the folder. The part is removed when that fails.
/// @error Io naming `path`.
Result<void> publishPart(const std::string &part, const std::string &path);

/// As publishPart, but refuses to replace an existing file.
/// @error BadInput when `path` exists, Io otherwise.
Result<void> publishNewPart(const std::string &part, const std::string &path);

/// Writes a whole file: the old content or the new one is there at any moment, never a part of it.
/// @error Io naming the file and the reason (no space left, permission denied, ...).
Result<void> writeFileAtomically(const std::string &path, std::span<const std::byte> bytes);
Result<void> writeFileAtomically(const std::string &path, std::string_view text);

/// Reads a whole file.
/// @error NotFound, Io; BadInput when it is longer than `limit` bytes.
Result<std::string> readFile(const std::string &path, uint64_t limit = uint64_t(1) << 30);

} // namespace winnow
