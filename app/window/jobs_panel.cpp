#include "app/window/jobs_panel.h"

#include "app/window/job_row.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/type.h"

#include <QLabel>
#include <QTime>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {

JobsPanel::JobsPanel(Workbench &bench, Look &look, QWidget *parent)
    : QScrollArea(parent)
    , m_bench(bench)
    , m_look(look)
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Jobs"));
    auto *body = new QWidget(this);
    setStyleProperty(body, "ground", "surface");
    body->setAttribute(Qt::WA_StyledBackground);
    m_rows = new QVBoxLayout(body);
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(0);
    m_empty = new QLabel(tr("No jobs yet. Loading a model, measuring a run and sweeps show here."), body);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setProperty("tone", "t3");
    m_empty->setMinimumHeight(60);
    m_rows->addWidget(m_empty);
    m_rows->addStretch(1);
    setWidget(body);
    connect(&bench.jobs(), &JobRunner::jobAdded, this, &JobsPanel::add);
    connect(&bench.jobs(), &JobRunner::jobChanged, this, &JobsPanel::refresh);
    connect(&bench.jobs(), &JobRunner::jobRemoved, this, [this](int id) {
        auto it = m_widgets.find(id);
        if (it == m_widgets.end())
            return;
        it->second->deleteLater();
        m_widgets.erase(it);
        m_empty->setVisible(m_widgets.empty());
        Q_EMIT countChanged();
    });
}

void JobsPanel::add(int id)
{
    auto *row = new JobRow(m_bench, m_look, id, widget());
    m_widgets[id] = row;
    m_rows->insertWidget(0, row); // newest first
    m_empty->setVisible(false);
    Q_EMIT countChanged();
}

void JobsPanel::refresh(int id)
{
    auto it = m_widgets.find(id);
    if (it != m_widgets.end())
        it->second->refresh();
    Q_EMIT countChanged();
}

int JobsPanel::activeCount() const
{
    const auto &jobs = m_bench.jobs().jobs();
    return static_cast<int>(std::count_if(jobs.begin(), jobs.end(), [](const auto &job) { return job->active(); }));
}

int JobsPanel::failedCount() const
{
    const auto &jobs = m_bench.jobs().jobs();
    return static_cast<int>(std::count_if(jobs.begin(), jobs.end(), [](const auto &job) { return job->state == Job::State::Failed; }));
}

LogPanel::LogPanel(Workbench &bench, QWidget *parent)
    : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setMaximumBlockCount(5000);
    setFrameShape(QFrame::NoFrame);
    setFont(typeFont(TypeRole::Fixed));
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setAccessibleName(tr("Log"));
    setStyleSheet(QStringLiteral("QPlainTextEdit { border: none; border-radius: 0; padding: 4px 10px; }"));
    connect(&bench.engine(), &EngineClient::logLine, this, &LogPanel::addLine);
    connect(&bench, &Workbench::failed, this, &LogPanel::addLine);
    connect(&bench.engine(), &EngineClient::stateChanged, this, [this, &bench](EngineClient::State state) {
        switch (state) {
        case EngineClient::State::Starting: addLine(tr("engine: starting %1").arg(bench.engine().command())); break;
        case EngineClient::State::Ready: addLine(tr("engine: ready (process %1)").arg(bench.engine().processId())); break;
        case EngineClient::State::Lost: addLine(tr("engine: stopped, %1").arg(bench.engine().lostReason())); break;
        case EngineClient::State::Stopped: addLine(tr("engine: off")); break;
        }
    });
    connect(&bench.jobs(), &JobRunner::jobFinished, this, [this, &bench](int id) {
        const Job *job = bench.jobs().job(id);
        if (!job)
            return;
        const QString name = QStringLiteral("%1 %2").arg(job->spec.title.toLower(), job->spec.detail);
        addLine(job->error ? QStringLiteral("%1: %2").arg(name, QString::fromStdString(job->error->message)) : tr("%1: done in %2").arg(name, durationText(job->seconds)));
    });
}

void LogPanel::addLine(const QString &line) { appendPlainText(QTime::currentTime().toString(QStringLiteral("HH:mm:ss  ")) + line); }

} // namespace winnow
