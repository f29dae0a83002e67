#include "core/base/document.h"
#include "core/base/json_fields.h"
#include "sessions/clock.h"
#include "sessions/json_text.h"
#include "sessions/stored_session.h"

namespace winnow {

using SQLite::Statement;

namespace {

    /// Reads all rows of a query whose column 0 says whether the row matches its checksum.
    template <typename Record, typename ReadRow>
    Result<std::vector<Record>> readRows(
        Statement &query, const std::string &what, ReadRow readRow, auto damaged)
    {
        std::vector<Record> records;
        while (query.executeStep()) {
            if (query.getColumn(0).getInt() != 1)
                return damaged(what + " " + query.getColumn(1).getString());
            Record record;
            if (Result<void> good = readRow(record); !good)
                return fail(good.error());
            records.push_back(std::move(record));
        }
        return records;
    }

    Result<void> readJson(Statement &row, int column, const std::string &where, Json &value)
    {
        Result<Json> json = parseJson(row.getColumn(column).getString(), where);
        if (!json)
            return fail(json.error());
        value = std::move(*json);
        return {};
    }

} // namespace

Result<int64_t> StoredSession::addInput(const InputRecord &input)
{
    return change<int64_t>([&]() -> Result<int64_t> {
        const int64_t id = takeId(input.id);
        run("INSERT INTO inputs VALUES (?1, ?2, ?3, ?4, ?5, winnow_crc(?1, ?2, ?3, ?4, ?5))", id,
            input.name, input.kind, Blob(input.content), jsonText(input.extra));
        return id;
    });
}

Result<void> StoredSession::updateInput(const InputRecord &input)
{
    return change1("input", input.id,
        "UPDATE inputs SET name = ?2, kind = ?3, content = ?4, extra = ?5, crc = winnow_crc(?1, "
        "?2, ?3, ?4, ?5) WHERE id = ?1",
        input.id, input.name, input.kind, Blob(input.content), jsonText(input.extra));
}

Result<void> StoredSession::removeInput(int64_t id)
{
    return change<void>([&]() -> Result<void> {
        Statement users(database(), "SELECT count(*) FROM runs WHERE input_id = ?1");
        users.bind(1, id);
        users.executeStep();
        if (const int count = users.getColumn(0).getInt(); count > 0)
            return fail(ErrorCode::BadInput,
                "the input cannot be removed: " + std::to_string(count)
                    + (count == 1 ? " run uses it" : " runs use it"),
                "Remove the runs first.");
        if (run("DELETE FROM inputs WHERE id = ?1", id) == 0)
            return fail(
                ErrorCode::NotFound, m_path + " holds no input with id " + std::to_string(id));
        return {};
    });
}

Result<std::vector<InputRecord>> StoredSession::inputs() const
{
    return read<std::vector<InputRecord>>([&] {
        Statement query(database(),
            "SELECT crc = winnow_crc(id, name, kind, content, extra), id, name, kind, content, "
            "extra FROM inputs ORDER BY id");
        return readRows<InputRecord>(
            query, "input",
            [&](InputRecord &input) {
                input.id = query.getColumn(1).getInt64();
                input.name = query.getColumn(2).getString();
                input.kind = query.getColumn(3).getString();
                input.content = query.getColumn(4).getString();
                return readJson(
                    query, 5, "input " + std::to_string(input.id) + " of " + m_path, input.extra);
            },
            [&](const std::string &where) { return damaged(where); });
    });
}

Result<int64_t> StoredSession::addRun(const RunRecord &record)
{
    return change<int64_t>([&]() -> Result<int64_t> {
        const int64_t next
            = database().execAndGet("SELECT value FROM counters WHERE name = 'letter'").getInt64();
        const int64_t letter = record.letter >= 0 ? record.letter : next;
        run("UPDATE counters SET value = max(value, ?1 + 1) WHERE name = 'letter'", letter);
        const int64_t id = takeId(record.id);
        run("INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, winnow_crc(?1, ?2, ?3, ?4, ?5, "
            "?6, ?7))",
            id, Reference { record.inputId }, letter, record.name, jsonText(record.request),
            int64_t { record.pinned }, record.created.empty() ? utcNow() : record.created);
        return id;
    });
}

Result<void> StoredSession::updateRun(const RunRecord &record)
{
    return change1("run", record.id,
        "UPDATE runs SET input_id = ?2, letter = ?3, name = ?4, request = ?5, pinned = ?6, created "
        "= ?7, "
        "crc = winnow_crc(?1, ?2, ?3, ?4, ?5, ?6, ?7) WHERE id = ?1",
        record.id, Reference { record.inputId }, int64_t { record.letter }, record.name,
        jsonText(record.request), int64_t { record.pinned }, record.created);
}

Result<void> StoredSession::removeRun(int64_t id)
{
    return change<void>([&]() -> Result<void> {
        run("UPDATE cells SET run_id = NULL, crc = winnow_crc(key, recipe, NULL, frame) WHERE "
            "run_id = ?1",
            id);
        if (run("DELETE FROM runs WHERE id = ?1", id) == 0)
            return fail(
                ErrorCode::NotFound, m_path + " holds no run with id " + std::to_string(id));
        return {};
    });
}

Result<std::vector<RunRecord>> StoredSession::runs() const
{
    return read<std::vector<RunRecord>>([&] {
        Statement query(database(),
            "SELECT crc = winnow_crc(id, input_id, letter, name, request, pinned, created), id, "
            "input_id, letter, name, "
            "request, pinned, created, EXISTS (SELECT 1 FROM run_reports WHERE run_id = id) FROM "
            "runs ORDER BY letter");
        return readRows<RunRecord>(
            query, "run",
            [&](RunRecord &record) {
                record.id = query.getColumn(1).getInt64();
                record.inputId = query.getColumn(2).getInt64();
                record.letter = query.getColumn(3).getInt();
                record.name = query.getColumn(4).getString();
                record.pinned = query.getColumn(6).getInt() != 0;
                record.created = query.getColumn(7).getString();
                record.hasReport = query.getColumn(8).getInt() != 0;
                return readJson(
                    query, 5, "run " + std::to_string(record.id) + " of " + m_path, record.request);
            },
            [&](const std::string &where) { return damaged(where); });
    });
}

Result<void> StoredSession::setReport(int64_t runId, const Report &report)
{
    return change<void>([&]() -> Result<void> {
        Statement known(database(), "SELECT 1 FROM runs WHERE id = ?1");
        known.bind(1, runId);
        if (!known.executeStep())
            return fail(
                ErrorCode::NotFound, m_path + " holds no run with id " + std::to_string(runId));
        const std::vector<std::byte> frame = encodeDocument(report.document());
        run("INSERT INTO run_reports VALUES (?1, ?2, winnow_crc(?1, ?2)) "
            "ON CONFLICT (run_id) DO UPDATE SET frame = excluded.frame, crc = excluded.crc",
            runId, Blob(frame));
        return {};
    });
}

Result<ReportPtr> StoredSession::decode(Statement &row, int column, const std::string &where) const
{
    if (row.getColumn(0).getInt() != 1)
        return damaged(where);
    Result<Document> document = decodeDocument(columnBytes(row, column));
    if (!document)
        return fail(document.error().code,
            where + " of " + m_path + ": " + document.error().message, document.error().hint);
    return std::make_shared<const Report>(std::move(*document));
}

Result<ReportPtr> StoredSession::report(int64_t runId) const
{
    return read<ReportPtr>([&]() -> Result<ReportPtr> {
        Statement query(database(),
            "SELECT crc = winnow_crc(run_id, frame), frame FROM run_reports WHERE run_id = ?1");
        query.bind(1, runId);
        if (!query.executeStep())
            return fail(
                ErrorCode::NotFound, m_path + " holds no report of run " + std::to_string(runId));
        return decode(query, 1, "the report of run " + std::to_string(runId));
    });
}

Result<void> StoredSession::putCell(const CellRecord &cell, const Report &report)
{
    return change<void>([&]() -> Result<void> {
        const std::vector<std::byte> frame = encodeDocument(report.document());
        run("INSERT INTO cells VALUES (?1, ?2, ?3, ?4, winnow_crc(?1, ?2, ?3, ?4)) ON CONFLICT "
            "(key) DO UPDATE SET "
            "recipe = excluded.recipe, run_id = excluded.run_id, frame = excluded.frame, crc = "
            "excluded.crc",
            cell.key, jsonText(cell.recipe), Reference { cell.runId }, Blob(frame));
        return {};
    });
}

Result<std::optional<ReportPtr>> StoredSession::cell(const std::string &key) const
{
    return read<std::optional<ReportPtr>>([&]() -> Result<std::optional<ReportPtr>> {
        Statement query(database(),
            "SELECT crc = winnow_crc(key, recipe, run_id, frame), frame FROM cells WHERE key = ?1");
        query.bind(1, key);
        if (!query.executeStep())
            return std::nullopt;
        Result<ReportPtr> report = decode(query, 1, "cell " + key);
        if (!report)
            return fail(report.error());
        return std::optional<ReportPtr>(std::move(*report));
    });
}

Result<std::vector<CellRecord>> StoredSession::cells() const
{
    return read<std::vector<CellRecord>>([&] {
        Statement query(database(),
            "SELECT crc = winnow_crc(key, recipe, run_id, frame), key, recipe, run_id FROM cells "
            "ORDER BY key");
        return readRows<CellRecord>(
            query, "cell",
            [&](CellRecord &cell) {
                cell.key = query.getColumn(1).getString();
                cell.runId = query.getColumn(3).getInt64();
                return readJson(query, 2, "cell " + cell.key + " of " + m_path, cell.recipe);
            },
            [&](const std::string &where) { return damaged(where); });
    });
}

Result<int64_t> StoredSession::addFigure(const FigureRecord &figure)
{
    return change<int64_t>([&]() -> Result<int64_t> {
        const int64_t id = takeId(figure.id);
        run("INSERT INTO figures VALUES (?1, ?2, ?3, ?4, winnow_crc(?1, ?2, ?3, ?4))", id,
            figure.name, figure.view, jsonText(figure.recipe));
        return id;
    });
}

Result<void> StoredSession::updateFigure(const FigureRecord &figure)
{
    return change1("figure", figure.id,
        "UPDATE figures SET name = ?2, view = ?3, recipe = ?4, crc = winnow_crc(?1, ?2, ?3, ?4) "
        "WHERE id = ?1",
        figure.id, figure.name, figure.view, jsonText(figure.recipe));
}

Result<void> StoredSession::removeFigure(int64_t id)
{
    return change1("figure", id, "DELETE FROM figures WHERE id = ?1", id);
}

Result<std::vector<FigureRecord>> StoredSession::figures() const
{
    return read<std::vector<FigureRecord>>([&] {
        Statement query(database(),
            "SELECT crc = winnow_crc(id, name, view, recipe), id, name, view, recipe FROM figures "
            "ORDER BY id");
        return readRows<FigureRecord>(
            query, "figure",
            [&](FigureRecord &figure) {
                figure.id = query.getColumn(1).getInt64();
                figure.name = query.getColumn(2).getString();
                figure.view = query.getColumn(3).getString();
                return readJson(query, 4, "figure " + std::to_string(figure.id) + " of " + m_path,
                    figure.recipe);
            },
            [&](const std::string &where) { return damaged(where); });
    });
}

Result<int64_t> StoredSession::addNote(const NoteRecord &note)
{
    return change<int64_t>([&]() -> Result<int64_t> {
        const int64_t id = takeId(note.id);
        run("INSERT INTO notes VALUES (?1, ?2, ?3, winnow_crc(?1, ?2, ?3))", id, note.title,
            note.text);
        return id;
    });
}

Result<void> StoredSession::updateNote(const NoteRecord &note)
{
    return change1("note", note.id,
        "UPDATE notes SET title = ?2, text = ?3, crc = winnow_crc(?1, ?2, ?3) WHERE id = ?1",
        note.id, note.title, note.text);
}

Result<void> StoredSession::removeNote(int64_t id)
{
    return change1("note", id, "DELETE FROM notes WHERE id = ?1", id);
}

Result<std::vector<NoteRecord>> StoredSession::notes() const
{
    return read<std::vector<NoteRecord>>([&] {
        Statement query(database(),
            "SELECT crc = winnow_crc(id, title, text), id, title, text FROM notes ORDER BY id");
        return readRows<NoteRecord>(
            query, "note",
            [&](NoteRecord &note) -> Result<void> {
                note = { query.getColumn(1).getInt64(), query.getColumn(2).getString(),
                    query.getColumn(3).getString() };
                return {};
            },
            [&](const std::string &where) { return damaged(where); });
    });
}

} // namespace winnow
