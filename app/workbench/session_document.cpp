#include "app/workbench/session_document.h"

#include "app/engine/error_sentence.h"
#include "app/workbench/run_family.h"

#include <QFileInfo>
#include <QUndoCommand>

#include <algorithm>

namespace winnow {

/// One undoable change, written as what to do and what to do to take it back.
class RecordCommand : public QUndoCommand {
public:
    RecordCommand(const QString &text, std::function<void()> redo, std::function<void()> undo)
        : QUndoCommand(text)
        , m_redo(std::move(redo))
        , m_undo(std::move(undo))
    {
    }
    void redo() override { m_redo(); }
    void undo() override { m_undo(); }

private:
    std::function<void()> m_redo, m_undo;
};

namespace {

    template <typename T>
    const T *findRecord(const std::vector<T> &records, qint64 id)
    {
        auto it = std::find_if(records.begin(), records.end(), [id](const T &record) { return record.id == id; });
        return it == records.end() ? nullptr : &*it;
    }

    constexpr const char *kInputOrder = "inputOrder";

} // namespace

SessionDocument::SessionDocument(QObject *parent)
    : QObject(parent)
{
}

SessionDocument::~SessionDocument() { m_undo.disconnect(this); }

Result<void> SessionDocument::adopt(std::unique_ptr<Session> session, const QString &home)
{
    close();
    m_session = std::move(session);
    m_home = home;
    reloadInputs();
    reloadRuns();
    reloadFigures();
    reloadNotes();
    for (RunRecord &run : m_runs) {
        if (!run.hasReport)
            continue;
        Result<ReportPtr> report = m_session->report(run.id);
        if (!report)
            Q_EMIT failed(QString::fromStdString(report.error().message));
        else
            m_reports[run.id] = *report;
        nameFamily(run, this->report(run.id));
    }
    Q_EMIT opened();
    Q_EMIT editedChanged();
    return {};
}

void SessionDocument::close()
{
    if (!m_session)
        return;
    m_undo.clear();
    m_session.reset();
    m_home.clear();
    m_inputs.clear();
    m_runs.clear();
    m_figures.clear();
    m_notes.clear();
    m_reports.clear();
    m_cells.clear();
    m_cellsRead = false;
    m_state.clear();
    Q_EMIT closed();
}

QString SessionDocument::displayName() const { return m_home.isEmpty() ? tr("Untitled") : QFileInfo(m_home).fileName(); }

bool SessionDocument::edited() const { return m_session && (m_home.isEmpty() || m_session->unsavedChanges() > 0); }

Result<void> SessionDocument::saveTo(const QString &path)
{
    if (!m_session)
        return fail(ErrorCode::BadInput, tr("no session is open").toStdString());
    if (Result<void> saved = m_session->saveCopy(path.toStdString()); !saved)
        return saved;
    m_home = path;
    Result<void> marked = m_session->markSaved();
    Q_EMIT editedChanged();
    return marked;
}

void SessionDocument::push(const QString &text, std::function<void()> redo, std::function<void()> undo)
{
    if (m_session)
        m_undo.push(new RecordCommand(text, std::move(redo), std::move(undo)));
}

void SessionDocument::check(const Result<void> &result)
{
    if (!result)
        Q_EMIT failed(errorSentence(result.error()));
}

void SessionDocument::touch() { Q_EMIT editedChanged(); }

void SessionDocument::reloadInputs()
{
    m_inputs = checked(m_session->inputs(), std::vector<InputRecord>{});
    const Json order = state(kInputOrder);
    if (!order.is_array())
        return;
    auto place = [&](qint64 id) {
        auto it = std::find_if(order.begin(), order.end(), [id](const Json &value) { return value.is_number_integer() && value.get<qint64>() == id; });
        return it - order.begin();
    };
    std::stable_sort(m_inputs.begin(), m_inputs.end(), [&](const InputRecord &a, const InputRecord &b) { return place(a.id) < place(b.id); });
}

void SessionDocument::reloadRuns()
{
    m_runs = checked(m_session->runs(), std::vector<RunRecord>{});
    std::sort(m_runs.begin(), m_runs.end(), [](const RunRecord &a, const RunRecord &b) { return a.letter < b.letter; });
    for (RunRecord &run : m_runs)
        nameFamily(run, report(run.id));
}

void SessionDocument::reloadFigures() { m_figures = checked(m_session->figures(), std::vector<FigureRecord>{}); }

void SessionDocument::reloadNotes() { m_notes = checked(m_session->notes(), std::vector<NoteRecord>{}); }

const InputRecord *SessionDocument::input(qint64 id) const { return findRecord(m_inputs, id); }
const RunRecord *SessionDocument::run(qint64 id) const { return findRecord(m_runs, id); }
const FigureRecord *SessionDocument::figure(qint64 id) const { return findRecord(m_figures, id); }
const NoteRecord *SessionDocument::note(qint64 id) const { return findRecord(m_notes, id); }

ReportPtr SessionDocument::report(qint64 runId) const
{
    auto it = m_reports.find(runId);
    return it == m_reports.end() ? nullptr : it->second;
}

int SessionDocument::nextLetter() const
{
    const Json stored = state("nextLetter");
    int next = stored.is_number_integer() ? stored.get<int>() : 0;
    for (const RunRecord &run : m_runs)
        next = std::max(next, run.letter + 1);
    return next;
}

Json SessionDocument::state(const std::string &key) const
{
    if (!m_session)
        return {};
    auto it = m_state.find(key);
    if (it == m_state.end()) {
        Result<Json> value = m_session->state(key);
        it = m_state.emplace(key, value ? *value : Json()).first;
    }
    return it->second;
}

void SessionDocument::setState(const std::string &key, const Json &value)
{
    if (!m_session || state(key) == value)
        return;
    m_state[key] = value;
    check(m_session->setState(key, value));
    touch();
}

qint64 SessionDocument::baseline() const { return baselineRun(state("baseline"), m_runs); }

void SessionDocument::setReport(qint64 runId, ReportPtr report)
{
    if (!m_session || !report || !run(runId))
        return;
    check(m_session->setReport(runId, *report));
    m_reports[runId] = std::move(report);
    for (RunRecord &record : m_runs) {
        if (record.id == runId)
            record.hasReport = true;
    }
    Q_EMIT reportChanged(runId);
    touch();
}

void SessionDocument::putCell(CellRecord cell, const ReportPtr &report)
{
    if (!m_session || !report)
        return;
    cells();
    check(m_session->putCell(cell, *report));
    m_cells[cell.key] = report;
    Q_EMIT cellsChanged();
    touch();
}

const std::map<std::string, ReportPtr> &SessionDocument::cells() const
{
    if (m_cellsRead || !m_session)
        return m_cells;
    m_cellsRead = true;
    Result<std::vector<CellRecord>> records = m_session->cells();
    if (!records)
        return m_cells;
    for (const CellRecord &record : *records) {
        Result<std::optional<ReportPtr>> report = m_session->cell(record.key);
        if (report && *report)
            m_cells[record.key] = **report;
    }
    return m_cells;
}

} // namespace winnow
