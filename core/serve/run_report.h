#pragma once

#include "core/base/report.h"
#include "core/eval/evaluate.h"
#include "core/serve/cell_request.h"
#include "core/serve/report_parts.h"

#include <optional>
#include <string>

namespace winnow {

/// What every report of one request shares.
struct ReportContext {
    Json request; // canonical
    Json model; // object of CLI.md 3
    Json smallModel; // the same of the second model; null without one
    const PreparedInput *input = nullptr;
    const Capture *capture = nullptr;
    const RunClock *clock = nullptr;
    int threads = 1;
    int64_t seed = 0;
};

/// What is known about one cell; quality and measured bytes only when they were measured.
struct CellOutcome {
    const KvPlan *plan = nullptr;
    CacheBytes bytes;
    Json budget = Json::object(); // budgetJson
    double selectMs = -1;
    const CellResult *result = nullptr;
    const CellResult *full = nullptr;
    const MeasuredRun *measured = nullptr;
    const MeasuredRun *fullMeasured = nullptr;
};

/// Request, model, input and provenance: the parts that do not depend on a cell.
ReportBuilder startReport(const ReportContext &context);

/// Artifacts, metrics, savings, checks and notices of a cell.
void addCell(ReportBuilder &builder, const ReportContext &context, const CellOutcome &outcome);

/// Per-token series as the artifact a strip and a timeline read: the target of row t is input token N + 1 + t.
TokenScores seriesArtifact(const TokenSeries &series, int64_t contextTokens);

} // namespace winnow
