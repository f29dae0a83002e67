#include "app/engine/engine_client.h"

#include <QProcessEnvironment>
#include <QTimer>

#include <csignal>
#include <span>
#include <vector>

namespace winnow {
namespace {

    constexpr int kMaxLogBytes = 1 << 16;

    std::span<const std::byte> asBytes(const QByteArray &bytes, qsizetype from)
    {
        return {reinterpret_cast<const std::byte *>(bytes.constData()) + from, static_cast<size_t>(bytes.size() - from)};
    }

    QString textField(const Json &body, const char *name)
    {
        auto it = body.find(name);
        return it != body.end() && it->is_string() ? QString::fromStdString(it->get<std::string>()) : QString();
    }

    qint64 intField(const Json &body, const char *name, qint64 otherwise)
    {
        auto it = body.find(name);
        return it != body.end() && it->is_number() ? it->get<qint64>() : otherwise;
    }

    /// What a signal means to a person.
    QString signalText(int number)
    {
        switch (number) {
        case SIGSEGV: return EngineClient::tr("it crashed (signal 11, invalid memory access)");
        case SIGABRT: return EngineClient::tr("it gave up on an internal fault (signal 6)");
        case SIGBUS: return EngineClient::tr("it crashed (signal 7; a model file that was cut off while it was mapped does this)");
        case SIGFPE: return EngineClient::tr("it crashed (signal 8, arithmetic fault)");
        case SIGILL: return EngineClient::tr("it crashed (signal 4, an instruction this processor does not have)");
        case SIGTERM: return EngineClient::tr("it was asked to end (signal 15)");
        case SIGKILL: return EngineClient::tr("it was killed (signal 9)");
        default: return EngineClient::tr("it ended by signal %1").arg(number);
        }
    }

} // namespace

QString memoryText(qint64 usedBytes, qint64 totalBytes)
{
    if (usedBytes < 0 || totalBytes <= 0)
        return {};
    constexpr double gib = 1024.0 * 1024.0 * 1024.0;
    return EngineClient::tr("%1 of %2 GiB")
        .arg(static_cast<double>(usedBytes) / gib, 0, 'f', 1)
        .arg(static_cast<double>(totalBytes) / gib, 0, 'f', 0);
}

EngineClient::EngineClient(QObject *parent)
    : QObject(parent)
{
}

EngineClient::~EngineClient()
{
    if (!m_process)
        return;
    m_process->disconnect(this);
    m_process->closeWriteChannel();
    if (!m_process->waitForFinished(300))
        m_process->kill();
    m_process->waitForFinished(1000);
}

void EngineClient::setCommand(const QString &command) { m_command = command; }

void EngineClient::start()
{
    if (m_state == State::Starting || m_state == State::Ready)
        return;
    QStringList words = QProcess::splitCommand(m_command);
    if (words.isEmpty()) {
        lose(tr("no engine command is set; name one under Edit > Settings"));
        return;
    }
    m_buffer.clear();
    m_consumed = 0;
    m_protocolFault.clear();
    m_lastLogLine.clear();
    m_hello = Json::object();
    m_process = std::make_unique<QProcess>();
    // Spinning OpenMP threads cost 3 to 30 times the work on busy cores (libgomp reads this when it is loaded).
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("OMP_WAIT_POLICY"), QStringLiteral("passive"));
    if (!m_modelFolder.isEmpty())
        environment.insert(QStringLiteral("WINNOW_MODELS"), m_modelFolder);
    m_process->setProcessEnvironment(environment);
    connect(m_process.get(), &QProcess::readyReadStandardOutput, this, &EngineClient::onReadyRead);
    connect(m_process.get(), &QProcess::readyReadStandardError, this, &EngineClient::onLogReady);
    connect(m_process.get(), &QProcess::finished, this, &EngineClient::onFinished);
    connect(m_process.get(), &QProcess::errorOccurred, this, &EngineClient::onError);
    setState(State::Starting);
    m_process->start(words.takeFirst(), words);
    send(Json{{"command", "hello"}}, {}, {{}, {}, [this](Result<Document> reply) { onHello(std::move(reply)); }});
}

void EngineClient::stop()
{
    if (!m_process)
        return;
    std::unique_ptr<QProcess> process = std::move(m_process);
    process->disconnect(this);
    process->closeWriteChannel();
    QProcess *last = process.release();
    last->setParent(this);
    connect(last, &QProcess::finished, last, &QObject::deleteLater);
    QTimer::singleShot(500, last, &QProcess::kill);
    failAll(ErrorCode::Cancelled, tr("the engine was stopped"), {});
    setState(State::Stopped);
}

qint64 EngineClient::send(Json request, const QString &tag, RequestHandlers handlers)
{
    const qint64 id = m_nextId++;
    Pending pending;
    pending.handlers = std::move(handlers);
    pending.clock.start();
    m_pending.emplace(id, std::move(pending));
    if (m_state != State::Starting && m_state != State::Ready) {
        QTimer::singleShot(0, this, [this, id] {
            auto it = m_pending.find(id);
            if (it == m_pending.end())
                return;
            RequestHandlers lost = std::move(it->second.handlers);
            m_pending.erase(it);
            if (lost.done)
                lost.done(fail(ErrorCode::EngineLost, tr("the engine is not running").toStdString(), tr("Start it again and retry.").toStdString()));
        });
        return id;
    }
    Json envelope{{"id", id}, {"request", std::move(request)}};
    if (!tag.isEmpty())
        envelope["tag"] = tag.toStdString();
    writeFrame(envelope);
    return id;
}

void EngineClient::cancel(qint64 id)
{
    auto it = m_pending.find(id);
    if (it == m_pending.end() || it->second.cancelSent || !m_process)
        return;
    it->second.cancelSent = true;
    writeFrame(Json{{"id", m_nextId++}, {"cancel", id}});
}

void EngineClient::writeFrame(const Json &body)
{
    const std::vector<std::byte> bytes = encodeDocument(Document{body, {}});
    if (m_process)
        m_process->write(reinterpret_cast<const char *>(bytes.data()), static_cast<qint64>(bytes.size()));
}

void EngineClient::onReadyRead()
{
    m_buffer.append(m_process->readAllStandardOutput());
    while (m_process && m_protocolFault.isEmpty()) {
        const std::span<const std::byte> rest = asBytes(m_buffer, m_consumed);
        Result<uint64_t> length = frameLength(rest);
        if (!length) {
            m_protocolFault = QString::fromStdString(length.error().message);
            break;
        }
        if (*length == 0 || rest.size() < *length)
            break;
        Result<Document> frame = decodeDocument(rest.first(static_cast<size_t>(*length)));
        m_consumed += static_cast<qsizetype>(*length);
        if (!frame) {
            m_protocolFault = QString::fromStdString(frame.error().message);
            break;
        }
        onFrame(std::move(*frame));
    }
    if (!m_protocolFault.isEmpty() && m_process) {
        m_process->kill(); // finished() tells the rest
        return;
    }
    if (m_consumed > 0) {
        m_buffer.remove(0, m_consumed);
        m_consumed = 0;
    }
}

void EngineClient::onFrame(Document frame)
{
    const Json &envelope = frame.body;
    const QString kind = envelope.is_object() ? textField(envelope, "kind") : QString();
    if (kind == QLatin1String("status")) {
        m_status.rssBytes = intField(envelope, "rssBytes", -1);
        m_status.totalBytes = intField(envelope, "totalBytes", m_status.totalBytes);
        auto busy = envelope.find("busy");
        m_status.busy = busy != envelope.end() && busy->is_boolean() && busy->get<bool>();
        Q_EMIT statusChanged();
        return;
    }
    const qint64 id = envelope.is_object() ? intField(envelope, "id", 0) : 0;
    auto it = m_pending.find(id);
    if (it == m_pending.end())
        return; // the answer to a cancel, or to something that ended already
    if (kind == QLatin1String("progress")) {
        if (it->second.handlers.progress) {
            auto handler = it->second.handlers.progress;
            handler(Progress{textField(envelope, "stage").toStdString(), intField(envelope, "done", 0),
                intField(envelope, "total", 0), textField(envelope, "unit").toStdString()});
        }
        return;
    }
    Json body = Json::object();
    if (auto found = frame.body.find("body"); found != frame.body.end())
        body = std::move(*found);
    if (kind == QLatin1String("part")) {
        if (it->second.handlers.part) {
            auto handler = it->second.handlers.part;
            handler(Document{std::move(body), std::move(frame.arrays)});
        }
        return;
    }
    RequestHandlers handlers = std::move(it->second.handlers);
    const double milliseconds = static_cast<double>(it->second.clock.nsecsElapsed()) * 1e-6;
    m_pending.erase(it);
    Q_EMIT answered(id, milliseconds);
    if (!handlers.done)
        return;
    if (kind == QLatin1String("reply"))
        handlers.done(Document{std::move(body), std::move(frame.arrays)});
    else
        handlers.done(fail(errorCodeFromName(textField(envelope, "code").toStdString()),
            textField(envelope, "message").toStdString(), textField(envelope, "hint").toStdString()));
}

void EngineClient::onHello(Result<Document> reply)
{
    if (!reply) {
        if (m_state == State::Starting && m_process) {
            m_protocolFault = QString::fromStdString(reply.error().message);
            m_process->kill();
        }
        return;
    }
    m_hello = std::move(reply->body);
    m_status.totalBytes = intField(m_hello, "memoryBytes", m_status.totalBytes);
    setState(State::Ready);
}

void EngineClient::onLogReady()
{
    m_logBuffer.append(m_process->readAllStandardError());
    qsizetype end = 0;
    while ((end = m_logBuffer.indexOf('\n')) >= 0) {
        const QString line = QString::fromUtf8(m_logBuffer.left(end)).trimmed();
        m_logBuffer.remove(0, end + 1);
        if (line.isEmpty())
            continue;
        m_lastLogLine = line;
        Q_EMIT logLine(line);
    }
    if (m_logBuffer.size() > kMaxLogBytes)
        m_logBuffer.clear();
}

void EngineClient::onError(QProcess::ProcessError error)
{
    if (error != QProcess::FailedToStart)
        return; // finished() follows
    const QString program = QProcess::splitCommand(m_command).value(0);
    lose(tr("%1 could not be started (%2); set the engine command under Edit > Settings").arg(program, m_process->errorString()));
}

QString EngineClient::deathReason(int exitCode, QProcess::ExitStatus status) const
{
    const QString memory = memoryText(m_status.rssBytes, m_status.totalBytes);
    if (!m_protocolFault.isEmpty())
        return tr("it sent something that is not part of the protocol (%1); check the engine command under Edit > Settings").arg(m_protocolFault);
    if (status == QProcess::NormalExit) {
        QString reason = tr("it ended by itself with exit status %1").arg(exitCode);
        if (!m_lastLogLine.isEmpty())
            reason += QStringLiteral(": ") + m_lastLogLine;
        return reason;
    }
    const bool full = m_status.totalBytes > 0 && static_cast<double>(m_status.rssBytes) > 0.8 * static_cast<double>(m_status.totalBytes);
    if (exitCode == SIGKILL && full)
        return tr("the system ended it for memory at %1").arg(memory);
    return memory.isEmpty() ? signalText(exitCode) : tr("%1 at %2").arg(signalText(exitCode), memory);
}

void EngineClient::onFinished(int exitCode, QProcess::ExitStatus status)
{
    if (m_process) {
        m_buffer.append(m_process->readAllStandardOutput());
        onLogReady();
    }
    lose(deathReason(exitCode, status));
}

void EngineClient::lose(const QString &reason)
{
    m_lostReason = reason;
    m_status.busy = false;
    if (m_process) {
        m_process->disconnect(this);
        m_process.release()->deleteLater();
    }
    // State first: whoever hears of a failed request can see that the engine is gone.
    m_state = State::Lost;
    failAll(ErrorCode::EngineLost, tr("the engine stopped: %1").arg(reason), tr("Start it again and retry."));
    Q_EMIT stateChanged(m_state);
}

void EngineClient::failAll(ErrorCode code, const QString &message, const QString &hint)
{
    std::map<qint64, Pending> lost = std::move(m_pending);
    m_pending.clear();
    for (auto &[id, pending] : lost) {
        if (pending.handlers.done)
            pending.handlers.done(fail(code, message.toStdString(), hint.toStdString()));
    }
}

void EngineClient::setState(State state)
{
    if (m_state == state)
        return;
    m_state = state;
    Q_EMIT stateChanged(state);
}

} // namespace winnow
