#include "app/window/status_line.h"

#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/type.h"

#include <QPainter>

#include <cmath>

namespace winnow {
namespace {

    constexpr int kTickMs = 10;
    constexpr int kHintMs = 4000;

} // namespace

StallWatch::StallWatch(QObject *parent)
    : QObject(parent)
{
    m_timer.setTimerType(Qt::PreciseTimer);
    m_timer.setInterval(kTickMs);
    connect(&m_timer, &QTimer::timeout, this, [this] {
        const double late = static_cast<double>(m_clock.nsecsElapsed()) * 1e-6 - kTickMs;
        m_clock.restart();
        if (late > m_longestMs + 0.5) {
            m_longestMs = late;
            Q_EMIT changed();
        }
    });
}

void StallWatch::start()
{
    m_longestMs = 0;
    m_clock.start();
    m_timer.start();
}

void StallWatch::reset()
{
    m_longestMs = 0;
    m_clock.restart();
    Q_EMIT changed();
}

StatusLine::StatusLine(Workbench &bench, StallWatch &stalls, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_stalls(stalls)
    , m_look(look)
{
    setFixedHeight(24);
    m_hintTimer.setSingleShot(true);
    m_hintTimer.setInterval(kHintMs);
    connect(&m_hintTimer, &QTimer::timeout, this, [this] {
        m_hint.clear();
        update();
    });
    connect(&bench.engine(), &EngineClient::stateChanged, this, &StatusLine::refresh);
    connect(&bench.engine(), &EngineClient::statusChanged, this, &StatusLine::refresh);
    connect(&bench.jobs(), &JobRunner::jobChanged, this, &StatusLine::refresh);
    connect(&bench.jobs(), &JobRunner::jobFinished, this, &StatusLine::refresh);
    connect(&bench, &Workbench::selectionChanged, this, &StatusLine::refresh);
    connect(&bench, &Workbench::sessionChanged, this, &StatusLine::refresh);
    connect(&stalls, &StallWatch::changed, this, &StatusLine::refresh);
    connect(&look, &Look::changed, this, [this] { update(); });
    refresh();
}

void StatusLine::showHint(const QString &text)
{
    m_hint = text;
    m_hintTimer.start();
    update();
}

QStringList StatusLine::parts() const
{
    QStringList parts;
    const EngineClient &engine = m_bench.engine();
    const EngineStatus status = engine.status();
    const bool lost = engine.state() == EngineClient::State::Lost;
    switch (engine.state()) {
    case EngineClient::State::Stopped: parts << tr("Engine off"); break;
    case EngineClient::State::Starting: parts << tr("Engine starting"); break;
    case EngineClient::State::Lost: parts << tr("Engine stopped"); break;
    case EngineClient::State::Ready: {
        QString text = tr("Engine ready");
        for (const auto &job : m_bench.jobs().jobs()) {
            if (job->state != Job::State::Running)
                continue;
            text = tr("Engine busy");
            if (!m_compact && job->progress.total > 0)
                text += tr(", %1 %2").arg(job->spec.title.toLower(), progressText(job->progress));
            break;
        }
        parts << text;
        break;
    }
    }
    if (const QString memory = memoryText(status.rssBytes, status.totalBytes); !memory.isEmpty())
        parts << (lost ? tr("Last RAM %1").arg(memory) : tr("RAM %1").arg(memory));
    if (!lost && engine.state() == EngineClient::State::Ready) {
        const Json &hello = engine.hello();
        auto threads = hello.find("threads");
        if (threads != hello.end() && threads->is_number_integer())
            parts << (threads->get<int>() == 1 ? tr("CPU, 1 thread") : tr("CPU, %1 threads").arg(threads->get<int>()));
    }
    if (m_stalls.longestMs() >= 0.5)
        parts << tr("Longest stall %1 ms").arg(std::lround(m_stalls.longestMs()));
    const Selection &selection = m_bench.selection();
    QStringList marks;
    if (const PairMark &pair = selection.pair; pair.hasHeads())
        marks << tr("%1 with %2").arg(format::headAddress(pair.layer, pair.head), format::headAddress(pair.smallLayer, pair.smallHead));
    if (selection.layer >= 0)
        marks << tr("layer %1").arg(selection.layer);
    if (selection.head >= 0)
        marks << tr("head %1").arg(selection.head);
    if (selection.token >= 0)
        marks << tr("token %1").arg(selection.token);
    if (const InputRecord *input = m_bench.document().input(m_bench.shownInput()); input && !m_compact && goldLines(*input) > 0)
        if (const QString licence = QString::fromStdString(stringField(input->extra, "licence")); !licence.isEmpty())
            parts << licence;
    if (!marks.isEmpty() && !m_compact)
        parts << tr("Selection: %1").arg(marks.join(QStringLiteral(", ")));
    return parts;
}

void StatusLine::refresh()
{
    const QStringList parts = this->parts();
    if (parts == m_parts)
        return;
    m_parts = parts;
    setAccessibleName(tr("Status: %1").arg(parts.join(QStringLiteral("; "))));
    update();
}

void StatusLine::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    QPainter painter(this);
    painter.fillRect(rect(), theme.bg);
    painter.fillRect(QRect(0, 0, width(), 1), theme.hair);
    const QFont font = typeFont(TypeRole::Hint);
    painter.setFont(font);
    if (!m_hint.isEmpty()) {
        painter.setPen(theme.t1);
        painter.drawText(rect().adjusted(12, 0, -12, 0), Qt::AlignVCenter | Qt::AlignLeft, m_hint);
        return;
    }
    painter.setRenderHint(QPainter::Antialiasing);
    const EngineClient::State state = m_bench.engine().state();
    const bool busy = m_bench.jobs().busy();
    painter.setPen(Qt::NoPen);
    painter.setBrush(state == EngineClient::State::Lost ? theme.err : state != EngineClient::State::Ready ? theme.t3 : busy ? theme.accent : theme.ok);
    painter.drawEllipse(QRectF(12, height() / 2.0 - 3, 7, 7));
    const QFontMetrics metrics(font);
    int x = 25;
    for (qsizetype i = 0; i < m_parts.size(); ++i) {
        if (i > 0) {
            painter.fillRect(QRect(x + 10, 7, 1, 10), theme.border);
            x += 21;
        }
        painter.setPen(theme.t2);
        const int wide = metrics.horizontalAdvance(m_parts[i]);
        painter.drawText(QRect(x, 0, wide + 2, height()), Qt::AlignVCenter | Qt::AlignLeft, m_parts[i]);
        x += wide;
    }
}

} // namespace winnow
