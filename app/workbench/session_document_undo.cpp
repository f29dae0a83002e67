// The undoable changes of SessionDocument: each is a pair of writes to the working copy.
#include "app/workbench/session_document.h"

#include <algorithm>
#include <memory>

namespace winnow {

qint64 SessionDocument::addInput(InputRecord input)
{
    if (!m_session)
        return 0;
    auto record = std::make_shared<InputRecord>(std::move(input));
    auto redo = [this, record] {
        record->id = checked<int64_t>(m_session->addInput(*record), 0);
        reloadInputs();
        Q_EMIT inputsChanged();
        touch();
    };
    auto undo = [this, record] {
        check(m_session->removeInput(record->id));
        reloadInputs();
        Q_EMIT inputsChanged();
        touch();
    };
    push(tr("Add %1").arg(QString::fromStdString(record->name)), redo, undo);
    return record->id;
}

void SessionDocument::changeInput(const InputRecord &changed, const QString &what)
{
    const InputRecord *before = input(changed.id);
    if (!before)
        return;
    auto write = [this](const InputRecord &record) {
        check(m_session->updateInput(record));
        reloadInputs();
        Q_EMIT inputsChanged();
        touch();
    };
    push(what, [write, changed] { write(changed); }, [write, old = *before] { write(old); });
}

void SessionDocument::renameInput(qint64 id, const QString &name)
{
    const InputRecord *record = input(id);
    if (!record || name.trimmed().isEmpty())
        return;
    InputRecord changed = *record;
    changed.name = name.trimmed().toStdString();
    changeInput(changed, tr("Rename to %1").arg(name.trimmed()));
}

void SessionDocument::removeInput(qint64 id)
{
    const InputRecord *record = input(id);
    if (!record)
        return;
    m_undo.beginMacro(tr("Remove %1").arg(QString::fromStdString(record->name)));
    const std::vector<RunRecord> runs = m_runs;
    for (const RunRecord &run : runs) {
        if (run.inputId == id)
            removeRun(run.id);
    }
    auto redo = [this, id] {
        check(m_session->removeInput(id));
        reloadInputs();
        Q_EMIT inputsChanged();
        touch();
    };
    auto undo = [this, old = *record] {
        checked<int64_t>(m_session->addInput(old), 0);
        reloadInputs();
        Q_EMIT inputsChanged();
        touch();
    };
    push(tr("Remove input"), redo, undo);
    m_undo.endMacro();
}

void SessionDocument::moveInput(qint64 id, qint64 before)
{
    Json order = Json::array();
    for (const InputRecord &record : m_inputs) {
        if (record.id == before)
            order.push_back(id);
        if (record.id != id)
            order.push_back(record.id);
    }
    if (!input(before))
        order.push_back(id);
    auto write = [this](const Json &value) {
        setState("inputOrder", value);
        reloadInputs();
        Q_EMIT inputsChanged();
    };
    push(tr("Move input"), [write, order] { write(order); }, [write, old = state("inputOrder")] { write(old); });
}

qint64 SessionDocument::pinRun(RunRecord run, ReportPtr report)
{
    if (!m_session)
        return 0;
    run.letter = nextLetter();
    auto record = std::make_shared<RunRecord>(std::move(run));
    auto redo = [this, record, report] {
        record->id = checked<int64_t>(m_session->addRun(*record), 0);
        auto kept = m_reports.find(record->id); // measured before an undo
        const ReportPtr result = kept != m_reports.end() ? kept->second : report;
        if (result) {
            check(m_session->setReport(record->id, *result));
            m_reports[record->id] = result;
        }
        setState("nextLetter", record->letter + 1);
        reloadRuns();
        if (const auto *added = this->run(record->id))
            *record = *added;
        Q_EMIT runsChanged();
        touch();
    };
    auto undo = [this, record] {
        check(m_session->removeRun(record->id));
        setState("nextLetter", record->letter);
        reloadRuns();
        Q_EMIT runsChanged();
        touch();
    };
    push(tr("Pin %1").arg(QString::fromStdString(record->name)), redo, undo);
    return record->id;
}

void SessionDocument::renameRun(qint64 id, const QString &name)
{
    const RunRecord *record = run(id);
    if (!record || name.trimmed().isEmpty())
        return;
    RunRecord changed = *record;
    changed.name = name.trimmed().toStdString();
    auto write = [this](const RunRecord &value) {
        check(m_session->updateRun(value));
        reloadRuns();
        Q_EMIT runsChanged();
        touch();
    };
    push(tr("Rename run"), [write, changed] { write(changed); }, [write, old = *record] { write(old); });
}

void SessionDocument::removeRun(qint64 id)
{
    const RunRecord *record = run(id);
    if (!record)
        return;
    auto redo = [this, id] {
        check(m_session->removeRun(id));
        reloadRuns();
        Q_EMIT runsChanged();
        touch();
    };
    auto undo = [this, old = *record] {
        checked<int64_t>(m_session->addRun(old), 0);
        if (ReportPtr result = report(old.id))
            check(m_session->setReport(old.id, *result));
        reloadRuns();
        Q_EMIT runsChanged();
        touch();
    };
    push(tr("Remove %1").arg(QString::fromStdString(record->name)), redo, undo);
}

void SessionDocument::setBaseline(qint64 runId)
{
    const Json before = state("baseline");
    if (before == Json(runId))
        return;
    auto write = [this](const Json &value) {
        setState("baseline", value);
        Q_EMIT runsChanged();
    };
    push(tr("Choose baseline"), [write, runId] { write(runId); }, [write, before] { write(before); });
}

qint64 SessionDocument::addFigure(FigureRecord figure)
{
    if (!m_session)
        return 0;
    auto record = std::make_shared<FigureRecord>(std::move(figure));
    auto after = [this] {
        reloadFigures();
        Q_EMIT figuresChanged();
        touch();
    };
    push(tr("Add figure %1").arg(QString::fromStdString(record->name)),
        [this, record, after] { record->id = checked<int64_t>(m_session->addFigure(*record), 0); after(); },
        [this, record, after] { check(m_session->removeFigure(record->id)); after(); });
    return record->id;
}

void SessionDocument::changeFigure(const FigureRecord &changed, const QString &what)
{
    const FigureRecord *before = figure(changed.id);
    if (!before)
        return;
    auto write = [this](const FigureRecord &record) {
        check(m_session->updateFigure(record));
        reloadFigures();
        Q_EMIT figuresChanged();
        touch();
    };
    push(what, [write, changed] { write(changed); }, [write, old = *before] { write(old); });
}

void SessionDocument::removeFigure(qint64 id)
{
    const FigureRecord *before = figure(id);
    if (!before)
        return;
    auto after = [this] {
        reloadFigures();
        Q_EMIT figuresChanged();
        touch();
    };
    push(tr("Remove figure"), [this, id, after] { check(m_session->removeFigure(id)); after(); },
        [this, old = *before, after] { checked<int64_t>(m_session->addFigure(old), 0); after(); });
}

qint64 SessionDocument::addNote(NoteRecord note)
{
    if (!m_session)
        return 0;
    auto record = std::make_shared<NoteRecord>(std::move(note));
    auto after = [this] {
        reloadNotes();
        Q_EMIT notesChanged();
        touch();
    };
    push(tr("Add note"), [this, record, after] { record->id = checked<int64_t>(m_session->addNote(*record), 0); after(); },
        [this, record, after] { check(m_session->removeNote(record->id)); after(); });
    return record->id;
}

void SessionDocument::changeNote(const NoteRecord &changed, const QString &what)
{
    const NoteRecord *before = note(changed.id);
    if (!before)
        return;
    auto write = [this](const NoteRecord &record) {
        check(m_session->updateNote(record));
        reloadNotes();
        Q_EMIT notesChanged();
        touch();
    };
    push(what, [write, changed] { write(changed); }, [write, old = *before] { write(old); });
}

void SessionDocument::removeNote(qint64 id)
{
    const NoteRecord *before = note(id);
    if (!before)
        return;
    auto after = [this] {
        reloadNotes();
        Q_EMIT notesChanged();
        touch();
    };
    push(tr("Remove note"), [this, id, after] { check(m_session->removeNote(id)); after(); },
        [this, old = *before, after] { checked<int64_t>(m_session->addNote(old), 0); after(); });
}

} // namespace winnow
