#include "app/window/job_row.h"

#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/type.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/meter_bar.h"

#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace winnow {
namespace {

    constexpr int kWide = 700, kRowWide = 34, kRowNarrow = 37;

} // namespace

JobRow::JobRow(Workbench &bench, Look &look, int id, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
    , m_id(id)
{
    m_icon = new QLabel(this);
    m_words = new ElidedLabel(this);
    m_words->setFont(typeFont(TypeRole::Label));
    m_status = new ElidedLabel(this);
    m_status->setFont(typeFont(TypeRole::Label));
    m_status->setTextFormat(Qt::PlainText);
    m_bar = new MeterBar(this);
    m_bar->setBarHeight(4);
    m_fitting = new QPushButton(this);
    m_retry = new QPushButton(tr("Retry"), this);
    m_close = new QToolButton(this);
    m_close->setIconSize({14, 14});
    for (QPushButton *button : {m_fitting, m_retry}) {
        button->setFixedHeight(24);
        button->setStyleSheet(QStringLiteral("QPushButton { min-height: 22px; padding: 0 9px; }"));
    }
    connect(m_retry, &QPushButton::clicked, this, [this] { m_bench.jobs().retry(m_id); });
    connect(m_fitting, &QPushButton::clicked, this, [this] { m_bench.jobs().retryFitting(m_id); });
    connect(m_close, &QToolButton::clicked, this, [this] {
        const Job *job = m_bench.jobs().job(m_id);
        if (job && job->active())
            m_bench.jobs().cancel(m_id);
        else
            m_bench.jobs().dismiss(m_id);
    });
    connect(&look, &Look::changed, this, &JobRow::refresh);
    refresh();
}

QString JobRow::statusText(const Job &job) const
{
    switch (job.state) {
    case Job::State::Waiting: return tr("waiting");
    case Job::State::Done: return tr("done in %1").arg(durationText(job.seconds));
    case Job::State::Cancelled:
        return job.spec.resumable && job.progress.total > 0 ? tr("stopped, %1 of %2 kept").arg(job.progress.done).arg(job.progress.total) : tr("cancelled");
    case Job::State::Failed:
        if (job.error->code == ErrorCode::EngineLost && job.spec.resumable && job.progress.total > 0)
            return tr("%1 of %2 kept, waits for the engine").arg(job.progress.done).arg(job.progress.total);
        if (job.error->code == ErrorCode::EngineLost && job.progress.total > 0)
            return tr("engine lost at %1 %2 of %3").arg(QString::fromStdString(job.progress.unit)).arg(job.progress.done).arg(job.progress.total);
        return QString::fromStdString(job.error->message);
    case Job::State::Running: break;
    }
    QString text = job.progress.total > 0 ? progressText(job.progress) : QString::fromStdString(job.progress.stage);
    if (job.secondsLeft >= 0)
        text += QStringLiteral(", ") + timeLeftText(job.secondsLeft);
    return text;
}

void JobRow::refresh()
{
    const Job *job = m_bench.jobs().job(m_id);
    if (!job)
        return;
    const Theme &theme = m_look.theme();
    m_words->setText(QStringLiteral("%1  %2").arg(job->spec.title, job->spec.detail));
    const QString status = statusText(*job);
    m_status->setText(status);
    m_status->setToolTip(job->error ? QString::fromStdString(job->error->message + " " + job->error->hint).trimmed() : status);
    const bool paused = job->state == Job::State::Cancelled || (job->state == Job::State::Failed && job->spec.resumable && job->error->code == ErrorCode::EngineLost);
    const QColor tone = job->state == Job::State::Done ? theme.ok : paused ? theme.t3 : job->state == Job::State::Failed ? theme.err : theme.accent;
    const double share = job->progress.total > 0 ? static_cast<double>(job->progress.done) / static_cast<double>(job->progress.total) : job->state == Job::State::Done ? 1.0 : 0.0;
    m_bar->setTheme(theme);
    m_bar->setColor(tone);
    m_bar->setValue(share);
    const QString icon = job->state == Job::State::Done ? QStringLiteral("emblem-ok")
        : paused                                        ? QStringLiteral("media-playback-pause")
        : job->state == Job::State::Failed              ? QStringLiteral("dialog-error")
                                                        : QStringLiteral("media-playback-start");
    m_icon->setPixmap(m_look.pixmap(icon, 14, tone, devicePixelRatioF()));
    m_close->setIcon(m_look.icon(QStringLiteral("window-close")));
    m_close->setToolTip(job->active() ? tr("Cancel this job") : tr("Remove from the list"));
    m_close->setAccessibleName(m_close->toolTip());
    const bool again = job->state == Job::State::Failed || job->state == Job::State::Cancelled;
    const bool engine = m_bench.engine().state() == EngineClient::State::Ready;
    m_retry->setVisible(again);
    m_retry->setEnabled(engine);
    m_retry->setText(job->spec.resumable && job->progress.done > 0 ? tr("Resume") : tr("Retry"));
    m_fitting->setVisible(again && job->fitting.has_value());
    m_fitting->setEnabled(engine);
    if (job->fitting)
        m_fitting->setText(job->fitting->label);
    setAccessibleName(QStringLiteral("%1 %2: %3").arg(job->spec.title, job->spec.detail, status));
    place();
}

void JobRow::resizeEvent(QResizeEvent *) { place(); }

void JobRow::place()
{
    const bool wide = width() >= kWide;
    setFixedHeight(wide ? kRowWide : kRowNarrow);
    int right = width() - 12;
    auto putRight = [&](QWidget *widget, int w, int h) {
        if (widget->isHidden())
            return;
        widget->setGeometry(right - w, ((wide ? height() : 24) - h) / 2, w, h);
        right -= w + 8;
    };
    putRight(m_close, 22, 22);
    putRight(m_retry, m_retry->sizeHint().width(), 24);
    putRight(m_fitting, m_fitting->sizeHint().width(), 24);
    if (wide) {
        m_icon->setGeometry(12, 0, 16, height());
        m_words->setGeometry(40, 0, width() * 36 / 100 - 48, height());
        m_bar->setGeometry(width() * 40 / 100, height() / 2 - 2, width() * 15 / 100, 4);
        const int left = width() * 56 / 100;
        m_status->setGeometry(left, 0, std::max(20, right - left), height());
        m_status->setAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    } else {
        m_icon->setGeometry(12, 0, 0, 0);
        const int statusWidth = std::min(right - 12, m_status->fontMetrics().horizontalAdvance(m_status->text()) + 6);
        const int words = m_words->fontMetrics().horizontalAdvance(m_words->text()) + 6;
        const int status = std::max(40, std::min(statusWidth, right - 12 - std::min(words, 120)));
        m_status->setGeometry(right - status, 2, status, 22);
        m_status->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_words->setGeometry(12, 2, std::max(20, right - status - 20), 22);
        m_bar->setGeometry(12, 26, width() - 24, 4);
    }
}

void JobRow::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(QRect(0, height() - 1, width(), 1), m_look.theme().grid);
}

} // namespace winnow
