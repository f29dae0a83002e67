#include "app/workbench/result_source.h"

#include "app/workbench/run_family.h"

#include <algorithm>

namespace winnow {

qint64 baselineRun(const Json &state, const std::vector<RunRecord> &runs)
{
    if (state.is_number_integer()) {
        const qint64 id = state.get<qint64>();
        if (std::any_of(runs.begin(), runs.end(), [id](const RunRecord &run) { return run.id == id; }))
            return id;
        if (id == 0)
            return 0; // the person chose none
    }
    for (const RunRecord &run : runs) {
        if (run.request.is_object() && run.request.value("method", Json()) == "full")
            return run.id;
    }
    return 0;
}

Result<void> SessionReader::read(const Session &session)
{
    Result<std::vector<RunRecord>> runs = session.runs();
    if (!runs)
        return fail(runs.error());
    m_runs = std::move(*runs);
    std::sort(m_runs.begin(), m_runs.end(), [](const RunRecord &a, const RunRecord &b) { return a.letter < b.letter; });
    for (RunRecord &run : m_runs) {
        if (!run.hasReport)
            continue;
        Result<ReportPtr> report = session.report(run.id);
        if (!report)
            return fail(report.error());
        m_reports[run.id] = *report;
        nameFamily(run, *report);
    }
    Result<std::vector<CellRecord>> cells = session.cells();
    if (!cells)
        return fail(cells.error());
    for (const CellRecord &record : *cells) {
        Result<std::optional<ReportPtr>> report = session.cell(record.key);
        if (!report)
            return fail(report.error());
        if (*report)
            m_cells[record.key] = **report;
    }
    Result<Json> baseline = session.state("baseline");
    if (!baseline)
        return fail(baseline.error());
    m_baseline = baselineRun(*baseline, m_runs);
    return {};
}

ReportPtr SessionReader::report(qint64 runId) const
{
    auto it = m_reports.find(runId);
    return it == m_reports.end() ? nullptr : it->second;
}

} // namespace winnow
