#pragma once

#include "sessions/database.h"
#include "sessions/session.h"
#include "sessions/statement.h"

#include <SQLiteCpp/Transaction.h>

namespace winnow {

/// The one implementation of Session: every mutation is one immediate transaction that also counts
/// itself.
class StoredSession final : public Session {
public:
    StoredSession(std::string path, OpenDatabase opened, bool writable)
        : m_path(std::move(path))
        , m_opened(std::move(opened))
        , m_writable(writable)
    {
    }

    std::string path() const override { return m_path; }
    Result<void> saveCopy(const std::string &path) const override;
    int64_t unsavedChanges() const override;
    Result<void> markSaved() override;

    Result<int64_t> addInput(const InputRecord &input) override;
    Result<void> updateInput(const InputRecord &input) override;
    Result<void> removeInput(int64_t id) override;
    Result<std::vector<InputRecord>> inputs() const override;

    Result<int64_t> addRun(const RunRecord &run) override;
    Result<void> updateRun(const RunRecord &run) override;
    Result<void> removeRun(int64_t id) override;
    Result<std::vector<RunRecord>> runs() const override;
    Result<void> setReport(int64_t runId, const Report &report) override;
    Result<ReportPtr> report(int64_t runId) const override;

    Result<void> putCell(const CellRecord &cell, const Report &report) override;
    Result<std::optional<ReportPtr>> cell(const std::string &key) const override;
    Result<std::vector<CellRecord>> cells() const override;

    Result<int64_t> addFigure(const FigureRecord &figure) override;
    Result<void> updateFigure(const FigureRecord &figure) override;
    Result<void> removeFigure(int64_t id) override;
    Result<std::vector<FigureRecord>> figures() const override;

    Result<int64_t> addNote(const NoteRecord &note) override;
    Result<void> updateNote(const NoteRecord &note) override;
    Result<void> removeNote(int64_t id) override;
    Result<std::vector<NoteRecord>> notes() const override;

    Result<void> setState(const std::string &key, const Json &value) override;
    Result<Json> state(const std::string &key) const override;

private:
    SQLite::Database &database() const { return *m_opened.database; }

    /// Runs body in a transaction; whatever it throws or fails with leaves the file as it was.
    template <typename T, typename Body> Result<T> change(Body body, bool counts = true)
    {
        if (!m_writable)
            return fail(ErrorCode::Io, m_path + " is open for reading only",
                "Save a copy and work on that.");
        try {
            SQLite::Transaction transaction(database(), SQLite::TransactionBehavior::IMMEDIATE);
            Result<T> result = body();
            if (!result)
                return result;
            if (counts)
                database().exec("UPDATE counters SET value = value + 1 WHERE name = 'changes'");
            transaction.commit();
            return result;
        } catch (...) {
            return fail(caughtError(m_path));
        }
    }

    template <typename T, typename Body> Result<T> read(Body body) const
    {
        try {
            return body();
        } catch (...) {
            return fail(caughtError(m_path));
        }
    }

    template <typename... Values> int64_t run(const char *sql, const Values &...values)
    {
        SQLite::Statement statement(database(), sql);
        bindAll(statement, values...);
        return statement.exec();
    }

    /// Runs an UPDATE or DELETE that must meet one row.
    template <typename... Values>
    Result<void> change1(const char *what, int64_t id, const char *sql, const Values &...values)
    {
        return change<void>([&]() -> Result<void> {
            if (run(sql, values...) == 0)
                return fail(ErrorCode::NotFound,
                    m_path + " holds no " + what + " with id " + std::to_string(id));
            return {};
        });
    }

    int64_t takeId(int64_t wanted)
    {
        const int64_t next
            = database().execAndGet("SELECT value FROM counters WHERE name = 'id'").getInt64();
        const int64_t id = wanted > 0 ? wanted : next;
        run("UPDATE counters SET value = max(value, ?1 + 1) WHERE name = 'id'", id);
        return id;
    }

    tl::unexpected<Error> damaged(const std::string &where) const
    {
        return fail(ErrorCode::BadInput,
            m_path + " is damaged: " + where + " does not match its checksum",
            "Try winnow-cli check-session --repair.");
    }

    Result<ReportPtr> decode(SQLite::Statement &row, int column, const std::string &where) const;

    std::string m_path;
    OpenDatabase m_opened;
    bool m_writable;
};

/// Opens a session of the program's own folder, where speed counts more than a power cut
/// (Journal::WriteAhead).
Result<std::unique_ptr<Session>> openWorkingSession(const std::string &path);

} // namespace winnow
