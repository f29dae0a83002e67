#include "views/plot_frame.h"

#include "views/format.h"
#include "views/type.h"

#include <QPainter>
#include <QPolygonF>

#include <algorithm>
#include <cmath>

namespace winnow {

QRectF PlotFrame::plotIn(const QRectF &body, double right, double top)
{
    const double left = body.left() + scaled(36), upper = body.top() + scaled(26) + top;
    return {left, upper, std::max(10.0, body.right() - right - left), std::max(10.0, body.bottom() - scaled(38) - upper)};
}

QPointF PlotFrame::at(double xValue, double yValue) const { return {xAt(xValue), yAt(yValue)}; }

double PlotFrame::xValueAt(double position) const
{
    const double share = std::clamp((position - plot.left()) / plot.width(), 0.0, 1.0);
    return x.log ? x.lo * std::pow(x.hi / x.lo, share) : x.lo + share * (x.hi - x.lo);
}

void PlotFrame::paintAxes(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Axis));
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme.t2);
    painter.drawText(QRectF(body.left() + 14, body.top() + 2, body.width() - 28, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter, yTitle);
    const int rows = std::clamp(static_cast<int>(plot.height() / scaled(34)), 1, 4);
    for (const double tick : yTicks.empty() ? y.ticks(rows) : yTicks) {
        if (!y.contains(tick))
            continue;
        const double level = std::round(yAt(tick)) + 0.5;
        painter.setPen(QPen(theme.grid, 1));
        painter.drawLine(QPointF(plot.left(), level), QPointF(plot.right(), level));
        painter.setPen(theme.t3);
        painter.drawText(QRectF(body.left(), level - 8, plot.left() - 8 - body.left(), 16), Qt::AlignRight | Qt::AlignVCenter, y.log ? format::logTick(tick, y.lo) : format::tick(tick));
    }
    painter.setPen(QPen(theme.axis, 1));
    painter.drawLine(QPointF(plot.left(), std::round(plot.bottom()) + 0.5), QPointF(plot.right(), std::round(plot.bottom()) + 0.5));
    const int columns = std::clamp(static_cast<int>(plot.width() / scaled(64)), 1, 5);
    for (const double tick : xTicks.empty() ? x.ticks(columns) : xTicks) {
        if (!x.contains(tick))
            continue;
        const double place = xAt(tick);
        painter.setPen(QPen(theme.axis, 1));
        painter.drawLine(QPointF(place, plot.bottom()), QPointF(place, plot.bottom() + 4));
        painter.setPen(theme.t3);
        const double left = std::clamp(place - 30, body.left(), body.right() - 60 + 26);
        painter.drawText(QRectF(left, plot.bottom() + 5, 60, metrics.height()), Qt::AlignHCenter | Qt::AlignTop, (x.log ? format::logTick(tick, x.lo) : format::tick(tick)) + xUnit);
    }
    painter.setPen(theme.t2);
    painter.drawText(QRectF(body.left() + 14, plot.bottom() + 6 + metrics.height(), plot.right() - body.left() - 14, metrics.height()), Qt::AlignRight | Qt::AlignVCenter, xTitle);
}

void paintEdgeTriangle(QPainter &painter, const QPointF &tip, const QColor &color)
{
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawPolygon(QPolygonF({tip, tip + QPointF(-4, 6), tip + QPointF(4, 6)}));
}

} // namespace winnow
