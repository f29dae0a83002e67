#include "app/workbench/measurements.h"

#include "app/engine/error_sentence.h"
#include <memory>

namespace winnow {
namespace {

    Json fieldOf(const Json &json, const char *name)
    {
        if (json.is_object()) {
            if (auto it = json.find(name); it != json.end())
                return *it;
        }
        return {};
    }


    bool worthSaying(const Error &error)
    {
        return error.code != ErrorCode::Cancelled && error.code != ErrorCode::EngineLost;
    }

} // namespace

bool isMeasured(const ReportPtr &report) { return report && (report->metric("nll") || report->metric("promptTokensIn")); }

bool sameCurve(const Setting &a, const Setting &b)
{
    if (a.method != b.method)
        return false;
    Json x = a.parameters, y = b.parameters;
    if (a.family == "prompt" || b.family == "prompt") { // seeds of one method make one band
        for (const char *name : {"seed", "schedule", "finalScore"}) { // a sweep sets the last two itself, to meet the budget
            x.erase(name);
            y.erase(name);
        }
    }
    return x == y;
}

std::string cellName(const Json &method, const Json &parameters, const Json &budget)
{
    return Json::array({method, parameters, budget}).dump();
}

Json remainingSweep(const Json &request, const std::set<std::string> &finished)
{
    Json rest = request;
    rest["methods"] = Json::array();
    rest["budgets"] = Json::array();
    for (const Json &budget : fieldOf(request, "budgets")) {
        for (const Json &entry : fieldOf(request, "methods")) {
            if (finished.count(cellName(fieldOf(entry, "method"), fieldOf(entry, "params"), budget)) == 0) {
                rest["budgets"].push_back(budget);
                break;
            }
        }
    }
    for (const Json &entry : fieldOf(request, "methods")) {
        for (const Json &budget : rest["budgets"]) {
            if (finished.count(cellName(fieldOf(entry, "method"), fieldOf(entry, "params"), budget)) == 0) {
                rest["methods"].push_back(entry);
                break;
            }
        }
    }
    return rest["methods"].empty() ? request : rest;
}

Measurements::Measurements(JobRunner &jobs, SessionDocument &document, QObject *parent)
    : QObject(parent)
    , m_jobs(jobs)
    , m_document(document)
{
}

const RunRecord *Measurements::curveOwner(qint64 inputId, const Setting &setting) const
{
    for (const RunRecord &run : m_document.runs()) {
        const Setting other = settingFromJson(run.request);
        if (run.inputId == inputId && sameCurve(other, setting))
            return &run;
    }
    return nullptr;
}

const RunRecord *Measurements::sameSetting(qint64 inputId, const Setting &setting) const
{
    for (const RunRecord &run : m_document.runs()) {
        if (run.inputId == inputId && settingFromJson(run.request) == setting)
            return &run;
    }
    return nullptr;
}

int Measurements::evaluate(const ModelChoice &choice, const RunRecord &run)
{
    const InputRecord *input = m_document.input(run.inputId);
    const Setting setting = settingFromJson(run.request);
    JobSpec spec;
    spec.title = tr("Measure");
    spec.detail = tr("%1, %2").arg(QString::fromStdString(run.name), budgetLabel(setting.budget));
    spec.request = input ? runRequest(choice, *input, setting) : run.request;
    const qint64 id = run.id;
    spec.done = [this, id](Result<Document> reply) {
        if (reply)
            m_document.setReport(id, std::make_shared<const Report>(std::move(*reply)));
        else if (worthSaying(reply.error()))
            Q_EMIT failed(errorSentence(reply.error()));
    };
    return m_jobs.submit(std::move(spec));
}

int Measurements::sweep(const ModelChoice &choice, const InputRecord &input, const SweepChoice &sweep)
{
    JobSpec spec;
    spec.title = tr("Sweep");
    const QString budgets = sweep.budgets.size() == 1 ? tr("1 budget") : tr("%1 budgets").arg(sweep.budgets.size());
    spec.detail = tr("%1, %2").arg(sweep.methods.size() == 1 ? QString::fromStdString(sweep.methods.front().method) : tr("%1 methods").arg(sweep.methods.size()), budgets);
    spec.request = sweepRequest(choice, input, sweep);
    spec.resumable = true;
    auto finished = std::make_shared<std::set<std::string>>();
    spec.part = [this, inputId = input.id, finished](Document part) { takeCell(inputId, std::move(part), *finished); };
    spec.retryRequest = [request = spec.request, finished] { return remainingSweep(request, *finished); };
    spec.done = [this](Result<Document> reply) {
        if (!reply && worthSaying(reply.error()))
            Q_EMIT failed(errorSentence(reply.error()));
    };
    return m_jobs.submit(std::move(spec));
}

void Measurements::takeCell(qint64 inputId, Document part, std::set<std::string> &finished)
{
    auto report = std::make_shared<const Report>(std::move(part));
    const Json request = report->request();
    finished.insert(cellName(fieldOf(request, "method"), fieldOf(request, "params"), fieldOf(request, "budget")));
    const Setting setting = settingFromJson(request);
    CellRecord cell;
    const Json key = fieldOf(report->body(), "cellKey");
    cell.key = key.is_string() ? key.get<std::string>() : request.dump();
    cell.recipe = request;
    const RunRecord *owner = curveOwner(inputId, setting);
    cell.runId = owner ? owner->id : 0;
    m_document.putCell(cell, report);
    const RunRecord *same = sameSetting(inputId, setting);
    // A run of a prompt measures more than a cell of a sweep: times and answers.
    const bool replaces = same && (setting.family == "prompt" ? !m_document.report(same->id) : !isMeasured(m_document.report(same->id)));
    if (replaces)
        m_document.setReport(same->id, report);
}

int Measurements::generate(const ModelChoice &choice, const RunRecord &run, int maxNew)
{
    const InputRecord *input = m_document.input(run.inputId);
    JobSpec spec;
    spec.title = tr("Generate");
    spec.detail = tr("%1, %2 tokens").arg(QString::fromStdString(run.name)).arg(maxNew);
    const Setting setting = settingFromJson(run.request);
    spec.request = input ? generateRequest(choice, *input, setting, maxNew) : run.request;
    const qint64 id = run.id;
    spec.done = [this, id](Result<Document> reply) {
        if (reply)
            Q_EMIT textReady(id, std::make_shared<const Report>(std::move(*reply)));
        else if (worthSaying(reply.error()))
            Q_EMIT failed(errorSentence(reply.error()));
    };
    return m_jobs.submit(std::move(spec));
}

} // namespace winnow
