#pragma once

#include "app/workbench/session_document.h"
#include "app/workbench/setting.h"
#include "views/run_view.h"

namespace winnow {

/// What decides which results the views show.
struct ViewContext {
    qint64 inputId = 0;
    qint64 activeRun = 0; // 0 = the preview
    Setting setting; // of the form
    QString methodTitle; // of the form
    ReportPtr preview; // may be null
    CacheGeometry geometry;
};

/// The pinned runs of an input, the current one and the quality curves, as immutable view data.
ViewDataPtr buildViewData(const SessionDocument &document, const ViewContext &context);

/// Quality against stored bytes: one curve per method and parameter set, owned by the lowest letter; measured points from
/// sweep cells and pinned runs, and a hollow forecast for the form's budget where two measured points allow one.
std::vector<Curve> qualityCurves(const SessionDocument &document, const ViewContext &context);

/// ΔNLL at `bytes` by straight lines over log bytes through measured points (ascending x); nullopt below two points.
std::optional<double> forecastQuality(const std::vector<double> &x, const std::vector<double> &y, double bytes);

/// The run as views see it.
RunEntry runEntry(const SessionDocument &document, const RunRecord &run);

} // namespace winnow
