#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "views/run_view.h"

#include <QByteArray>
#include <QImage>
#include <QJsonObject>
#include <QSizeF>
#include <QStringList>

namespace winnow {

/// How a figure is drawn: logical pixels at 100 %.
struct FigureDrawing {
    QSizeF size{720, 420};
    double pixelRatio = 2; // of PNG
    ThemeKind theme = ThemeKind::Light;
    Json recipe = Json::object(); // embedded; empty = none
    enum class Caption { Below, None } caption = Caption::Below;
};

/// Formats a figure can be written in: png, svg, pdf, csv.
QStringList figureFormats();

/// Size for a view: its own height for the width where it needs one.
FigureDrawing figureDrawing(const RunView &view, ThemeKind theme);

QImage figureImage(const RunView &view, const FigureDrawing &options);
/// The bytes of a figure file with title, legend, caption and recipe.
/// @error BadInput for an unknown format or a view that has nothing to draw (says why).
Result<QByteArray> figureBytes(const RunView &view, const QString &format, const FigureDrawing &options);

/// Writes beside and renames, so that no part of a file is left.
/// @error Io with path and reason.
Result<void> writeFile(const QString &path, const QByteArray &bytes);

/// What reopens a figure: view, its state, the selection, letter of the run, method and budget of the setting.
Json figureRecipe(const RunView &view, const Selection &selection, const ViewData &data);

/// The selection of a recipe.
Selection recipeSelection(const Json &recipe);

Json jsonFromQt(const QJsonObject &object);
QJsonObject qtFromJson(const Json &json);

} // namespace winnow
