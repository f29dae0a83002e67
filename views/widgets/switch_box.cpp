#include "views/widgets/switch_box.h"

#include "views/type.h"

#include <QPainter>

namespace winnow {

namespace {

constexpr int kTrackWidth = 28, kTrackHeight = 16, kGap = 10;

} // namespace

SwitchBox::SwitchBox(const QString &text, QWidget *parent)
    : QCheckBox(text, parent)
    , m_theme(Theme::light())
{
    setFont(typeFont(TypeRole::Label));
    setAccessibleName(text);
}

void SwitchBox::setTheme(const Theme &theme)
{
    m_theme = theme;
    update();
}

QSize SwitchBox::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(text()) + kGap + kTrackWidth + 2, std::max(fontMetrics().height(), kTrackHeight + 4)};
}

void SwitchBox::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF track(width() - kTrackWidth - 1, (height() - kTrackHeight) / 2.0, kTrackWidth, kTrackHeight);
    painter.setFont(font());
    painter.setPen(isEnabled() ? m_theme.t2 : m_theme.disabled);
    painter.drawText(rect().adjusted(0, 0, -kTrackWidth - kGap, 0), Qt::AlignLeft | Qt::AlignVCenter, text());
    painter.setPen(Qt::NoPen);
    painter.setBrush(!isEnabled() ? m_theme.hair : isChecked() ? m_theme.accent : m_theme.border);
    painter.drawRoundedRect(track, kTrackHeight / 2.0, kTrackHeight / 2.0);
    painter.setBrush(isChecked() ? m_theme.onAccent : QColor(Qt::white));
    const double x = isChecked() ? track.right() - kTrackHeight / 2.0 : track.left() + kTrackHeight / 2.0;
    painter.drawEllipse(QPointF(x, track.center().y()), 6, 6);
}

} // namespace winnow
