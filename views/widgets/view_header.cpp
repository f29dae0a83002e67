#include "views/widgets/view_header.h"

#include "views/icons.h"
#include "views/type.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/legend_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QTimer>
#include <QToolButton>

#include <cmath>

namespace winnow {

namespace {

constexpr double kWide = 640;

} // namespace

ViewHeader::ViewHeader(QWidget *parent)
    : QWidget(parent)
    , m_title(new QLabel(this))
    , m_controls(new QHBoxLayout)
    , m_note(new ElidedLabel(this))
    , m_legend(new LegendRow(this))
    , m_table(makeButton(QStringLiteral("table"), tr("Show as table")))
    , m_export(makeButton(QStringLiteral("document-export"), tr("Export figure")))
    , m_more(makeButton(QStringLiteral("view-more"), tr("More")))
    , m_busyDelay(new QTimer(this))
    , m_busyTick(new QTimer(this))
    , m_theme(Theme::light())
{
    setFixedHeight(qRound(scaled(32)));
    m_title->setFont(typeFont(TypeRole::ViewTitle));
    m_note->setFont(typeFont(TypeRole::Hint));
    m_note->setProperty("tone", QStringLiteral("t3"));
    m_more->setPopupMode(QToolButton::InstantPopup);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(14, 0, 8, 0);
    row->setSpacing(2);
    m_controls->setContentsMargins(8, 0, 0, 0);
    m_controls->setSpacing(8);
    row->addWidget(m_title);
    row->addLayout(m_controls);
    row->addSpacing(8);
    row->addWidget(m_note);
    row->addSpacing(10);
    row->addWidget(m_legend, 1);
    row->addWidget(m_table);
    row->addWidget(m_export);
    row->addWidget(m_more);
    m_note->hide();
    // Short work never flashes a bar: it appears after 150 ms.
    m_busyDelay->setSingleShot(true);
    m_busyDelay->setInterval(150);
    connect(m_busyDelay, &QTimer::timeout, this, [this] {
        m_busyShown = true;
        m_busyTick->start(40);
        update();
    });
    connect(m_busyTick, &QTimer::timeout, this, [this] {
        m_busyPhase = std::fmod(m_busyPhase + 0.02, 1.0);
        update(0, height() - 2, width(), 2);
    });
    setTheme(m_theme);
}

QToolButton *ViewHeader::makeButton(const QString &name, const QString &help)
{
    auto *button = new QToolButton(this);
    button->setObjectName(name);
    button->setToolTip(help);
    button->setAccessibleName(help);
    button->setIconSize({14, 14});
    button->setFixedSize(22, 22);
    return button;
}

void ViewHeader::setTitle(const QString &title) { m_title->setText(title); }

void ViewHeader::setTitleShown(bool shown) { m_title->setVisible(shown); }

void ViewHeader::setNote(const QString &note)
{
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

void ViewHeader::setLegend(const QVector<LegendEntry> &entries, const Theme &theme) { m_legend->setEntries(entries, theme); }

void ViewHeader::addControl(QWidget *control)
{
    control->setParent(this);
    m_controls->addWidget(control);
    showControls();
}

void ViewHeader::showControls()
{
    const bool wide = width() >= scaled(kWide);
    for (int i = 0; i < m_controls->count(); ++i)
        if (QWidget *control = m_controls->itemAt(i)->widget())
            control->setVisible(wide || !control->property("optional").toBool());
}

void ViewHeader::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    showControls();
}

QSize ViewHeader::minimumSizeHint() const
{
    int needed = 14 + m_title->sizeHint().width() + 3 * 24 + 8;
    for (int i = 0; i < m_controls->count(); ++i)
        if (const QWidget *control = m_controls->itemAt(i)->widget(); control && !control->property("optional").toBool())
            needed += control->minimumSizeHint().width() + m_controls->spacing();
    return {needed, height()};
}

void ViewHeader::clearControls()
{
    while (QLayoutItem *item = m_controls->takeAt(0)) {
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->setParent(nullptr);
        }
        delete item;
    }
}

void ViewHeader::setTheme(const Theme &theme)
{
    m_theme = theme;
    for (QToolButton *button : {m_table, m_export, m_more})
        button->setIcon(themedIcon(button->objectName(), theme));
    update();
}

void ViewHeader::setBusy(bool busy)
{
    if (busy) {
        if (!m_busyShown && !m_busyDelay->isActive())
            m_busyDelay->start();
        return;
    }
    m_busyDelay->stop();
    m_busyTick->stop();
    m_busyShown = false;
    update();
}

void ViewHeader::setHasContent(bool hasContent)
{
    m_table->setVisible(hasContent);
    m_export->setVisible(hasContent);
}

void ViewHeader::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_theme.surface);
    if (!m_busyShown)
        return;
    const QRect bar(0, height() - 2, width(), 2);
    painter.fillRect(bar, m_theme.hair);
    const double part = 0.28;
    const double left = (m_busyPhase * (1 + part) - part) * width();
    painter.fillRect(QRectF(left, height() - 2, part * width(), 2), m_theme.accent);
}

} // namespace winnow
