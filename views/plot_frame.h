#pragma once

#include "views/chart_axis.h"
#include "views/theme.h"

#include <QPointF>
#include <QRectF>

class QPainter;

namespace winnow {

/// A plot with its axes as the look has them: horizontal grid, axis line below, the y title flat above the left edge, the x title
/// right below.
struct PlotFrame {
    QRectF plot;
    ChartAxis x, y;
    QString xTitle, yTitle;
    QString xUnit; // behind every tick: " %"
    std::vector<double> xTicks, yTicks; // empty = round numbers

    /// @param top  room above the plot beside the y title's row.
    static QRectF plotIn(const QRectF &body, double right = 16, double top = 0);
    QPointF at(double xValue, double yValue) const;
    double xAt(double value) const { return plot.left() + plot.width() * x.share(value); }
    double yAt(double value) const { return plot.bottom() - plot.height() * y.share(value); }
    /// Value under a horizontal position, clamped to the axis.
    double xValueAt(double position) const;
    void paintAxes(QPainter &painter, const QRectF &body, const Theme &theme) const;
};

/// A value that leaves the axis: a small triangle at the upper edge.
void paintEdgeTriangle(QPainter &painter, const QPointF &tip, const QColor &color);

} // namespace winnow
