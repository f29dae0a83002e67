#include "app/window/panel_widgets.h"

#include "app/window/look.h"
#include "views/type.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

namespace winnow {

PanelHeader::PanelHeader(const QString &title, QWidget *parent)
    : QWidget(parent)
{
    setFixedHeight(30);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 0, 6, 0);
    layout->setSpacing(2);
    m_title = new QLabel(title.toUpper(), this);
    m_title->setFont(typeFont(TypeRole::DockHead));
    m_title->setProperty("tone", "t2");
    m_note = new QLabel(this);
    m_note->setFont(typeFont(TypeRole::Hint));
    m_note->setProperty("tone", "t3");
    m_note->setContentsMargins(0, 0, 6, 0);
    layout->addWidget(m_title);
    layout->addStretch(1);
    layout->addWidget(m_note);
}

void PanelHeader::setNote(const QString &note) { m_note->setText(note); }

QToolButton *PanelHeader::addButton(const QString &name, const QString &tip, Look &look)
{
    auto *button = new QToolButton(this);
    button->setFixedSize(22, 22);
    button->setIconSize({14, 14});
    button->setToolTip(tip);
    button->setAccessibleName(tip);
    auto tint = [button, name, &look] { button->setIcon(look.icon(name)); };
    connect(&look, &Look::changed, button, tint);
    tint();
    layout()->addWidget(button);
    return button;
}

HairLine::HairLine(Look &look, QWidget *parent)
    : QWidget(parent)
    , m_look(look)
{
    setFixedHeight(1);
}

void HairLine::paintEvent(QPaintEvent *) { QPainter(this).fillRect(rect(), m_look.theme().hair); }

FactRow::FactRow(Look &look, QWidget *parent)
    : QWidget(parent)
    , m_look(look)
{
    setFixedHeight(20);
}

void FactRow::set(const QString &label, const QString &value, const QString &tip)
{
    m_label = label;
    m_value = value;
    setToolTip(tip.isEmpty() ? QStringLiteral("%1: %2").arg(label, value) : tip);
    setAccessibleName(QStringLiteral("%1: %2").arg(label, value));
    update();
}

void FactRow::setTone(Tone tone)
{
    m_tone = tone;
    update();
}

void FactRow::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const QFont font = typeFont(TypeRole::Label);
    painter.setFont(font);
    const QFontMetrics metrics(font);
    painter.setPen(m_look.theme().t2);
    // The value is what is read: it keeps its place up to two thirds, the label gives way.
    const QString value = metrics.elidedText(m_value, Qt::ElideMiddle, width() * 2 / 3);
    const int room = width() - static_cast<int>(tabularWidth(font, value)) - 8;
    painter.drawText(rect(), Qt::AlignVCenter | Qt::AlignLeft, metrics.elidedText(m_label, Qt::ElideRight, room));
    const Theme &theme = m_look.theme();
    painter.setPen(m_tone == Tone::Better ? theme.better : m_tone == Tone::Worse ? theme.worse : theme.t1);
    drawTabular(painter, QRectF(rect()), Qt::AlignRight, value);
}

} // namespace winnow
