#include "sessions/session.h"

#include "core/base/json_fields.h"
#include "sessions/atomic_file.h"
#include "sessions/json_text.h"
#include "sessions/stored_session.h"

#include <filesystem>

namespace winnow {

namespace fs = std::filesystem;
using SQLite::Statement;

Result<void> StoredSession::saveCopy(const std::string &path) const
{
    std::error_code error;
    const fs::path target = fs::weakly_canonical(path, error); // a link is followed, not replaced
    const std::string name = error ? path : target.string();
    if (fs::equivalent(name, m_path, error))
        return {};
    if (Result<void> settled = settleJournal(name); !settled)
        return settled;
    const std::string part = partPath(name);
    try {
        copyDatabase(database(), part);
    } catch (...) {
        Error caught = caughtError(name);
        fs::remove(part, error);
        return fail(std::move(caught));
    }
    return publishPart(part, name);
}

int64_t StoredSession::unsavedChanges() const
{
    const auto count = read<int64_t>([&]() -> Result<int64_t> {
        return database()
            .execAndGet("SELECT (SELECT value FROM counters WHERE name = 'changes') - "
                        "(SELECT value FROM counters WHERE name = 'saved')")
            .getInt64();
    });
    return count && *count > 0 ? *count : 0;
}

Result<void> StoredSession::markSaved()
{
    return change<void>(
        [&]() -> Result<void> {
            run("UPDATE counters SET value = (SELECT value FROM counters WHERE name = 'changes') "
                "WHERE name = 'saved'");
            return {};
        },
        false);
}

Result<void> StoredSession::setState(const std::string &key, const Json &value)
{
    // The window sets what it shows, changed or not; only a change is an action.
    if (const Result<Json> old = state(key); old && *old == value)
        return {};
    return change<void>(
        [&]() -> Result<void> {
            if (value.is_null())
                run("DELETE FROM state WHERE key = ?1", key);
            else
                run("INSERT INTO state VALUES (?1, ?2, winnow_crc(?1, ?2)) "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, crc = excluded.crc",
                    key, jsonText(value));
            return {};
        },
        !key.starts_with("view."));
}

Result<Json> StoredSession::state(const std::string &key) const
{
    return read<Json>([&]() -> Result<Json> {
        Statement query(
            database(), "SELECT crc = winnow_crc(key, value), value FROM state WHERE key = ?1");
        query.bind(1, key);
        if (!query.executeStep())
            return Json();
        if (query.getColumn(0).getInt() != 1)
            return damaged("state " + key);
        return parseJson(query.getColumn(1).getString(), "state " + key + " of " + m_path);
    });
}

namespace {

    Result<std::unique_ptr<Session>> wrap(
        const std::string &path, Result<OpenDatabase> opened, bool writable)
    {
        if (!opened)
            return fail(opened.error());
        return std::make_unique<StoredSession>(path, std::move(*opened), writable);
    }

} // namespace

Result<std::unique_ptr<Session>> Session::create(const std::string &path)
{
    if (Result<void> made = createDatabase(path); !made)
        return fail(made.error());
    return open(path);
}

Result<std::unique_ptr<Session>> Session::open(const std::string &path)
{
    return wrap(path, openForWriting(path), true);
}

Result<std::unique_ptr<Session>> openWorkingSession(const std::string &path)
{
    return wrap(path, openForWriting(path, Journal::WriteAhead), true);
}

Result<std::unique_ptr<Session>> Session::openReadOnly(const std::string &path)
{
    return wrap(path, openForReading(path), false);
}

} // namespace winnow
