#pragma once

#include "core/base/error.h"
#include "core/base/report.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace winnow {

struct InputRecord {
    int64_t id = 0;
    std::string name; // "panthers.txt"
    std::string kind = "text"; // "text", "messages", "image"
    std::string content; // text or file bytes
    Json extra = Json::object(); // continuation, question, expected answer, licence, ...
};

/// A pinned setting; its report arrives when it was measured.
struct RunRecord {
    int64_t id = 0;
    int64_t inputId = 0;
    int letter = 0; // 0 = A; never reused within a session
    std::string name; // "SnapKV", may be renamed
    Json request; // canonical
    bool pinned = true;
    bool hasReport = false;
    std::string created; // ISO 8601, UTC
};

struct FigureRecord {
    int64_t id = 0;
    std::string name, view; // view = RunView::viewId
    Json recipe = Json::object(); // selection, view state, run ids, size
};

struct NoteRecord {
    int64_t id = 0;
    std::string title, text;
};

/// One result of a sweep, addressed by its recipe key (kv-evaluation.md 3.8).
struct CellRecord {
    std::string key;
    Json recipe = Json::object();
    int64_t runId = 0; // 0 = not of a pinned run
};

struct SessionProblem {
    std::string where, what;
    bool repaired = false;
};

/// One `.winnow` file: SQLite, written in transactions, one per action. Not thread-safe: one thread
/// at a time. Every failure names the file; Io for disk full and permissions, BadInput for files
/// that are no session or newer.
class Session {
public:
    static Result<std::unique_ptr<Session>> create(const std::string &path);
    static Result<std::unique_ptr<Session>> open(const std::string &path);
    /// Never writes; works on read-only media.
    static Result<std::unique_ptr<Session>> openReadOnly(const std::string &path);
    virtual ~Session() = default;

    virtual std::string path() const = 0;
    /// Writes a complete copy beside `path` and renames it: either the old file or the new one is
    /// there, never a part. The copy counts as saved. On the session's own path it does nothing:
    /// every action is in the file already.
    virtual Result<void> saveCopy(const std::string &path) const = 0;
    /// Changes since the last saveCopy (kept in the file, so that recovery can say how many).
    virtual int64_t unsavedChanges() const = 0;
    virtual Result<void> markSaved() = 0;

    // add*: an id > 0 is kept (undo of a removal), otherwise a new one is given; ids and letters
    // are never reused. update*, remove*: NotFound when there is no such row.

    virtual Result<int64_t> addInput(const InputRecord &input) = 0;
    virtual Result<void> updateInput(const InputRecord &input) = 0;
    virtual Result<void> removeInput(int64_t id) = 0; // BadInput while runs use it
    virtual Result<std::vector<InputRecord>> inputs() const = 0; // content included

    virtual Result<int64_t> addRun(const RunRecord &run) = 0; // letter < 0: the next free one
    virtual Result<void> updateRun(const RunRecord &run) = 0;
    virtual Result<void> removeRun(int64_t id) = 0; // with its report; its cells stay, of no run
    virtual Result<std::vector<RunRecord>> runs() const = 0; // in letter order
    virtual Result<void> setReport(int64_t runId, const Report &report) = 0;
    virtual Result<ReportPtr> report(int64_t runId) const = 0; // NotFound when it was not measured

    virtual Result<void> putCell(const CellRecord &cell, const Report &report) = 0;
    virtual Result<std::optional<ReportPtr>> cell(const std::string &key) const = 0;
    virtual Result<std::vector<CellRecord>> cells() const = 0;

    virtual Result<int64_t> addFigure(const FigureRecord &figure) = 0;
    virtual Result<void> updateFigure(const FigureRecord &figure) = 0;
    virtual Result<void> removeFigure(int64_t id) = 0;
    virtual Result<std::vector<FigureRecord>> figures() const = 0;

    virtual Result<int64_t> addNote(const NoteRecord &note) = 0;
    virtual Result<void> updateNote(const NoteRecord &note) = 0;
    virtual Result<void> removeNote(int64_t id) = 0;
    virtual Result<std::vector<NoteRecord>> notes() const = 0;

    /// Small JSON values by key: view states, layout, active input, baseline, method registry,
    /// model description. Keys that start with "view." (layout, scroll positions, thumbnail) are
    /// kept but do not count as changes. Null removes.
    virtual Result<void> setState(const std::string &key, const Json &value) = 0;
    virtual Result<Json> state(const std::string &key) const = 0; // null when absent
};

/// Full integrity check: SQLite's own, schema, foreign keys, every report decodes. With `repair`
/// what can be kept is copied into a new file that replaces the old one (the old one stays beside
/// it as .broken).
Result<std::vector<SessionProblem>> checkSession(const std::string &path, bool repair);

} // namespace winnow
