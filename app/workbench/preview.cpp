#include "app/workbench/preview.h"

#include "app/engine/error_sentence.h"

#include <QLocale>

#include <utility>

namespace winnow {
namespace {

    Json fieldOr(const Json &json, const char *name, Json otherwise)
    {
        if (json.is_object()) {
            if (auto it = json.find(name); it != json.end())
                return *it;
        }
        return otherwise;
    }

    qint64 intOr(const Json &json, const char *name, qint64 otherwise)
    {
        const Json value = fieldOr(json, name, {});
        return value.is_number() ? value.get<qint64>() : otherwise;
    }

} // namespace

Result<ReportPtr> selectionReport(const Document &reply, size_t cell, const CaptureInfo &capture, const Json &request, const std::string &text)
{
    const Json cells = fieldOr(reply.body, "cells", Json::array());
    if (!cells.is_array() || cell >= cells.size() || !cells[cell].is_object())
        return fail(ErrorCode::BadInput, "the answer to select has no cell " + std::to_string(cell));
    const Json &found = cells[cell];
    if (!found.contains("kept"))
        return fail(ErrorCode::BadInput, "the answer to select has no kept set");
    Json kept = found["kept"];
    if (kept.is_object() && !kept.contains("type"))
        kept["type"] = "KeptTokens";
    Json savings = fieldOr(found, "savings", Json::object());
    if (savings.is_object()) {
        if (!savings.contains("selectMs") || savings["selectMs"].is_null())
            savings["selectMs"] = fieldOr(reply.body, "selectMs", {});
        if (!savings.contains("prefillMs") || savings["prefillMs"].is_null())
            savings["prefillMs"] = capture.prefillMs;
    }
    Json body{{"schema", "winnow.report/1"}, {"request", request}, {"model", fieldOr(reply.body, "model", Json::object())},
        {"input", {{"ids", capture.ids}, {"pieces", capture.pieces}, {"text", text}}}, {"artifacts", Json::array({std::move(kept)})},
        {"metrics", Json::object()}, {"savings", std::move(savings)}, {"checks", fieldOr(found, "checks", Json::array())},
        {"notices", fieldOr(found, "notices", Json::array())}, {"provenance", Json::object()}};
    return ReportPtr(std::make_shared<const Report>(Document{std::move(body), reply.arrays}));
}

Preview::Preview(EngineClient &engine, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_jobs(jobs)
{
}

void Preview::setTarget(const ModelChoice &choice, const std::optional<InputRecord> &input)
{
    const Json key = input && !choice.model.empty() ? inputFields(choice, *input) : Json();
    if (key == m_targetKey)
        return;
    m_targetKey = key;
    m_choice = choice;
    m_input = input;
    forgetCapture();
    m_report.reset();
    Q_EMIT reportChanged();
    pump();
}

void Preview::forgetCapture()
{
    ++m_generation;
    if (m_captureJob != 0)
        m_jobs.cancel(m_captureJob);
    m_captureJob = 0;
    m_selectRequest = 0;
    m_capture.reset();
    m_captureFailed = false;
    m_recaptured = false;
    m_dirty = true;
    Q_EMIT captureChanged();
    Q_EMIT busyChanged();
}

void Preview::setSetting(const Setting &setting)
{
    if (setting == m_wanted)
        return;
    m_wanted = setting;
    m_dirty = true;
    pump();
}

void Preview::pump()
{
    if (m_engine.state() != EngineClient::State::Ready || m_targetKey.is_null() || m_wanted.method.empty())
        return;
    if (m_captureJob != 0 || m_selectRequest != 0 || m_captureFailed)
        return;
    if (lacksSmallModel()) {
        if (std::exchange(m_report, nullptr))
            Q_EMIT reportChanged();
        return;
    }
    if (!m_capture && !m_held)
        startCapture();
    else if (m_capture && m_dirty)
        startSelect();
}

void Preview::setHeld(bool held)
{
    m_held = held;
    if (!held)
        pump();
}

bool Preview::lacksSmallModel() const
{
    const MethodInfo *method = findMethod(m_methods, m_wanted.method);
    return method && needsSmallModel(*method) && m_choice.small.empty();
}

void Preview::startCapture()
{
    JobSpec spec;
    spec.title = tr("Capture");
    spec.detail = QString::fromStdString(m_input->name);
    spec.request = captureRequest(m_choice, *m_input, m_methods, m_wanted);
    spec.tag = QStringLiteral("capture");
    const int generation = m_generation;
    spec.done = [this, generation](Result<Document> reply) {
        if (generation == m_generation)
            onCapture(std::move(reply));
    };
    m_captureJob = m_jobs.submit(std::move(spec));
    Q_EMIT busyChanged();
}

void Preview::onCapture(Result<Document> reply)
{
    m_captureJob = 0;
    Q_EMIT busyChanged();
    if (!reply) {
        m_captureFailed = reply.error().code != ErrorCode::Cancelled && reply.error().code != ErrorCode::EngineLost;
        if (m_captureFailed)
            fault(reply.error());
        return;
    }
    CaptureInfo info;
    const Json expanded = expandArrays(*reply);
    const Json id = fieldOr(expanded, "captureId", "");
    info.id = id.is_string() ? id.get<std::string>() : id.dump();
    info.tokens = intOr(expanded, "tokens", 0);
    info.ids = fieldOr(expanded, "ids", Json::array());
    info.pieces = fieldOr(expanded, "pieces", Json::array());
    const Json prefill = fieldOr(expanded, "prefillMs", {});
    info.prefillMs = prefill.is_number() ? prefill.get<double>() : -1;
    info.bytes = intOr(expanded, "bytes", -1);
    m_capture = std::move(info);
    m_dirty = true;
    Q_EMIT captureChanged();
    pump();
}

void Preview::startSelect()
{
    m_dirty = false;
    const Setting asked = m_wanted;
    const Json request = runRequest(m_choice, *m_input, asked);
    m_clock.start();
    const int generation = m_generation;
    RequestHandlers handlers;
    handlers.done = [this, asked, request, generation](Result<Document> reply) {
        if (generation == m_generation)
            onSelect(asked, request, std::move(reply));
    };
    m_selectRequest = m_engine.send(selectRequest(m_capture->id, {asked}), QStringLiteral("preview"), std::move(handlers));
    Q_EMIT busyChanged();
}

void Preview::onSelect(const Setting &asked, const Json &request, Result<Document> reply)
{
    m_selectRequest = 0;
    m_lastAnswerMs = static_cast<double>(m_clock.nsecsElapsed()) * 1e-6;
    std::optional<Error> problem;
    if (!reply) {
        problem = reply.error();
    } else if (const Json cells = fieldOr(reply->body, "cells", Json::array()); cells.size() == 1 && cells[0].contains("error")) {
        const Json error = cells[0]["error"];
        const Json message = error.is_object() ? fieldOr(error, "message", "") : error;
        problem = Error{ErrorCode::BadInput, message.is_string() ? message.get<std::string>() : message.dump(), {}};
        if (error.is_object()) {
            const Json code = fieldOr(error, "code", "bad_input");
            problem->code = errorCodeFromName(code.is_string() ? code.get<std::string>() : std::string());
        }
    }
    if (!problem) {
        Result<ReportPtr> report = selectionReport(*reply, 0, *m_capture, request, m_input->content);
        if (report) {
            m_report = std::move(*report);
            m_reportSetting = asked;
            m_recaptured = false;
            Q_EMIT reportChanged();
        } else {
            problem = report.error();
        }
    }
    Q_EMIT busyChanged();
    if (problem && problem->code == ErrorCode::NotFound && !m_recaptured) {
        // The capture left the engine's budget, or lacks a statistic that these parameters need: take it again with them.
        m_recaptured = true;
        m_capture.reset();
        m_dirty = true;
        Q_EMIT captureChanged();
    } else if (problem && problem->code != ErrorCode::Cancelled && problem->code != ErrorCode::EngineLost) {
        fault(*problem);
    }
    pump();
}

void Preview::fault(const Error &error)
{
    Q_EMIT failed(errorSentence(error));
}

} // namespace winnow
