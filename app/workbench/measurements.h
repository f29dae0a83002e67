#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"
#include "app/workbench/session_document.h"

#include <QObject>

#include <set>

namespace winnow {

/// Jobs that run the model under a plan and put what they measure into the session: one run, a sweep, generated text.
class Measurements : public QObject {
    Q_OBJECT
public:
    Measurements(JobRunner &jobs, SessionDocument &document, QObject *parent = nullptr);

    /// Measures a pinned run; its report replaces the preview's. Returns the job.
    int evaluate(const ModelChoice &choice, const RunRecord &run);
    /// Cells come in one by one, into curves and into pinned runs of the same setting.
    int sweep(const ModelChoice &choice, const InputRecord &input, const SweepChoice &sweep);
    /// Text with the full cache and under the run's setting.
    int generate(const ModelChoice &choice, const RunRecord &run, int maxNew);

    /// Pinned runs of an input with this method and these parameters; of those, the one with the lowest letter.
    const RunRecord *curveOwner(qint64 inputId, const Setting &setting) const;
    const RunRecord *sameSetting(qint64 inputId, const Setting &setting) const;

Q_SIGNALS:
    /// A report with generated text arrived for a run.
    void textReady(qint64 runId, winnow::ReportPtr report);
    void failed(const QString &sentence);

private:
    void takeCell(qint64 inputId, Document part, std::set<std::string> &finished);

    JobRunner &m_jobs;
    SessionDocument &m_document;
};

/// Settings whose cells lie on one line of a quality chart: budgets differ, and seeds of prompt methods.
bool sameCurve(const Setting &a, const Setting &b);

/// True when the report holds measured quality (not only a selection).
bool isMeasured(const ReportPtr &report);

/// A sweep request without the cells that are there already: methods that lack a budget, and the budgets they lack.
/// `finished` holds cellName() of finished cells.
Json remainingSweep(const Json &request, const std::set<std::string> &finished);
std::string cellName(const Json &method, const Json &parameters, const Json &budget);

} // namespace winnow
