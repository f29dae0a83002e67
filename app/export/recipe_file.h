#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <QByteArray>
#include <QString>

namespace winnow {

/// The figure's bytes with its recipe inside; format is "png", "svg" or "pdf".
Result<QByteArray> withRecipe(const QByteArray &figure, const QString &format, const Json &recipe);

/// The recipe inside the bytes of a figure file.
/// @error NotFound when another program made it, BadInput when it is damaged.
Result<Json> recipeOf(const QByteArray &figure);

} // namespace winnow
