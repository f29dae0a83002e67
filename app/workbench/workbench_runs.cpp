// Pinning, measuring and repeating runs.
#include "app/workbench/run_family.h"
#include "app/workbench/workbench.h"

#include <QDateTime>

#include <algorithm>
#include <cmath>

namespace winnow {

void Workbench::setActiveRun(qint64 runId)
{
    const RunRecord *run = m_document.run(runId);
    if (!run || runId == m_activeRun)
        return;
    if (runFamily(*run) == "segment") {
        if (run->inputId != wordInput() && m_document.input(run->inputId)) {
            chooseForWords(run->inputId);
            Q_EMIT activeInputChanged();
        }
        return m_words.setActiveRun(runId);
    }
    if (run->inputId != m_activeInput && m_document.input(run->inputId))
        setActiveInput(run->inputId);
    endGesture();
    applySetting(settingFromJson(run->request));
}

qint64 Workbench::pin()
{
    endGesture();
    return pinSetting(m_setting);
}

qint64 Workbench::pinSetting(const Setting &setting)
{
    const InputRecord *input = m_document.input(m_activeInput);
    const MethodInfo *method = findMethod(m_methods, setting.method);
    if (!input || setting.method.empty())
        return 0;
    if (const RunRecord *same = m_measurements.sameSetting(m_activeInput, setting))
        return same->id;
    RunRecord run;
    run.inputId = input->id;
    run.name = method ? method->title : setting.method;
    run.request = runRequest(requestChoice({setting}), *input, setting);
    run.created = QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
    const bool prompt = setting.family == "prompt";
    const Setting &known = prompt ? m_promptPreview.reportSetting() : m_preview.reportSetting();
    const ReportPtr selected = known != setting ? nullptr : prompt ? m_promptPreview.report() : m_preview.report();
    run.hasReport = selected != nullptr;
    // Forms and names of a session that is opened without an engine come from what was written beside its runs.
    auto listed = m_engine.hello().find("methods");
    if (listed != m_engine.hello().end() && m_document.state("methods").is_null())
        m_document.setState("methods", *listed);
    if (m_document.state("model").is_null() && !m_model.description.empty())
        m_document.setState("model", m_model.description);
    const qint64 id = m_document.pinRun(std::move(run), selected);
    if (id != 0 && m_document.baseline() == 0 && setting.method == "full")
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
    const RunRecord *run = m_document.run(runId);
    if (run && runFamily(*run) == "segment")
        m_words.evaluate(runId);
    else if (run)
        m_measurements.evaluate(requestChoice({settingFromJson(run->request)}), *run);
}

void Workbench::evaluateUnmeasured()
{
    for (const RunRecord &run : m_document.runs()) {
        if (runFamily(run) == m_setting.family && !isMeasured(m_document.report(run.id)))
            evaluate(run.id);
    }
}

Setting sweptSetting(Setting method, const std::vector<Budget> &budgets, const Budget &wanted)
{
    if (budgets.empty() || std::find(budgets.begin(), budgets.end(), wanted) != budgets.end()) {
        method.budget = wanted;
        return method;
    }
    method.budget = budgets.front();
    for (const Budget &budget : budgets) {
        const bool comparable = budget.kind == wanted.kind;
        if (comparable && (method.budget.kind != wanted.kind || std::abs(budget.value - wanted.value) < std::abs(method.budget.value - wanted.value)))
            method.budget = budget;
    }
    return method;
}

void Workbench::sweep(const SweepChoice &choice)
{
    const InputRecord *input = m_document.input(m_activeInput);
    if (!input || choice.methods.empty() || choice.budgets.empty())
        return;
    std::vector<Setting> unpinned; // what is swept is pinned: a curve belongs to a run
    for (const Setting &setting : choice.methods) {
        const bool twice = std::any_of(unpinned.begin(), unpinned.end(), [&](const Setting &other) { return sameCurve(other, setting); });
        if (!twice && !m_measurements.curveOwner(input->id, setting))
            unpinned.push_back(setting == m_setting ? setting : sweptSetting(setting, choice.budgets, m_setting.budget));
    }
    if (!unpinned.empty()) {
        m_document.undoStack().beginMacro(unpinned.size() == 1 ? tr("Pin the swept method") : tr("Pin %1 swept methods").arg(unpinned.size()));
        for (const Setting &setting : unpinned)
            pinSetting(setting);
        m_document.undoStack().endMacro();
    }
    m_measurements.sweep(requestChoice(choice.methods), *m_document.input(m_activeInput), choice);
}

void Workbench::generate(qint64 runId, int maxNew)
{
    if (const RunRecord *run = m_document.run(runId))
        m_measurements.generate(requestChoice({settingFromJson(run->request)}), *run, maxNew);
}

} // namespace winnow
