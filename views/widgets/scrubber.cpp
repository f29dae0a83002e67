#include "views/widgets/scrubber.h"

#include "views/icons.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QTimer>
#include <QToolButton>

namespace winnow {

namespace {

constexpr int kPlayIntervalMs = 120, kStageIntervalMs = 700; // a stage changes many tokens at once

} // namespace

Scrubber::Scrubber(QWidget *parent)
    : QWidget(parent)
    , m_name(new QLabel(tr("Decode step"), this))
    , m_count(new QLabel(this))
    , m_cache(new QLabel(this))
    , m_back(new QToolButton(this))
    , m_play(new QToolButton(this))
    , m_forward(new QToolButton(this))
    , m_slider(new BudgetSlider(this))
    , m_timer(new QTimer(this))
    , m_theme(Theme::light())
{
    setFixedHeight(qRound(scaled(35)));
    for (QLabel *label : {m_name, m_count, m_cache})
        label->setFont(typeFont(TypeRole::Label));
    m_name->setProperty("tone", QStringLiteral("t2"));
    m_cache->setProperty("tone", QStringLiteral("t2"));
    const auto prepare = [](QToolButton *button, const char *icon, const QString &name) {
        button->setObjectName(QLatin1String(icon));
        button->setToolTip(name);
        button->setAccessibleName(name);
        button->setFixedSize(24, 24);
        button->setIconSize({16, 16});
    };
    prepare(m_back, "media-skip-backward", tr("To the prompt"));
    prepare(m_play, "media-playback-start", tr("Play the decode steps"));
    prepare(m_forward, "media-skip-forward", tr("To the last step"));
    m_slider->setAccessibleName(tr("Decode step"));
    m_slider->setPageStep(8);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(3);
    row->addWidget(m_name);
    row->addSpacing(8);
    for (QToolButton *button : {m_back, m_play, m_forward})
        row->addWidget(button);
    row->addSpacing(8);
    row->addWidget(m_slider, 1);
    row->addSpacing(10);
    row->addWidget(m_count);
    row->addSpacing(20);
    row->addWidget(m_cache);
    m_timer->setInterval(kPlayIntervalMs);
    connect(m_back, &QToolButton::clicked, this, [this] { go(-1); });
    connect(m_forward, &QToolButton::clicked, this, [this] { go(m_steps - 1); });
    connect(m_play, &QToolButton::clicked, this, [this] { setPlaying(!isPlaying()); });
    connect(m_slider, &QSlider::valueChanged, this, [this](int value) {
        refresh();
        Q_EMIT stepChanged(value - 1);
    });
    connect(m_timer, &QTimer::timeout, this, [this] {
        if (step() + 1 >= m_steps)
            setPlaying(false);
        else
            go(step() + 1);
    });
    setSteps(0);
}

void Scrubber::setKind(Kind kind)
{
    m_kind = kind;
    const bool stage = kind == Kind::Stage;
    m_timer->setInterval(stage ? kStageIntervalMs : kPlayIntervalMs);
    m_slider->setPageStep(stage ? 1 : 8);
    m_slider->setStopsShown(stage);
    const auto name = [](QWidget *widget, const QString &text) {
        widget->setToolTip(text);
        widget->setAccessibleName(text);
    };
    name(m_back, stage ? tr("To the whole prompt") : tr("To the prompt"));
    name(m_play, stage ? tr("Play the stages") : tr("Play the decode steps"));
    name(m_forward, stage ? tr("To the last stage") : tr("To the last step"));
    m_slider->setAccessibleName(stage ? tr("Stage") : tr("Decode step"));
    refreshName();
    refresh();
}

void Scrubber::refreshName() { m_name->setText(m_kind == Kind::Stage ? tr("Stage") : m_compact ? tr("Step") : tr("Decode step")); }

void Scrubber::setSteps(int steps)
{
    m_steps = std::max(0, steps);
    const QSignalBlocker block(m_slider);
    m_slider->setRange(0, m_steps);
    setEnabled(m_steps > 0);
    if (m_steps == 0)
        setPlaying(false);
    refresh();
}

void Scrubber::setStep(int step)
{
    const QSignalBlocker block(m_slider);
    m_slider->setValue(step + 1);
    refresh();
}

int Scrubber::step() const { return m_slider->value() - 1; }

void Scrubber::go(int step) { m_slider->setValue(step + 1); }

void Scrubber::setCacheText(const QString &text)
{
    m_cache->setText(text);
    m_cache->setVisible((!m_compact || m_kind == Kind::Stage) && !text.isEmpty());
}

void Scrubber::setCompact(bool compact)
{
    m_compact = compact;
    refreshName();
    m_cache->setVisible((!compact || m_kind == Kind::Stage) && !m_cache->text().isEmpty());
}

bool Scrubber::isPlaying() const { return m_timer->isActive(); }

void Scrubber::setPlaying(bool playing)
{
    if (playing && step() + 1 >= m_steps)
        go(-1);
    if (playing && m_steps > 0)
        m_timer->start();
    else
        m_timer->stop();
    setTheme(m_theme);
}

void Scrubber::refresh()
{
    m_count->setText(m_steps == 0 ? (m_kind == Kind::Stage ? tr("no stages") : tr("prompt only")) : tr("%1 of %2").arg(m_slider->value()).arg(m_steps));
    // The widest text decides, so the slider does not move while it plays.
    m_count->setMinimumWidth(fontMetrics().horizontalAdvance(tr("%1 of %2").arg(m_steps).arg(m_steps)));
    m_count->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

void Scrubber::setTheme(const Theme &theme)
{
    m_theme = theme;
    m_back->setIcon(themedIcon(m_back->objectName(), theme));
    m_forward->setIcon(themedIcon(m_forward->objectName(), theme));
    m_play->setIcon(themedIcon(isPlaying() ? QStringLiteral("media-playback-pause") : m_play->objectName(), theme));
    m_slider->setTheme(theme);
    update();
}

void Scrubber::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.sunken);
    painter.setPen(QPen(m_theme.hair, 0));
    painter.drawLine(rect().topLeft(), rect().topRight());
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace winnow
