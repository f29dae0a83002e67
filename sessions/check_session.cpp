#include "core/base/document.h"
#include "sessions/atomic_file.h"
#include "sessions/database.h"
#include "sessions/json_text.h"
#include "sessions/session.h"
#include "sessions/statement.h"

#include <SQLiteCpp/Transaction.h>

#include <array>
#include <filesystem>
#include <functional>

namespace winnow {
namespace {

    namespace fs = std::filesystem;
    using SQLite::Statement;
    using Problems = std::vector<SessionProblem>;

    /// How a table is checked and rebuilt: its columns without `crc`, the key first; JSON and
    /// frames are decoded as well.
    struct TableRule {
        const char *name;
        const char *columns;
        int count;
        int jsonColumn; // index, -1 = none
        int frameColumn;
    };

    // Parents before children, so that a copy in this order keeps the references.
    constexpr std::array<TableRule, 7> kTables { {
        { "inputs", "id, name, kind, content, extra", 5, 4, -1 },
        { "runs", "id, input_id, letter, name, request, pinned, created", 7, 4, -1 },
        { "run_reports", "run_id, frame", 2, -1, 1 },
        { "cells", "key, recipe, run_id, frame", 4, 1, 3 },
        { "figures", "id, name, view, recipe", 4, 3, -1 },
        { "notes", "id, title, text", 3, -1, -1 },
        { "state", "key, value", 2, 1, -1 },
    } };

    std::string selectSql(const TableRule &table)
    {
        return std::string("SELECT ") + table.columns + ", crc = winnow_crc(" + table.columns
            + ") FROM " + table.name;
    }

    std::string placeOf(const TableRule &table, Statement &row)
    {
        return std::string(table.name) + " " + row.getColumn(0).getString();
    }

    /// What is wrong with the row the statement stands on; empty = nothing.
    std::string faultOf(const TableRule &table, Statement &row)
    {
        if (row.getColumn(table.count).getInt() != 1)
            return "does not match its checksum";
        if (table.jsonColumn >= 0) {
            const std::string text = row.getColumn(table.jsonColumn).getString();
            if (const Result<Json> json = parseJson(text, table.name); !json)
                return json.error().message;
        }
        if (table.frameColumn >= 0) {
            const Result<Document> document = decodeDocument(columnBytes(row, table.frameColumn));
            if (!document)
                return document.error().message;
        }
        return {};
    }

    void addProblem(Problems &problems, std::string where, std::string what)
    {
        // A torn tree can give thousands of lines that say the same.
        constexpr size_t kMostProblems = 200;
        if (problems.size() < kMostProblems)
            problems.push_back({ std::move(where), std::move(what), false });
    }

    void checkEngine(SQLite::Database &database, Problems &problems)
    {
        Statement integrity(database, "PRAGMA integrity_check(50)");
        while (integrity.executeStep()) {
            if (const std::string line = integrity.getColumn(0).getString(); line != "ok")
                addProblem(problems, "file", line);
        }
        Statement keys(database, "PRAGMA foreign_key_check");
        while (keys.executeStep())
            addProblem(problems,
                keys.getColumn(0).getString() + " row " + keys.getColumn(1).getString(),
                "refers to a missing row of " + keys.getColumn(2).getString());
    }

    void checkCounters(SQLite::Database &database, Problems &problems)
    {
        Statement query(database,
            "SELECT (SELECT count(*) FROM counters) = 4"
            " AND (SELECT value FROM counters WHERE name = 'id') > (SELECT coalesce(max(id), 0) "
            "FROM"
            "   (SELECT id FROM inputs UNION ALL SELECT id FROM runs UNION ALL SELECT id FROM "
            "figures UNION ALL SELECT id FROM notes))"
            " AND (SELECT value FROM counters WHERE name = 'letter') > (SELECT "
            "coalesce(max(letter), -1) FROM runs)"
            " AND (SELECT value FROM counters WHERE name = 'changes') >= (SELECT value FROM "
            "counters WHERE name = 'saved')");
        query.executeStep();
        if (query.getColumn(0).getInt() != 1)
            addProblem(problems, "counters", "do not agree with the rows");
    }

    /// Runs one part of the check; what SQLite throws is a finding.
    void guarded(const std::string &path, const std::string &where, Problems &problems,
        const std::function<void()> &part)
    {
        try {
            part();
        } catch (...) {
            addProblem(problems, where, caughtError(path).message);
        }
    }

    Problems checkDatabase(SQLite::Database &database, const std::string &path)
    {
        Problems problems;
        guarded(path, "file", problems, [&] { checkEngine(database, problems); });
        guarded(path, "counters", problems, [&] { checkCounters(database, problems); });
        for (const TableRule &table : kTables) {
            guarded(path, table.name, problems, [&] {
                Statement rows(database, selectSql(table));
                while (rows.executeStep()) {
                    if (const std::string fault = faultOf(table, rows); !fault.empty())
                        addProblem(problems, placeOf(table, rows), fault);
                }
            });
        }
        return problems;
    }

    void copyValue(Statement &from, int column, Statement &to, int index)
    {
        const SQLite::Column value = from.getColumn(column);
        if (value.isNull())
            to.bind(index);
        else if (value.isInteger())
            to.bind(index, value.getInt64());
        else if (value.isBlob())
            to.bind(index, value.getBlob(), value.getBytes());
        else
            to.bind(index, value.getString());
    }

    std::string insertSql(const TableRule &table)
    {
        std::string places;
        for (int i = 1; i <= table.count; ++i)
            places += (i > 1 ? ", ?" : "?") + std::to_string(i);
        return std::string("INSERT INTO ") + table.name + " VALUES (" + places + ", winnow_crc("
            + places + "))";
    }

    /// Copies the good rows of one table; rows the new file does not accept (a run whose input is
    /// lost, a row that was copied already) are left out. Behind a torn page the rest of a table is
    /// often readable from its end.
    void salvageTable(SQLite::Database &from, SQLite::Database &to, const TableRule &table)
    {
        for (const char *order : { " ORDER BY rowid ASC", " ORDER BY rowid DESC" }) {
            try {
                Statement rows(from, selectSql(table) + order);
                Statement insert(to, insertSql(table));
                while (rows.executeStep()) {
                    if (!faultOf(table, rows).empty())
                        continue;
                    insert.reset();
                    for (int i = 0; i < table.count; ++i)
                        copyValue(rows, i, insert, i + 1);
                    (void)insert.tryExecuteStep();
                }
                return;
            } catch (const SQLite::Exception &) {
                continue;
            }
        }
    }

    void salvageCounters(SQLite::Database &to)
    {
        to.exec("UPDATE counters SET value = 1 + (SELECT coalesce(max(id), 0) FROM (SELECT id FROM "
                "inputs UNION ALL "
                "SELECT id FROM runs UNION ALL SELECT id FROM figures UNION ALL SELECT id FROM "
                "notes)) WHERE name = 'id'");
        to.exec("UPDATE counters SET value = 1 + (SELECT coalesce(max(letter), -1) FROM runs) "
                "WHERE name = 'letter'");
        to.exec("UPDATE counters SET value = 1 WHERE name = 'changes'");
    }

    Result<void> rebuild(SQLite::Database &from, const std::string &path)
    {
        const std::string part = partPath(path);
        if (Result<void> made = createDatabase(part); !made)
            return made;
        std::error_code error;
        try {
            Result<OpenDatabase> to = openForWriting(part);
            if (!to)
                return fail(to.error());
            SQLite::Transaction transaction(*to->database, SQLite::TransactionBehavior::IMMEDIATE);
            for (const TableRule &table : kTables)
                salvageTable(from, *to->database, table);
            salvageCounters(*to->database);
            transaction.commit();
        } catch (...) {
            Error caught = caughtError(path);
            fs::remove(part, error);
            return fail(std::move(caught));
        }
        // The old file keeps its content under another name: repair never destroys what a
        // specialist could still read.
        const std::string broken = path + ".broken";
        for (const char *suffix : { "-journal", "-wal", "" }) {
            if (*suffix == '\0' || fs::exists(path + suffix, error))
                fs::copy_file(
                    path + suffix, broken + suffix, fs::copy_options::overwrite_existing, error);
        }
        if (error) {
            fs::remove(part);
            return fail(ErrorCode::Io,
                "cannot keep the damaged file as " + broken + ": " + error.message());
        }
        for (const char *suffix : { "-journal", "-wal", "-shm" })
            fs::remove(path + suffix, error);
        return publishPart(part, path);
    }

} // namespace

Result<std::vector<SessionProblem>> checkSession(const std::string &path, bool repair)
{
    const Result<FileHeader> header = readHeader(path);
    if (!header)
        return fail(header.error());
    // A newer file is not damaged, and not ours to repair.
    if (header->version > schemaVersion()) {
        const Result<void> version = checkVersion(path, header->version);
        return fail(version.error());
    }
    Problems problems;
    Result<OpenDatabase> opened = openForReading(path);
    if (!opened && opened.error().code == ErrorCode::BadInput) {
        addProblem(problems, "file", opened.error().message);
        opened = openDamaged(path);
    }
    if (!opened)
        return problems.empty() ? Result<Problems>(fail(opened.error()))
                                : Result<Problems>(problems);
    if (Problems found = checkDatabase(*opened->database, path); !found.empty())
        problems.insert(problems.end(), found.begin(), found.end());
    if (problems.empty() || !repair)
        return problems;
    if (Result<void> rebuilt = rebuild(*opened->database, path); !rebuilt)
        return fail(rebuilt.error());
    for (SessionProblem &problem : problems)
        problem.repaired = true;
    return problems;
}

} // namespace winnow
