#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"

#include <QElapsedTimer>
#include <QObject>

#include <optional>

namespace winnow {

/// What the engine said about a capture; the ids and pieces cover context and scored tokens.
struct CaptureInfo {
    std::string id;
    qint64 tokens = 0; // context tokens N
    Json ids = Json::array(), pieces = Json::array();
    double prefillMs = -1;
    qint64 bytes = -1;
};

/// Ranks the capture of the active input under the setting of the form, on every change, newest first: the picture that
/// follows the slider. One question is in flight at a time; whatever changed meanwhile is asked when it returns.
class Preview : public QObject {
    Q_OBJECT
public:
    Preview(EngineClient &engine, JobRunner &jobs, QObject *parent = nullptr);

    void setMethods(std::vector<MethodInfo> methods) { m_methods = std::move(methods); }
    /// Which input of which model; nullopt drops capture and preview.
    void setTarget(const ModelChoice &choice, const std::optional<InputRecord> &input);
    void setSetting(const Setting &setting);
    /// The engine forgot its captures (it was started again).
    void forgetCapture();
    /// Captures or selects now if the engine can.
    void pump();
    /// Starts no capture while another question about the same text goes first.
    void setHeld(bool held);

    const std::optional<CaptureInfo> &capture() const { return m_capture; }
    /// Selection of `previewSetting`; null until the first answer.
    ReportPtr report() const { return m_report; }
    const Setting &reportSetting() const { return m_reportSetting; }
    /// The wanted method asks a second model and none is there: nothing can be selected.
    bool lacksSmallModel() const;
    bool busy() const { return m_selectRequest != 0 || m_captureJob != 0; }
    /// From sending to the report, of the last answer; -1 = none yet.
    double lastAnswerMs() const { return m_lastAnswerMs; }

Q_SIGNALS:
    void captureChanged();
    void reportChanged();
    void busyChanged();
    void failed(const QString &sentence);

private:
    void startCapture();
    void onCapture(Result<Document> reply);
    void startSelect();
    void onSelect(const Setting &asked, const Json &request, Result<Document> reply);
    void fault(const Error &error);

    EngineClient &m_engine;
    JobRunner &m_jobs;
    std::vector<MethodInfo> m_methods;
    ModelChoice m_choice;
    std::optional<InputRecord> m_input;
    Json m_targetKey;
    std::optional<CaptureInfo> m_capture;
    Setting m_wanted, m_reportSetting;
    ReportPtr m_report;
    bool m_dirty = false, m_held = false;
    bool m_captureFailed = false;
    bool m_recaptured = false; // once for a question that the capture could not answer; a second time is no use
    int m_captureJob = 0;
    qint64 m_selectRequest = 0;
    int m_generation = 0;
    QElapsedTimer m_clock;
    double m_lastAnswerMs = -1;
};

/// The report a view can draw, from one cell of a `select` reply (its arrays lie beside the reply's body).
/// @error BadInput when the cell has no kept set.
Result<ReportPtr> selectionReport(const Document &reply, size_t cell, const CaptureInfo &capture, const Json &request, const std::string &text);

} // namespace winnow
