#include "app/export/recipe_file.h"

#include "sessions/figure_recipe.h"

namespace winnow {
namespace {

    std::span<const std::byte> bytesOf(const QByteArray &bytes)
    {
        return {reinterpret_cast<const std::byte *>(bytes.constData()), static_cast<size_t>(bytes.size())};
    }

} // namespace

Result<QByteArray> withRecipe(const QByteArray &figure, const QString &format, const Json &recipe)
{
    const FigureFormat kind = format == QLatin1String("png") ? FigureFormat::Png : format == QLatin1String("svg") ? FigureFormat::Svg : FigureFormat::Pdf;
    Result<std::vector<std::byte>> result = embedRecipe(recipe, bytesOf(figure), kind);
    if (!result)
        return fail(result.error());
    return QByteArray(reinterpret_cast<const char *>(result->data()), static_cast<qsizetype>(result->size()));
}

Result<Json> recipeOf(const QByteArray &figure) { return extractRecipe(bytesOf(figure)); }

} // namespace winnow
