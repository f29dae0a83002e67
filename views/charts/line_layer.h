#pragma once

#include "views/theme.h"

#include <QPointF>
#include <QRectF>
#include <QVector>

class QPainter;

namespace winnow::charts {

/// One line of a chart in plot coordinates (pixels from the plot's top left corner), with an optional band.
struct Line {
    RunStyle style;
    QVector<QPointF> points; // joined in order
    QVector<QPointF> low, high; // both empty = no band
    bool dotted = false; // forecast: thin dots instead of the run's dash
};

/// Draws lines and bands through Qt Charts, clipped to the plot.
///
/// The chart lives in a scene of its own that is rendered at once: nothing has to be shown first, nothing animates, and
/// axis ranges are set by hand (a chart takes them from its first series otherwise).
/// @cost  About a millisecond a line of some hundred points.
void paintLines(QPainter &painter, const QRectF &plot, const QVector<Line> &lines, const Theme &theme);

} // namespace winnow::charts
