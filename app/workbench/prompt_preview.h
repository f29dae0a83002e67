#pragma once

#include "app/engine/job_runner.h"
#include "app/workbench/requests.h"

#include <QObject>

#include <optional>

namespace winnow {

/// What the form's prompt method would cut of the active input, asked on every change, newest first. The engine keeps the scores
/// of a text, so only the first question reads it: that one is a job. Nothing is asked while the page is not on the screen.
class PromptPreview : public QObject {
    Q_OBJECT
public:
    PromptPreview(EngineClient &engine, JobRunner &jobs, QObject *parent = nullptr);

    /// Which input for which models; nullopt drops the preview.
    void setTarget(const ModelChoice &choice, const std::optional<InputRecord> &input);
    void setSetting(const Setting &setting);
    void setWanted(bool wanted);
    /// The engine was started again or is gone.
    void forget();
    void pump();

    /// Null until the first answer.
    ReportPtr report() const { return m_report; }
    const Setting &reportSetting() const { return m_reportSetting; }
    bool busy() const { return m_request != 0 || m_job != 0; }
    /// Why the last question was refused; a sentence, empty = it was not.
    QString problem() const { return m_problem; }
    double lastAnswerMs() const { return m_lastAnswerMs; }

Q_SIGNALS:
    void reportChanged();
    void busyChanged();

private:
    void ask();
    void onAnswer(const Setting &asked, Result<Document> reply);
    bool isCurrent() const;

    EngineClient &m_engine;
    JobRunner &m_jobs;
    ModelChoice m_choice;
    std::optional<InputRecord> m_input;
    Json m_key, m_textKey; // of the target; of what the scorer reads
    Setting m_wantedSetting, m_reportSetting, m_asked;
    ReportPtr m_report;
    QString m_problem;
    bool m_wanted = false, m_dirty = false, m_read = false; // read: the engine has scored this text once
    bool m_stopping = false; // the question in flight was cancelled for a newer one
    qint64 m_request = 0;
    int m_job = 0, m_generation = 0;
    QElapsedTimer m_clock;
    double m_lastAnswerMs = -1;
};

} // namespace winnow
