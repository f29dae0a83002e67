#pragma once

#include "app/workbench/result_source.h"
#include "sessions/session.h"

#include <QObject>
#include <QString>
#include <QUndoStack>

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace winnow {

/// The open session as the window works with it: records in memory, every change written through to the working copy
/// (that is the autosave) and put on the undo stack where it is no computation. Knows no engine and no widget.
class SessionDocument : public QObject, public ResultSource {
    Q_OBJECT
public:
    explicit SessionDocument(QObject *parent = nullptr);
    ~SessionDocument() override;

    /// Takes a working copy over and reads it. `home` is the file it will be saved to, empty = never saved.
    Result<void> adopt(std::unique_ptr<Session> session, const QString &home);
    void close();
    bool isOpen() const { return m_session != nullptr; }
    Session *session() { return m_session.get(); }
    QUndoStack &undoStack() { return m_undo; }

    QString homePath() const { return m_home; }
    /// "demo.winnow" or "Untitled".
    QString displayName() const;
    bool edited() const;
    /// Writes the working copy to `path`, which becomes the home.
    Result<void> saveTo(const QString &path);

    const std::vector<InputRecord> &inputs() const { return m_inputs; }
    const std::vector<RunRecord> &runs() const override { return m_runs; }
    const std::vector<FigureRecord> &figures() const { return m_figures; }
    const std::vector<NoteRecord> &notes() const { return m_notes; }
    const InputRecord *input(qint64 id) const;
    const RunRecord *run(qint64 id) const;
    const FigureRecord *figure(qint64 id) const;
    const NoteRecord *note(qint64 id) const;
    /// Null while the run has none.
    ReportPtr report(qint64 runId) const override;
    /// Letter the next pinned run will get; a letter of a removed run is not given again.
    int nextLetter() const;

    /// A state value read once and kept; null when absent.
    Json state(const std::string &key) const;
    void setState(const std::string &key, const Json &value);

    // Undoable. Each returns the id of what it made (0 when the write failed; `failed` says why).
    qint64 addInput(InputRecord input);
    void renameInput(qint64 id, const QString &name);
    void changeInput(const InputRecord &changed, const QString &what);
    void removeInput(qint64 id); // with its runs
    qint64 pinRun(RunRecord run, ReportPtr report);
    void renameRun(qint64 id, const QString &name);
    void removeRun(qint64 id);
    qint64 addFigure(FigureRecord figure);
    void changeFigure(const FigureRecord &changed, const QString &what);
    void removeFigure(qint64 id);
    qint64 addNote(NoteRecord note);
    void changeNote(const NoteRecord &changed, const QString &what);
    void removeNote(qint64 id);
    void setBaseline(qint64 runId);
    qint64 baseline() const override; // 0 = none
    /// Puts a run before another one in the tree (0 = last).
    void moveInput(qint64 id, qint64 before);

    // Computed: written through, never undone.
    void setReport(qint64 runId, ReportPtr report);
    void putCell(CellRecord cell, const ReportPtr &report);
    /// Reports of the sweep cells, read when first asked for.
    const std::map<std::string, ReportPtr> &cells() const override;

Q_SIGNALS:
    void opened();
    void closed();
    void inputsChanged();
    void runsChanged();
    void figuresChanged();
    void notesChanged();
    void cellsChanged();
    void reportChanged(qint64 runId);
    void editedChanged();
    void failed(const QString &sentence);

private:
    void push(const QString &text, std::function<void()> redo, std::function<void()> undo);
    void check(const Result<void> &result);
    template <typename T>
    T checked(Result<T> result, T otherwise)
    {
        if (result)
            return std::move(*result);
        Q_EMIT failed(QString::fromStdString(result.error().message + " " + result.error().hint).trimmed());
        return otherwise;
    }
    void reloadInputs();
    void reloadRuns();
    void reloadFigures();
    void reloadNotes();
    void touch();

    std::unique_ptr<Session> m_session;
    QString m_home;
    QUndoStack m_undo;
    std::vector<InputRecord> m_inputs;
    std::vector<RunRecord> m_runs;
    std::vector<FigureRecord> m_figures;
    std::vector<NoteRecord> m_notes;
    std::map<qint64, ReportPtr> m_reports;
    mutable std::map<std::string, ReportPtr> m_cells;
    mutable bool m_cellsRead = false;
    mutable std::map<std::string, Json> m_state;
};

} // namespace winnow
