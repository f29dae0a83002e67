#include "views/widgets/meter_bar.h"

#include "views/type.h"

#include <QPainter>

#include <algorithm>
#include <cmath>

namespace winnow {

MeterBar::MeterBar(QWidget *parent)
    : QWidget(parent)
    , m_theme(Theme::light())
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void MeterBar::setText(const QString &name, const QString &value)
{
    m_name = name;
    m_value = value;
    setAccessibleName(name);
    setAccessibleDescription(value);
    updateGeometry();
    update();
}

void MeterBar::setValue(double solid, double pale)
{
    m_solid = std::isfinite(solid) ? std::clamp(solid, 0.0, 1.0) : 0;
    m_pale = std::isfinite(pale) ? std::clamp(pale, 0.0, 1.0) : 0;
    update();
}

void MeterBar::setColor(const QColor &color)
{
    m_color = color;
    update();
}

void MeterBar::setBarHeight(double px)
{
    m_barHeight = px;
    updateGeometry();
    update();
}

void MeterBar::setTheme(const Theme &theme)
{
    m_theme = theme;
    update();
}

QSize MeterBar::sizeHint() const
{
    const bool labelled = !m_name.isEmpty() || !m_value.isEmpty();
    const double text = labelled ? QFontMetricsF(typeFont(TypeRole::Label)).height() + 3 : 0;
    return {160, static_cast<int>(std::ceil(text + m_barHeight))};
}

void MeterBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(typeFont(TypeRole::Label));
    const QRectF bar(0, height() - m_barHeight, width(), m_barHeight);
    const QRectF text(0, 0, width(), bar.top() - 2);
    painter.setPen(isEnabled() ? m_theme.t2 : m_theme.disabled);
    const QFontMetricsF metrics(painter.font());
    const double room = text.width() - metrics.horizontalAdvance(m_value) - 8;
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(m_name, Qt::ElideMiddle, room));
    painter.setPen(isEnabled() ? m_theme.t1 : m_theme.disabled);
    drawTabular(painter, text, Qt::AlignRight, m_value);
    QColor color = m_color.isValid() ? m_color : m_theme.accent;
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.hair);
    painter.drawRoundedRect(bar, 2, 2);
    const auto part = [&](double share) { return QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()); };
    if (m_pale > m_solid) {
        QColor pale = color;
        pale.setAlphaF(0.4f);
        painter.setBrush(pale);
        painter.drawRoundedRect(part(m_pale), 2, 2);
    }
    painter.setBrush(isEnabled() ? color : m_theme.disabled);
    if (m_solid > 0)
        painter.drawRoundedRect(part(m_solid), 2, 2);
}

} // namespace winnow
