#pragma once

#include "core/base/report.h"

#include <QString>

#include <optional>
#include <vector>

namespace winnow {

/// One pinned run as the Compare table shows it; absent = not measured.
struct CompareRow {
    qint64 runId = 0;
    int letter = 0;
    QString name, budget;
    double budgetFraction = 0;
    bool baseline = false;
    std::optional<double> nll, deltaNll, deltaNllError, kl, top1, storedBytes, deltaStored, msPerToken;
    int checksPassed = 0, checks = 0;
    bool nominalOnly = false;
};

/// What the table needs of a run.
struct CompareSource {
    qint64 runId = 0;
    int letter = 0;
    QString name, budget;
    double budgetFraction = 0;
    ReportPtr report; // may be null
};

/// Rows with deltas against the baseline run (0 = none: no deltas). Delta of the stored bytes is a fraction.
std::vector<CompareRow> compareRows(const std::vector<CompareSource> &runs, qint64 baselineId);

enum class CompareColumn { Run, Budget, Nll, DeltaNll, Kl, Top1, Stored, DeltaStored, Decode, Checks };
constexpr int kCompareColumns = 10;

/// Columns in which two measured rows differ (Run is always there): what "Differences only" leaves.
std::vector<CompareColumn> differingColumns(const std::vector<CompareRow> &rows);

QString compareTitle(CompareColumn column); // "ΔNLL"
QString compareUnit(CompareColumn column); // "nats/token"
/// Cell text for people: "+0.0655", "–".
QString compareText(const CompareRow &row, CompareColumn column);
/// The number to sort and export by; nullopt for text and for what was not measured.
std::optional<double> compareNumber(const CompareRow &row, CompareColumn column);

/// Tab separated, as shown: for the clipboard.
QString comparePlain(const std::vector<CompareRow> &rows, const std::vector<CompareColumn> &columns);

} // namespace winnow
