#pragma once

#include "sessions/session.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// A working copy that a dead process left behind.
struct Leftover {
    std::string file; // the working copy
    std::string original; // the person's file; empty = never saved
    std::string name; // "bleed.winnow", or the name of an untitled session
    std::string changed; // time of the last action, ISO 8601, UTC
    int64_t unsavedChanges = 0;
    std::string problem; // why its content cannot be read as it is; recover() repairs it
};

enum class LeftoverScope { NotYetOffered, All };

/// A session the window works on: a copy `<folder>/<uuid>.winnow` into which every action goes at
/// once. The person's own file changes only when they save. While the object lives it holds a lock,
/// so that other instances leave the copy alone; a process that dies gives the lock up and its copy
/// becomes a Leftover.
class WorkingCopy {
public:
    /// Copies the person's file (which may be on read-only media).
    /// @param folder  Where working copies live; created when missing.
    static Result<std::unique_ptr<WorkingCopy>> open(
        const std::string &folder, const std::string &path);
    /// An empty session that has no file yet.
    static Result<std::unique_ptr<WorkingCopy>> untitled(
        const std::string &folder, const std::string &name);
    /// Goes on with what a dead process left; a damaged copy is repaired first.
    /// @error NotFound when another instance has taken it meanwhile.
    static Result<std::unique_ptr<WorkingCopy>> recover(const Leftover &leftover);

    /// Without close() the working copy stays and is offered as a leftover if it holds unsaved
    /// changes.
    ~WorkingCopy();
    WorkingCopy(const WorkingCopy &) = delete;
    WorkingCopy &operator=(const WorkingCopy &) = delete;

    Session &session() { return *m_session; }
    const Session &session() const { return *m_session; }
    const std::string &original() const { return m_original; } // empty = untitled
    const std::string &name() const { return m_name; }
    const std::string &file() const { return m_file; }

    /// Another program wrote the person's file since it was opened or saved here.
    bool originalChanged() const;
    /// Writes the person's file. @error BadInput when there is none yet (use saveAs), Io.
    Result<void> save();
    Result<void> saveAs(const std::string &path);

    /// For an owner that keeps the session itself (the lock and the note stay here): session(),
    /// save() and saveAs() may not be called afterwards; after each of its own saves the owner
    /// calls setOriginal.
    std::unique_ptr<Session> takeSession() { return std::move(m_session); }
    Result<void> setOriginal(const std::string &path);

    /// Ends the work and removes the working copy; unsaved changes are gone.
    void close();

private:
    struct Lock;
    WorkingCopy(std::string file, std::unique_ptr<Lock> lock);
    static Result<std::unique_ptr<WorkingCopy>> prepare(const std::string &folder);
    Result<void> writeNote() const;
    void rememberOriginal();

    std::string m_file, m_original, m_name, m_created, m_stamp;
    std::unique_ptr<Lock> m_lock;
    std::unique_ptr<Session> m_session;
};

/// Working copies of dead processes, newest first. Copies without unsaved changes are removed on
/// the way, as are copies that were offered more than 30 days ago.
std::vector<Leftover> leftovers(
    const std::string &folder, LeftoverScope scope = LeftoverScope::NotYetOffered);

/// Remembers that a leftover was shown: the next start does not offer it again; LeftoverScope::All
/// still lists it.
Result<void> markOffered(const Leftover &leftover);

/// Removes a leftover for good.
void discard(const Leftover &leftover);

/// Picture of the main view for the recent list, PNG bytes; kept in the session, not counted as a
/// change.
Result<void> setThumbnail(Session &session, std::span<const std::byte> png);
std::vector<std::byte> thumbnail(const Session &session); // empty = none

} // namespace winnow
