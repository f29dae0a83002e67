#pragma once

#include "sessions/compare_table.h"

#include <QString>

#include <optional>
#include <vector>

namespace winnow {

/// One pinned run as the window's Compare table shows it, with the numbers that reports and exports show.
struct CompareRow {
    qint64 runId = 0;
    int letter = 0;
    QString name, budget;
    double budgetFraction = 0; // 0 = not a share, for sorting
    bool baseline = false;
    RunNumbers numbers;
    std::string family = "kv";
    ReportPtr report; // null while there is none
};

/// Rows in the order of the runs; deltas are against the run that is marked as baseline.
std::vector<CompareRow> compareRows(const std::vector<ComparedRun> &runs);

enum class CompareColumn { Run, Budget, Nll, DeltaNll, Kl, Top1, Stored, DeltaStored, Decode, Checks, Achieved, Tokens, Information, Survival, Numbers, BrokenWords, Compress, F1, Precision, Recall, BoundaryF1, InList, New, ExactLines, Speed, Train };
constexpr int kCompareColumns = 10; // of them, the first ones, for runs of the cache

/// The columns of a family, in the order of the table.
std::vector<CompareColumn> compareColumns(const std::string &family);

/// Columns in which two measured rows differ (Run is always there): what "Differences only" leaves.
std::vector<CompareColumn> differingColumns(const std::vector<CompareRow> &rows);

QString compareTitle(CompareColumn column); // "ΔNLL"
QString compareUnit(CompareColumn column); // "nats/token"
/// Cell text for people: "+0.0655", "–".
QString compareText(const CompareRow &row, CompareColumn column);
/// The number to sort and export by; nullopt for text and for what was not measured.
std::optional<double> compareNumber(const CompareRow &row, CompareColumn column);

/// The same with exact numbers, for files.
Table compareTable(const std::vector<CompareRow> &rows, const std::vector<CompareColumn> &columns);
/// Tab separated, as shown: for the clipboard.
QString comparePlain(const std::vector<CompareRow> &rows, const std::vector<CompareColumn> &columns);

} // namespace winnow
