// Pinning, measuring and repeating runs.
#include "app/workbench/workbench.h"

#include <QDateTime>

namespace winnow {

void Workbench::setActiveRun(qint64 runId)
{
    const RunRecord *run = m_document.run(runId);
    if (!run || runId == m_activeRun)
        return;
    if (run->inputId != m_activeInput && m_document.input(run->inputId))
        setActiveInput(run->inputId);
    endGesture();
    applySetting(settingFromJson(run->request));
}

qint64 Workbench::pin()
{
    const InputRecord *input = m_document.input(m_activeInput);
    const MethodInfo *method = currentMethod();
    if (!input || m_setting.method.empty())
        return 0;
    if (const RunRecord *same = m_measurements.sameSetting(m_activeInput, m_setting))
        return same->id;
    RunRecord run;
    run.inputId = input->id;
    run.name = method ? method->title : m_setting.method;
    run.request = runRequest(requestChoice(), *input, m_setting);
    run.created = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    const ReportPtr selected = m_preview.reportSetting() == m_setting ? m_preview.report() : nullptr;
    run.hasReport = selected != nullptr;
    endGesture();
    // Forms and names of a session that is opened without an engine come from what was written beside its runs.
    auto listed = m_engine.hello().find("methods");
    if (listed != m_engine.hello().end() && m_document.state("methods").is_null())
        m_document.setState("methods", *listed);
    if (m_document.state("model").is_null() && !m_model.description.empty())
        m_document.setState("model", m_model.description);
    const qint64 id = m_document.pinRun(std::move(run), selected);
    if (id != 0 && m_document.baseline() == 0 && m_setting.method == "full")
        m_document.setBaseline(id);
    return id;
}

void Workbench::evaluateCurrent()
{
    if (const qint64 id = pin(); id != 0)
        evaluate(id);
}

void Workbench::evaluate(qint64 runId)
{
    if (const RunRecord *run = m_document.run(runId))
        m_measurements.evaluate(requestChoice(), *run);
}

void Workbench::evaluateUnmeasured()
{
    for (const RunRecord &run : m_document.runs()) {
        if (!isMeasured(m_document.report(run.id)))
            evaluate(run.id);
    }
}

void Workbench::sweep(const SweepChoice &choice)
{
    const InputRecord *input = m_document.input(m_activeInput);
    if (!input || choice.methods.empty() || choice.budgets.empty())
        return;
    m_measurements.sweep(requestChoice(), *input, choice);
}

void Workbench::generate(qint64 runId, int maxNew)
{
    if (const RunRecord *run = m_document.run(runId))
        m_measurements.generate(requestChoice(), *run, maxNew);
}

} // namespace winnow
