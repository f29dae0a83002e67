#include "views/widgets/elided_label.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOption>

namespace winnow {

ElidedLabel::ElidedLabel(QWidget *parent, Qt::TextElideMode mode)
    : QLabel(parent)
    , m_mode(mode)
{
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
}

ElidedLabel::ElidedLabel(const QString &text, QWidget *parent, Qt::TextElideMode mode)
    : ElidedLabel(parent, mode)
{
    setText(text);
}

QSize ElidedLabel::minimumSizeHint() const
{
    return {std::min(QLabel::minimumSizeHint().width(), fontMetrics().horizontalAdvance(QStringLiteral("Abc…xyz"))), QLabel::minimumSizeHint().height()};
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const QRect area = contentsRect();
    const QString shown = fontMetrics().elidedText(text(), m_mode, area.width());
    QStyleOption option;
    option.initFrom(this);
    style()->drawItemText(&painter, area, static_cast<int>(alignment()), option.palette, isEnabled(), shown, foregroundRole());
    const QString help = shown == text() ? QString() : text();
    if (toolTip() != help)
        setToolTip(help);
}

} // namespace winnow
