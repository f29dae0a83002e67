#include "app/export/figure_file.h"

#include "app/export/recipe_file.h"
#include "core/base/json_fields.h"
#include "views/figure_export.h"
#include "views/pair_data.h"
#include "views/word_data.h"

#include <QCoreApplication>
#include <QJsonDocument>
#include <QPainter>
#include <QSaveFile>

#include <cmath>

namespace winnow {
namespace {

    FigureOptions drawingOptions(const RunView &view, const FigureDrawing &drawing)
    {
        FigureOptions options;
        options.size = drawing.size;
        options.theme = Theme::of(drawing.theme);
        options.pixelRatio = drawing.pixelRatio;
        if (drawing.caption == FigureDrawing::Caption::Below)
            options.caption = view.caption();
        return options;
    }

} // namespace

QStringList figureFormats() { return {QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("pdf"), QStringLiteral("csv")}; }

FigureDrawing figureDrawing(const RunView &view, ThemeKind theme)
{
    FigureDrawing drawing;
    drawing.theme = theme;
    if (const double height = view.figureHeight(drawing.size.width()); height > 0)
        drawing.size.setHeight(std::ceil(height));
    return drawing;
}

QImage figureImage(const RunView &view, const FigureDrawing &drawing)
{
    Result<QByteArray> bytes = renderFigure(view, drawingOptions(view, drawing));
    return bytes ? QImage::fromData(*bytes, "PNG") : QImage();
}

Result<QByteArray> figureBytes(const RunView &view, const QString &format, const FigureDrawing &drawing)
{
    if (const QString reason = view.emptyReason(); !reason.isEmpty())
        return fail(ErrorCode::BadInput, QCoreApplication::translate("Export", "%1 has nothing to draw: %2").arg(view.title(), reason).toStdString());
    if (format == QLatin1String("csv"))
        return view.csv().toUtf8();
    if (!figureFormats().contains(format))
        return fail(ErrorCode::BadInput, QCoreApplication::translate("Export", "unknown figure format %1; allowed are %2").arg(format, figureFormats().join(QStringLiteral(", "))).toStdString());
    FigureOptions options = drawingOptions(view, drawing);
    options.format = format == QLatin1String("png") ? FigureFileKind::Png : format == QLatin1String("svg") ? FigureFileKind::Svg : FigureFileKind::Pdf;
    Result<QByteArray> bytes = renderFigure(view, options);
    return bytes && !drawing.recipe.empty() ? withRecipe(*bytes, format, drawing.recipe) : bytes;
}

Result<void> writeFile(const QString &path, const QByteArray &bytes)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return fail(ErrorCode::Io, QCoreApplication::translate("Export", "cannot write %1: %2").arg(path, file.errorString()).toStdString(),
            QCoreApplication::translate("Export", "Choose another folder or free some space.").toStdString());
    return {};
}

Json jsonFromQt(const QJsonObject &object)
{
    const QByteArray text = QJsonDocument(object).toJson(QJsonDocument::Compact);
    return Json::parse(text.constData(), text.constData() + text.size(), nullptr, false);
}

QJsonObject qtFromJson(const Json &json)
{
    if (!json.is_object())
        return {};
    return QJsonDocument::fromJson(QByteArray::fromStdString(json.dump(-1, ' ', false, Json::error_handler_t::replace))).object();
}

Json figureRecipe(const RunView &view, const Selection &selection, const ViewData &data)
{
    Json recipe{{"schema", "winnow.figure/1"}, {"view", view.viewId().toStdString()}, {"title", view.title().toStdString()},
        {"state", jsonFromQt(view.saveState())},
        {"selection", {{"token", selection.token}, {"layer", selection.layer}, {"head", selection.head}, {"step", selection.step}}},
        {"run", data.current.index}};
    if (const WordMark &word = selection.word; word.isSet())
        recipe["selection"]["word"] = {{"line", word.line}, {"first", word.first}, {"end", word.end}, {"run", word.run}};
    if (data.words && view.viewId().startsWith(QLatin1String("word"))) {
        recipe["input"] = data.words->input.toStdString();
        recipe["run"] = data.words->current() ? data.words->current()->run : -1;
    }
    if (const PairMark &pair = selection.pair; pair.hasLayers())
        recipe["selection"]["pair"] = {{"layer", pair.layer}, {"head", pair.head}, {"smallLayer", pair.smallLayer}, {"smallHead", pair.smallHead}};
    if (data.pair && data.pair->table)
        recipe["compared"] = {{"metric", data.pair->table->metric.toStdString()}, {"skipSinks", data.pair->table->skipSinks}};
    if (data.current.report && !view.viewId().startsWith(QLatin1String("word")))
        recipe["request"] = data.current.report->request();
    Json runs = Json::array();
    for (const RunEntry &run : data.runs)
        runs.push_back(runLetter(run.index).toStdString());
    recipe["runs"] = std::move(runs);
    return recipe;
}

Selection recipeSelection(const Json &recipe)
{
    const Json &mark = childField(recipe, "selection"), &pair = childField(mark, "pair");
    const auto index = [](const Json &json, const char *name) { return static_cast<int>(integerField(json, name, -1)); };
    Selection selection;
    selection.token = index(mark, "token");
    selection.layer = index(mark, "layer");
    selection.head = index(mark, "head");
    selection.step = index(mark, "step");
    selection.pair = {index(pair, "layer"), index(pair, "head"), index(pair, "smallLayer"), index(pair, "smallHead")};
    const Json &word = childField(mark, "word");
    selection.word = {index(word, "line"), index(word, "first"), index(word, "end"), index(word, "run")};
    selection.pinned = selection.token >= 0 || selection.layer >= 0 || selection.pair.hasLayers() || selection.word.isSet();
    return selection;
}

} // namespace winnow
