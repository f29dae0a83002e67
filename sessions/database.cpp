#include "sessions/database.h"

#include "core/base/json.h"
#include "sessions/atomic_file.h"
#include "sessions/row_check.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <new>

namespace winnow {
namespace {

    namespace fs = std::filesystem;

    constexpr int kBusyTimeoutMs = 3000;
    constexpr auto kStatementLimit = std::chrono::seconds(60);

    // A damaged tree can send SQLite through the same pages again and again; no statement of ours
    // needs this long.
    struct Deadline {
        std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
        std::chrono::steady_clock::duration spent {};
    };

    int pollDeadline(void *data)
    {
        auto &deadline = *static_cast<Deadline *>(data);
        const auto now = std::chrono::steady_clock::now();
        const auto step = now - deadline.last;
        deadline.last = now;
        // Calls come every few milliseconds while a statement runs: a long gap is a new statement.
        deadline.spent = step > std::chrono::seconds(1) ? std::chrono::steady_clock::duration {}
                                                        : deadline.spent + step;
        return deadline.spent > kStatementLimit ? 1 : 0;
    }

    using SchemaMap = std::map<std::string, std::string>; // "table runs" -> SQL

    SchemaMap schemaOf(const SQLite::Database &database)
    {
        SchemaMap schema;
        SQLite::Statement query(
            database, "SELECT type, name, coalesce(sql, '') FROM sqlite_schema");
        while (query.executeStep())
            schema[query.getColumn(0).getString() + " " + query.getColumn(1).getString()]
                = query.getColumn(2).getString();
        return schema;
    }

    std::unique_ptr<SQLite::Database> connect(const std::string &path, int flags)
    {
        auto database = std::make_unique<SQLite::Database>(path, flags, kBusyTimeoutMs);
        configure(*database);
        return database;
    }

    // Copies the file and what a killed writer left beside it, so that the roll-back happens in the
    // copy.
    Result<std::string> copyWithJournal(const std::string &path, const ScratchFolder &scratch)
    {
        const std::string copy = scratch.path() + "/session.winnow";
        for (const char *suffix : { "", "-journal", "-wal" }) {
            std::error_code error;
            if (*suffix && !fs::exists(path + suffix, error))
                continue;
            if (!fs::copy_file(path + suffix, copy + suffix, error))
                return fail(ErrorCode::Io,
                    "cannot copy " + path + suffix + " to " + scratch.path() + ": "
                        + error.message());
            fs::permissions(copy + suffix, fs::perms::owner_read | fs::perms::owner_write, error);
        }
        return copy;
    }

    Result<OpenDatabase> openScratchCopy(const std::string &path)
    {
        auto scratch = ScratchFolder::create();
        if (!scratch)
            return fail(scratch.error());
        const auto copy = copyWithJournal(path, **scratch);
        if (!copy)
            return fail(copy.error());
        auto opened = openForWriting(*copy);
        if (!opened) {
            // The person knows the file by its own name.
            Error error = opened.error();
            if (const auto at = error.message.find(*copy); at != std::string::npos)
                error.message.replace(at, copy->size(), path);
            return fail(error);
        }
        opened->scratch = std::move(*scratch);
        return opened;
    }

    /// Writes the definitions of our tables and indices over those of a damaged schema; what is
    /// unknown is dropped.
    void restoreSchema(const std::string &path)
    {
        SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        if (const auto made = migrate(fresh, schema::files()); !made)
            return;
        SQLite::Database database(path, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
        database.exec("PRAGMA writable_schema = ON");
        SQLite::Statement update(database,
            "UPDATE sqlite_schema SET sql = ?3 WHERE type = ?1 AND name = ?2 AND sql IS NOT ?3");
        for (const auto &[name, sql] : schemaOf(fresh)) {
            const size_t space = name.find(' ');
            if (sql.empty())
                continue;
            update.reset();
            update.bind(1, name.substr(0, space));
            update.bind(2, name.substr(space + 1));
            update.bind(3, sql);
            update.exec();
        }
        database.exec("DELETE FROM sqlite_schema WHERE type IN ('trigger', 'view')");
    }

} // namespace

void configure(SQLite::Database &database)
{
    sqlite3 *handle = database.getHandle();
    if (registerRowCheck(handle) != SQLITE_OK)
        throw SQLite::Exception(handle);
    // Session files come by mail: their schema may not call anything or write where SQLite keeps
    // its own records.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    // The function is never called: SQLite frees its data with the connection, which is what the
    // deadline needs.
    auto *deadline = new Deadline;
    const auto unused = [](sqlite3_context *, int, sqlite3_value **) {};
    if (sqlite3_create_function_v2(handle, "winnow_deadline", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY,
            deadline, unused, nullptr, nullptr,
            [](void *data) { delete static_cast<Deadline *>(data); })
        != SQLITE_OK)
        throw SQLite::Exception(handle);
    sqlite3_progress_handler(handle, 100000, pollDeadline, deadline);
    database.exec("PRAGMA foreign_keys = ON");
    database.exec("PRAGMA cell_size_check = ON");
}

Result<void> migrate(SQLite::Database &database, std::span<const EmbeddedFile> steps)
{
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    for (size_t step = static_cast<size_t>(std::max(version, 0)); step < steps.size(); ++step) {
        try {
            SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
            database.exec(std::string(steps[step].text));
            database.exec("PRAGMA user_version = " + std::to_string(step + 1));
            transaction.commit();
        } catch (const SQLite::Exception &exception) {
            Error error = databaseError(database.getFilename(), exception);
            error.message += " (schema step " + std::string(steps[step].name) + ")";
            return fail(std::move(error));
        }
    }
    return {};
}

Result<void> verifySchema(const SQLite::Database &database, const std::string &path)
{
    SQLite::Database fresh(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    if (auto made = migrate(fresh, schema::files()); !made)
        return made;
    const SchemaMap expected = schemaOf(fresh);
    const SchemaMap found = schemaOf(database);
    const auto damaged = [&](const std::string &what) {
        return fail(ErrorCode::BadInput, path + " is damaged: " + what,
            "Try winnow-cli check-session --repair.");
    };
    for (const auto &[name, sql] : expected) {
        const auto at = found.find(name);
        if (at == found.end())
            return damaged(name + " is missing");
        if (at->second != sql)
            return damaged(name + " is not defined as expected");
    }
    for (const auto &[name, sql] : found) {
        // ANALYZE of an SQLite tool may have added its statistics.
        if (!expected.contains(name) && !name.starts_with("table sqlite_stat"))
            return damaged("it contains the unknown " + name);
    }
    return {};
}

Result<void> verifyPages(SQLite::Database &database, const std::string &path)
{
    const std::string found = database.execAndGet("PRAGMA integrity_check(1)").getString();
    if (found == "ok")
        return {};
    return fail(ErrorCode::BadInput, path + " is damaged: " + found,
        "Try winnow-cli check-session --repair.");
}

Result<OpenDatabase> openForWriting(const std::string &path, Journal journal)
{
    const auto header = readHeader(path);
    if (!header)
        return fail(header.error());
    if (auto known = checkVersion(path, header->version); !known)
        return fail(known.error());
    try {
        OpenDatabase opened;
        opened.database = connect(path, SQLite::OPEN_READWRITE);
        SQLite::Database &database = *opened.database;
        if (sqlite3_db_readonly(database.getHandle(), "main") == 1)
            return fail(ErrorCode::Io, "cannot write " + path + ": the file is read-only",
                "Open it read-only, or save a copy elsewhere.");
        database.exec(journal == Journal::Rollback ? "PRAGMA journal_mode = DELETE"
                                                   : "PRAGMA journal_mode = WAL");
        database.exec(journal == Journal::Rollback ? "PRAGMA synchronous = FULL"
                                                   : "PRAGMA synchronous = NORMAL");
        if (auto migrated = migrate(database, schema::files()); !migrated)
            return fail(migrated.error());
        if (auto verified = verifySchema(database, path); !verified)
            return fail(verified.error());
        if (auto verified = verifyPages(database, path); !verified)
            return fail(verified.error());
        return opened;
    } catch (...) {
        return fail(caughtError(path));
    }
}

Result<OpenDatabase> openForReading(const std::string &path)
{
    const auto header = readHeader(path);
    if (!header)
        return fail(header.error());
    if (auto known = checkVersion(path, header->version); !known)
        return fail(known.error());
    if (header->writeAheadLog || header->version < schemaVersion())
        return openScratchCopy(path);
    try {
        OpenDatabase opened;
        opened.database = connect(path, SQLite::OPEN_READONLY);
        opened.database->execAndGet("SELECT count(*) FROM sqlite_schema");
        if (auto verified = verifySchema(*opened.database, path); !verified)
            return fail(verified.error());
        if (auto verified = verifyPages(*opened.database, path); !verified)
            return fail(verified.error());
        return opened;
    } catch (const SQLite::Exception &exception) {
        const int code = exception.getErrorCode() & 0xFF;
        // A journal that must be rolled back, or a medium without locks.
        if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_IOERR)
            return openScratchCopy(path);
        return fail(databaseError(path, exception));
    } catch (...) {
        return fail(caughtError(path));
    }
}

Result<OpenDatabase> openDamaged(const std::string &path)
{
    auto scratch = ScratchFolder::create();
    if (!scratch)
        return fail(scratch.error());
    const auto copy = copyWithJournal(path, **scratch);
    if (!copy)
        return fail(copy.error());
    try {
        restoreSchema(*copy);
        OpenDatabase opened;
        opened.database = connect(*copy, SQLite::OPEN_READWRITE);
        opened.scratch = std::move(*scratch);
        return opened;
    } catch (...) {
        Error error = caughtError(path);
        return fail(std::move(error));
    }
}

Result<void> createDatabase(const std::string &path)
{
    std::error_code error;
    if (fs::exists(path, error))
        return fail(
            ErrorCode::BadInput, path + " already exists", "Open it, or choose another name.");
    const std::string part = partPath(path);
    try {
        SQLite::Database database(
            part, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
        database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
        if (auto made = migrate(database, schema::files()); !made) {
            fs::remove(part, error);
            return made;
        }
    } catch (const SQLite::Exception &exception) {
        fs::remove(part, error);
        Error described = databaseError(path, exception);
        return fail(std::move(described));
    }
    return publishNewPart(part, path);
}

Result<void> settleJournal(const std::string &path)
{
    std::error_code error;
    const std::array<std::string, 2> leftovers { path + "-journal", path + "-wal" };
    if (!fs::exists(leftovers[0], error) && !fs::exists(leftovers[1], error))
        return {};
    try {
        SQLite::Database database(path, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
        database.execAndGet("SELECT count(*) FROM sqlite_schema");
    } catch (const SQLite::Exception &exception) {
        // What stands there is about to be replaced; only another writer is a reason to stop.
        if (const int code = exception.getErrorCode() & 0xFF;
            code == SQLITE_BUSY || code == SQLITE_LOCKED)
            return fail(databaseError(path, exception));
    }
    for (const std::string &leftover : leftovers) {
        if (fs::exists(leftover, error) && !fs::remove(leftover, error))
            return fail(ErrorCode::Io, "cannot remove " + leftover + ": " + error.message());
    }
    return {};
}

void copyDatabase(SQLite::Database &source, const std::string &target)
{
    SQLite::Database copy(target, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs);
    // The part is synced as a whole before it gets its name.
    copy.exec("PRAGMA synchronous = OFF");
    copy.exec("PRAGMA journal_mode = MEMORY");
    SQLite::Backup backup(copy, source);
    const int result = backup.executeStep(-1);
    if (result != SQLITE_DONE)
        throw SQLite::Exception(sqlite3_errstr(result), result);
    // The header of the source says so if it has a write-ahead log; the copy has none.
    copy.exec("PRAGMA journal_mode = DELETE");
    copy.exec("UPDATE counters SET value = (SELECT value FROM counters WHERE name = 'changes') "
              "WHERE name = 'saved'");
}

} // namespace winnow
