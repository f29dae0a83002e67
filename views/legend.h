#pragma once

#include "views/theme.h"

#include <QString>
#include <QStringList>
#include <QVector>

class QPainter;
class QPointF;
class QRectF;

namespace winnow {

/// One entry of a legend row: a sample and its name. The sample is drawn from a class, a run or plain fills.
struct LegendEntry {
    enum class Sample { Fills, Class, Run, Hollow, Bar, DashedBar, Box, Text, Struck, Dotted } sample = Sample::Text;
    // Struck, Dotted: the name itself is drawn as such a token is, struck through on its fill or underlined by dots.
    QVector<QColor> fills; // Fills: swatches side by side; Bar: its colour; Box: ground and outline
    ClassStyle classStyle; // Class
    RunStyle run; // Run, Hollow
    QString text;
    QColor textColor; // invalid = t2
};

/// Width of a legend row in pixels, entries 16 px apart.
double legendWidth(const QVector<LegendEntry> &entries);

/// The names as they are drawn in a row of this width: whole where there is room, else elided evenly.
QStringList legendNames(const QVector<LegendEntry> &entries, double width);

/// Draws entries from the left edge, vertically centred. Where they do not fit, their names are elided evenly.
void paintLegend(QPainter &painter, const QRectF &rect, const QVector<LegendEntry> &entries, const Theme &theme);

/// A run marker of 7 px (or `size`) around `center`; hollow markers are filled with `ground`.
void paintMarker(QPainter &painter, const QPointF &center, const RunStyle &style, bool hollow, const QColor &ground,
    double size = 7);
/// Fills an area with strokes from lower left to upper right: what stands there is not what was asked for.
void paintHatching(QPainter &painter, const QRectF &area, const QColor &color);

/// A run's letter on its colour: the 16 px chip that stands beside its name everywhere.
void paintLetterChip(QPainter &painter, const QRectF &rect, int run, const Theme &theme);

/// Fill and second cue of a token class in a box (token strip and legend draw them alike).
void paintClassBox(QPainter &painter, const QRectF &box, const ClassStyle &style, const QColor &fill);

} // namespace winnow
