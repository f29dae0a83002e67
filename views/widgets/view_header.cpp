#include "views/widgets/view_header.h"

#include "views/icons.h"
#include "views/type.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/legend_row.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kWide = 640, kRow = 32, kSecondRow = 28, kLeastNote = 96, kSpacings = 10;
constexpr double kTallForTwo = 150; // a view below this keeps its height, and its legend is elided

} // namespace

ViewHeader::ViewHeader(QWidget *parent)
    : QWidget(parent)
    , m_title(new ElidedLabel(this, Qt::ElideRight))
    , m_chooserPlace(new QHBoxLayout)
    , m_controls(new QHBoxLayout)
    , m_firstRow(new QHBoxLayout)
    , m_secondRow(new QHBoxLayout)
    , m_second(new QWidget(this))
    , m_note(new ElidedLabel(this))
    , m_legend(new LegendRow(this))
    , m_table(makeButton(QStringLiteral("table"), tr("Show as table")))
    , m_export(makeButton(QStringLiteral("document-export"), tr("Export figure")))
    , m_more(makeButton(QStringLiteral("view-more"), tr("More")))
    , m_busyDelay(new QTimer(this))
    , m_busyTick(new QTimer(this))
    , m_theme(Theme::light())
{
    setFixedHeight(qRound(scaled(kRow)));
    m_title->setFont(typeFont(TypeRole::ViewTitle));
    m_note->setFont(typeFont(TypeRole::Hint));
    m_note->setProperty("tone", QStringLiteral("t3"));
    m_more->setPopupMode(QToolButton::InstantPopup);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(m_firstRow, 1);
    column->addWidget(m_second);
    m_second->setLayout(m_secondRow);
    m_second->setFixedHeight(qRound(scaled(kSecondRow)));
    m_second->hide();
    m_secondRow->setContentsMargins(6, 0, 8, 4);
    m_firstRow->setContentsMargins(14, 0, 8, 0);
    m_firstRow->setSpacing(2);
    m_chooserPlace->setContentsMargins(4, 0, 0, 0);
    m_controls->setContentsMargins(8, 0, 0, 0);
    m_controls->setSpacing(8);
    m_firstRow->addWidget(m_title);
    m_firstRow->addLayout(m_chooserPlace);
    m_firstRow->addLayout(m_controls);
    m_firstRow->addItem(m_beforeNote = new QSpacerItem(8, 0, QSizePolicy::Fixed));
    m_firstRow->addWidget(m_note);
    m_firstRow->addItem(m_beforeLegend = new QSpacerItem(10, 0, QSizePolicy::Fixed));
    m_firstRow->addWidget(m_legend, 1);
    m_firstRow->addWidget(m_table);
    m_firstRow->addWidget(m_export);
    m_firstRow->addWidget(m_more);
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

void ViewHeader::setTitle(const QString &title)
{
    m_title->setText(title);
    arrange();
}

void ViewHeader::setTitleShown(bool shown)
{
    m_title->setVisible(shown);
    arrange();
}

void ViewHeader::setNote(const QString &note)
{
    m_note->setText(note);
    arrange();
}

void ViewHeader::setLegend(const QVector<LegendEntry> &entries, const Theme &theme)
{
    m_entries = entries;
    m_theme = theme;
    placeLegend();
}

void ViewHeader::setLegendRow(LegendRow *row)
{
    m_below = row;
    placeLegend();
}

/// In the row where all names fit beside title, controls, note and buttons; else below it, so that nothing is named by half.
void ViewHeader::placeLegend()
{
    int taken = firstRowWidth() + 2 * m_firstRow->spacing() + (m_note->isHidden() ? 0 : m_note->sizeHint().width());
    for (int i = 0; m_second->isHidden() && i < m_controls->count(); ++i)
        if (const QWidget *control = m_controls->itemAt(i)->widget(); control && !control->isHidden())
            taken += control->sizeHint().width() + m_controls->spacing();
    const bool tall = m_below && m_below->parentWidget()->height() - height() >= scaled(kTallForTwo);
    const bool below = tall && !m_entries.isEmpty() && taken + legendWidth(m_entries) > width();
    m_legend->setEntries(below ? QVector<LegendEntry>() : m_entries, m_theme);
    if (!m_below)
        return;
    m_below->setEntries(below ? m_entries : QVector<LegendEntry>(), m_theme);
    m_below->setVisible(below);
}

void ViewHeader::addControl(QWidget *control)
{
    control->setParent(m_second->isHidden() ? this : m_second);
    m_controls->addWidget(control);
    arrange();
}

void ViewHeader::addChooser(QWidget *chooser)
{
    chooser->setParent(this);
    m_chooserPlace->addWidget(chooser);
    chooser->show();
    arrange();
}

bool ViewHeader::hasControls() const { return m_controls->count() > 0; }

int ViewHeader::firstRowWidth() const
{
    int needed = 14 + 8 + 18 + kSpacings;
    if (!m_title->isHidden())
        needed += m_title->sizeHint().width();
    for (int i = 0; i < m_chooserPlace->count(); ++i)
        if (const QWidget *widget = m_chooserPlace->itemAt(i)->widget())
            needed += widget->sizeHint().width() + 4;
    for (const QToolButton *button : {m_table, m_export, m_more})
        needed += button->isHidden() ? 0 : button->width() + m_firstRow->spacing();
    return needed;
}

int ViewHeader::controlsWidth() const
{
    int needed = 0;
    for (int i = 0; i < m_controls->count(); ++i)
        if (const QWidget *control = m_controls->itemAt(i)->widget(); control && !control->property("optional").toBool())
            needed += std::max(control->minimumWidth(), control->sizeHint().width()) + m_controls->spacing();
    return needed;
}

void ViewHeader::arrange()
{
    const bool wide = width() >= scaled(kWide), laidOut = testAttribute(Qt::WA_Resized) || isVisible();
    const bool bare = m_title->isHidden() && m_chooserPlace->count() == 0 && m_controls->count() == 0; // beside tabs: buttons only
    m_firstRow->setContentsMargins(bare ? 4 : 14, 0, 8, 0);
    m_beforeNote->changeSize(bare ? 0 : 8, 0, QSizePolicy::Fixed);
    m_beforeLegend->changeSize(bare ? 0 : 10, 0, QSizePolicy::Fixed);
    m_firstRow->invalidate();
    const int first = firstRowWidth(), controls = controlsWidth();
    const bool second = laidOut && controls > 0 && first + controls > width();
    if (second == m_second->isHidden()) {
        QHBoxLayout *const from = second ? m_firstRow : m_secondRow, *const to = second ? m_secondRow : m_firstRow;
        from->removeItem(m_controls);
        m_controls->setParent(nullptr);
        for (int i = 0; i < m_controls->count(); ++i)
            if (QWidget *control = m_controls->itemAt(i)->widget())
                control->setParent(second ? m_second : static_cast<QWidget *>(this));
        if (second) {
            to->insertLayout(0, m_controls);
            to->addStretch(1);
        } else {
            delete from->takeAt(0); // the stretch
            to->insertLayout(2, m_controls);
        }
        m_second->setVisible(second);
        setFixedHeight(qRound(scaled(second ? kRow + kSecondRow : kRow)));
    }
    for (int i = 0; i < m_controls->count(); ++i)
        if (QWidget *control = m_controls->itemAt(i)->widget())
            control->setVisible(wide || !control->property("optional").toBool());
    const int left = width() - first - (second ? 0 : controls);
    const int least = std::min(m_note->sizeHint().width(), qRound(scaled(kLeastNote))); // less than that names nothing
    m_note->setVisible(!m_note->text().isEmpty() && (!laidOut || left >= least));
    m_note->setMaximumWidth(laidOut ? std::max(least, left) : QWIDGETSIZE_MAX); // so that the title keeps its own
    placeLegend();
}

void ViewHeader::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    arrange();
}

QSize ViewHeader::minimumSizeHint() const
{
    int needed = 14 + 3 * 24 + 8;
    for (int i = 0; i < m_chooserPlace->count(); ++i)
        if (const QWidget *widget = m_chooserPlace->itemAt(i)->widget())
            needed += widget->minimumSizeHint().width() + 4;
    return {std::max(needed, m_title->isHidden() ? 0 : needed + m_title->minimumSizeHint().width()), height()};
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
    arrange();
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
    arrange();
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
