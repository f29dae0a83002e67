#include "views/widgets/legend_row.h"

#include <QPainter>

#include <cmath>

namespace winnow {

LegendRow::LegendRow(QWidget *parent)
    : QWidget(parent)
    , m_theme(Theme::light())
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
}

void LegendRow::setEntries(const QVector<LegendEntry> &entries, const Theme &theme)
{
    m_entries = entries;
    m_theme = theme;
    QStringList names;
    for (const LegendEntry &entry : entries)
        names << entry.text;
    setToolTip(legendWidth(entries) > width() ? names.join(QStringLiteral("\n")) : QString());
    setAccessibleName(tr("Legend: %1").arg(names.join(QStringLiteral(", "))));
    updateGeometry();
    update();
}

QSize LegendRow::sizeHint() const
{
    const QMargins margins = contentsMargins();
    return {static_cast<int>(std::ceil(legendWidth(m_entries))) + 2 + margins.left() + margins.right(), 20};
}

void LegendRow::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintLegend(painter, QRectF(contentsRect()), m_entries, m_theme);
}

} // namespace winnow
