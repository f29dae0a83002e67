#pragma once

#include "views/run_view.h"

#include <QStringList>

#include <memory>

namespace winnow {

/// Pages whose views are made here.
enum class ViewPage { Cache, Similarity, Prompt, Words };

/// Every view by its permanent id, page by page, in the order choosers list them: "tokens" first.
QStringList viewIds();
/// The views of one page.
QStringList viewIds(ViewPage page);
/// Name of a view in choosers: "Layer × position".
QString viewChoice(const QString &id);
/// @return nullptr for an unknown id.
std::unique_ptr<RunView> makeView(const QString &id);

} // namespace winnow
