#pragma once

#include "app/engine/engine_client.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace winnow {

/// What is to be done: a request with the words a person knows it by.
struct JobSpec {
    QString title; // "Sweep"
    QString detail; // "SnapKV, H2O, 4 budgets"
    Json request;
    QString tag;
    bool resumable = false; // its parts are kept; a retry goes on from there
    /// Makes the request of a retry (a sweep without its finished cells); empty = the same again.
    std::function<Json()> retryRequest;
    std::function<void(Document)> part;
    std::function<void(Result<Document>)> done;
};

/// A change of the request that needs less memory, offered beside Retry.
struct FittingRetry {
    QString label; // "Retry with 8,192 tokens"
    Json request; // null: `action` does it
    std::function<void()> action; // makes what fits (a shorter input) and asks for it
};

/// One job as the Jobs panel shows it.
struct Job {
    enum class State { Waiting, Running, Done, Failed, Cancelled };
    int id = 0;
    JobSpec spec;
    State state = State::Waiting;
    Progress progress;
    std::optional<Error> error;
    double seconds = 0; // wall time so far
    double secondsLeft = -1; // of this stage; -1 = unknown
    std::optional<FittingRetry> fitting;
    qint64 requestId = 0;

    bool active() const { return state == State::Waiting || state == State::Running; }
};

/// Every model action is one of its jobs: progress, time left, cancel, retry. Never blocks.
class JobRunner : public QObject {
    Q_OBJECT
public:
    explicit JobRunner(EngineClient &engine, QObject *parent = nullptr);

    /// Sends the request; returns the job's id.
    int submit(JobSpec spec);
    void cancel(int id);
    void cancelAll();
    /// Runs a failed or cancelled job again (in its own row); with the fitting request when asked.
    void retry(int id);
    void retryFitting(int id);
    void dismiss(int id);

    const std::vector<std::unique_ptr<Job>> &jobs() const { return m_jobs; }
    const Job *job(int id) const;
    bool busy() const;
    /// From cancel to the end of the job, the last one; -1 = none yet.
    double lastCancelMs() const { return m_lastCancelMs; }
    /// Gives the request that fits in less memory, if the forecast of the model knows one.
    void setFittingRule(std::function<std::optional<FittingRetry>(const Json &)> rule) { m_fittingRule = std::move(rule); }

Q_SIGNALS:
    void jobAdded(int id);
    void jobChanged(int id);
    void jobRemoved(int id);
    void jobFinished(int id);

private:
    struct Clock {
        QElapsedTimer total, stage, cancel;
        std::string stageName;
        bool cancelling = false;
    };

    void send(Job &job, Json request);
    void onProgress(int id, const Progress &progress);
    void onDone(int id, Result<Document> reply);
    Job *find(int id);

    EngineClient &m_engine;
    std::vector<std::unique_ptr<Job>> m_jobs;
    std::map<int, Clock> m_clocks;
    std::function<std::optional<FittingRetry>(const Json &)> m_fittingRule;
    int m_nextId = 1;
    double m_lastCancelMs = -1;
};

/// "33 of 44", "449 of 513 MiB"; empty while the total is not known.
QString progressText(const Progress &progress);
/// "1:12 left", "4 s left".
QString timeLeftText(double seconds);
/// "2.7 s", "41 s", "3 min 5 s".
QString durationText(double seconds);

} // namespace winnow
