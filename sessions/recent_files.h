#pragma once

#include "core/base/error.h"
#include "sessions/session.h"

#include <cstddef>
#include <string>
#include <vector>

namespace winnow {

/// A row of the welcome page.
struct RecentFile {
    std::string path; // absolute
    std::string summary; // "3 runs, cache of panthers.txt"
    std::string opened; // ISO 8601, UTC; filled in by add when empty
    std::vector<std::byte> thumbnail; // PNG, may be empty
    bool exists = true; // the file is there now
};

/// The recent list: one JSON file, written atomically; a damaged one is an empty list. Newest
/// first, at most kMost.
class RecentFiles {
public:
    static constexpr size_t kMost = 12;

    explicit RecentFiles(std::string file);
    std::vector<RecentFile> entries() const;
    /// Puts a file first; an entry with the same path is replaced.
    Result<void> add(const RecentFile &entry);
    Result<void> remove(const std::string &path);
    Result<void> clear();

private:
    Result<void> write(const std::vector<RecentFile> &entries) const;
    std::string m_file;
};

/// One line about a session for its row: "3 runs, cache of panthers.txt".
std::string sessionSummary(const Session &session);

} // namespace winnow
