#pragma once

#include "views/run_view.h"

#include <QByteArray>
#include <QSizeF>

namespace winnow {

enum class FigureFileKind { Png, Svg, Pdf };

struct FigureOptions {
    FigureFileKind format = FigureFileKind::Png;
    QSizeF size{900, 560}; // of the picture, in pixels at 100 %; title and caption come on top
    Theme theme = Theme::light();
    QString title; // above the picture; empty = only the view's own
    QString caption; // below it; empty = none
    double pixelRatio = 2; // PNG only
};

/// Draws a view into a file's bytes: its title, units, legend and marks, with title and caption around it. The view need not
/// have been shown.
/// @error BadInput when the view has nothing to show (its reason is the message) or the size is unusable.
Result<QByteArray> renderFigure(const RunView &view, const FigureOptions &options);

/// Size of the whole figure in pixels at 100 %.
QSizeF figureSize(const RunView &view, const FigureOptions &options);

/// "png", "svg", "pdf".
QString figureSuffix(FigureFileKind format);

} // namespace winnow
