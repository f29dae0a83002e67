#pragma once

#include "core/base/error.h"
#include "sessions/embedded_file.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace winnow {

/// "WNNW", in the header of every session file.
inline constexpr int32_t kApplicationId = 0x574E4E57;

/// The first bytes of a file, read without SQLite so that a file that is no session is not touched.
struct FileHeader {
    int32_t applicationId = 0;
    int32_t version = 0; // user_version
    bool writeAheadLog = false;
};

/// @error NotFound, Io, BadInput ("is not a Winnow session") for anything that has not our header.
Result<FileHeader> readHeader(const std::string &path);

/// Version the schema steps lead to.
int32_t schemaVersion();

/// Refuses versions newer than ours and such that never were.
Result<void> checkVersion(const std::string &path, int32_t version);

/// Settings of every connection: row check function, foreign keys, untrusted schema, bounded
/// statements.
void configure(SQLite::Database &database);

/// Takes a database from its user_version to the last of `steps`, one transaction per step.
Result<void> migrate(SQLite::Database &database, std::span<const EmbeddedFile> steps);

/// Compares tables, indices and triggers with those of the schema steps: what differs is damage or
/// malice.
/// @error BadInput naming the object.
Result<void> verifySchema(const SQLite::Database &database, const std::string &path);

/// SQLite's own check of every page and index (PRAGMA integrity_check): a flipped bit in a page
/// header can hide rows without any error, one in an index hides them from whoever looks them up.
/// @cost  One pass over the file, some milliseconds per 10 MB.
Result<void> verifyPages(SQLite::Database &database, const std::string &path);

/// Turns an SQLite error into ours: disk full and permissions become Io, damage BadInput; the
/// message names the file.
Error databaseError(const std::string &path, const SQLite::Exception &exception);

/// The same for any exception that may leave the bodies of this room (SQLite, JSON, memory).
Error caughtError(const std::string &path);

/// A private folder that is removed with everything in it.
class ScratchFolder {
public:
    static Result<std::unique_ptr<ScratchFolder>> create();
    explicit ScratchFolder(std::string path);
    ~ScratchFolder();
    ScratchFolder(const ScratchFolder &) = delete;
    ScratchFolder &operator=(const ScratchFolder &) = delete;
    const std::string &path() const { return m_path; }

private:
    std::string m_path;
};

/// An open session file and, when it could not be read in place, the scratch copy that stands for
/// it.
struct OpenDatabase {
    std::unique_ptr<ScratchFolder> scratch; // destroyed after the database
    std::unique_ptr<SQLite::Database> database;
};

/// How transactions become durable. Both survive a kill at any moment.
enum class Journal {
    Rollback, ///< Synced at once; between two actions everything is in the one file. 10 to 30 ms an
              ///< action on a disk.
    WriteAhead, ///< Not synced: an action takes 0.1 ms. For working copies; a power cut may cost
                ///< their last seconds.
};

/// Opens for reading and writing; rolls back what a killed writer left, migrates older versions.
Result<OpenDatabase> openForWriting(const std::string &path, Journal journal = Journal::Rollback);

/// Opens without writing anything beside or into the file. A file that needs a roll-back or a
/// migration is copied to a scratch folder first.
Result<OpenDatabase> openForReading(const std::string &path);

/// Opens a scratch copy of a damaged file with whatever of its schema can be put right: for check
/// and repair only.
Result<OpenDatabase> openDamaged(const std::string &path);

/// Creates an empty session: complete under its name, or not there at all.
/// @error BadInput when the file exists, Io.
Result<void> createDatabase(const std::string &path);

/// Before a file is replaced: rolls back what a killed writer left beside the old one, so that its
/// journal can never be taken for one of the new file.
Result<void> settleJournal(const std::string &path);

/// Copies the database page by page into `target` (created), as of one moment.
void copyDatabase(SQLite::Database &source, const std::string &target);

} // namespace winnow
