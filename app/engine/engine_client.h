#pragma once

#include "core/base/document.h"
#include "core/base/error.h"
#include "core/base/run_context.h"

#include <QByteArray>
#include <QElapsedTimer>
#include <QObject>
#include <QProcess>
#include <QString>

#include <functional>
#include <map>
#include <memory>

namespace winnow {

/// What the engine says about itself once a second; -1 = not known.
struct EngineStatus {
    qint64 rssBytes = -1;
    qint64 totalBytes = -1;
    bool busy = false;
};

/// What a sender wants to hear about its request; each may be empty. `done` is called exactly once.
struct RequestHandlers {
    std::function<void(const Progress &)> progress;
    std::function<void(Document)> part;
    std::function<void(Result<Document>)> done;
};

/// The window's end of docs/protocol.md: starts the engine process, sends requests, matches answers by id, says why an
/// engine died and starts it again. Never blocks: everything arrives through the event loop.
class EngineClient : public QObject {
    Q_OBJECT
public:
    enum class State { Stopped, Starting, Ready, Lost };

    explicit EngineClient(QObject *parent = nullptr);
    ~EngineClient() override;

    /// The shell-like command that speaks the protocol, for example `ssh gpu01 winnow-cli serve`.
    void setCommand(const QString &command);
    QString command() const { return m_command; }
    /// WINNOW_MODELS of the next process; empty = as this process has it. A command that starts the engine on another
    /// machine does not carry it there.
    void setModelFolder(const QString &folder) { m_modelFolder = folder; }
    /// Starts the process unless it runs. The `hello` reply moves Starting to Ready.
    void start();
    /// Ends the process without calling it a loss; open requests end as cancelled.
    void stop();

    State state() const { return m_state; }
    /// One sentence: why the engine is not there (State::Lost).
    QString lostReason() const { return m_lostReason; }
    EngineStatus status() const { return m_status; }
    /// Reply to hello: version, machine, threads, memoryBytes, methods.
    const Json &hello() const { return m_hello; }
    qint64 processId() const { return m_process ? m_process->processId() : 0; }

    /// Sends a request and returns its id (> 0). With a non-empty tag it replaces a queued one of the same tag; the
    /// replaced one ends as Cancelled. Without an engine `done` gets EngineLost from the event loop.
    qint64 send(Json request, const QString &tag, RequestHandlers handlers);
    void cancel(qint64 id);

Q_SIGNALS:
    void stateChanged(winnow::EngineClient::State state);
    void statusChanged();
    void logLine(const QString &line);
    /// Time from request to reply, for the log and the status bar.
    void answered(qint64 id, double milliseconds);

private:
    struct Pending {
        RequestHandlers handlers;
        QElapsedTimer clock;
        bool cancelSent = false;
    };

    void onReadyRead();
    void onLogReady();
    void onFinished(int exitCode, QProcess::ExitStatus status);
    void onError(QProcess::ProcessError error);
    void onFrame(Document frame);
    void onHello(Result<Document> reply);
    void writeFrame(const Json &body);
    void setState(State state);
    void lose(const QString &reason);
    void failAll(ErrorCode code, const QString &message, const QString &hint);
    QString deathReason(int exitCode, QProcess::ExitStatus status) const;

    QString m_command, m_modelFolder;
    std::unique_ptr<QProcess> m_process;
    QByteArray m_buffer;
    qsizetype m_consumed = 0;
    QByteArray m_logBuffer;
    QString m_lastLogLine;
    QString m_protocolFault;
    std::map<qint64, Pending> m_pending;
    qint64 m_nextId = 1;
    State m_state = State::Stopped;
    QString m_lostReason;
    EngineStatus m_status;
    Json m_hello = Json::object();
};

/// "22.9 of 24 GiB" from bytes; empty when one is unknown.
QString memoryText(qint64 usedBytes, qint64 totalBytes);

} // namespace winnow
