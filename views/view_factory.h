#pragma once

#include "views/run_view.h"

#include <QStringList>

#include <memory>

namespace winnow {

/// Every view by its permanent id, in the order choosers list them: "tokens" first.
QStringList viewIds();
/// Name of a view in choosers: "Layer × position".
QString viewChoice(const QString &id);
/// @return nullptr for an unknown id.
std::unique_ptr<RunView> makeView(const QString &id);

} // namespace winnow
