#include "app/workbench/compare.h"

#include "app/workbench/setting.h"
#include "views/format.h"
#include "views/theme.h"

#include <QCoreApplication>

#include <algorithm>

namespace winnow {
namespace {

    constexpr CompareColumn kAll[kCompareColumns] = {CompareColumn::Run, CompareColumn::Budget, CompareColumn::Nll, CompareColumn::DeltaNll,
        CompareColumn::Kl, CompareColumn::Top1, CompareColumn::Stored, CompareColumn::DeltaStored, CompareColumn::Decode, CompareColumn::Checks};

} // namespace

std::vector<CompareRow> compareRows(const std::vector<ComparedRun> &runs)
{
    std::vector<CompareRow> rows;
    for (const ComparedRun &run : runs) {
        const double fraction = budgetFraction(settingFromJson(run.record.request).budget, CacheGeometry());
        rows.push_back({run.record.id, run.record.letter, QString::fromStdString(run.record.name), QString::fromStdString(run.budget()), fraction, run.baseline, runNumbers(run, runs)});
    }
    return rows;
}

std::vector<CompareColumn> differingColumns(const std::vector<CompareRow> &rows)
{
    std::vector<CompareColumn> columns;
    for (CompareColumn column : kAll) {
        bool differs = column == CompareColumn::Run;
        for (size_t i = 1; i < rows.size() && !differs; ++i)
            differs = compareText(rows[i], column) != compareText(rows[0], column);
        if (differs || rows.size() < 2)
            columns.push_back(column);
    }
    return columns;
}

QString compareTitle(CompareColumn column)
{
    switch (column) {
    case CompareColumn::Run: return QCoreApplication::translate("Compare", "Run");
    case CompareColumn::Budget: return QCoreApplication::translate("Compare", "Budget");
    case CompareColumn::Nll: return QStringLiteral("NLL");
    case CompareColumn::DeltaNll: return QStringLiteral("ΔNLL");
    case CompareColumn::Kl: return QStringLiteral("KL");
    case CompareColumn::Top1: return QCoreApplication::translate("Compare", "Top-1");
    case CompareColumn::Stored: return QCoreApplication::translate("Compare", "Stored");
    case CompareColumn::DeltaStored: return QCoreApplication::translate("Compare", "Δ stored");
    case CompareColumn::Decode: return QCoreApplication::translate("Compare", "Decode");
    case CompareColumn::Checks: return QCoreApplication::translate("Compare", "Checks");
    }
    return {};
}

QString compareUnit(CompareColumn column)
{
    switch (column) {
    case CompareColumn::Nll: return QStringLiteral("nats/token");
    case CompareColumn::Kl: return QStringLiteral("nats");
    case CompareColumn::Top1: return QStringLiteral("%");
    case CompareColumn::Stored: return QStringLiteral("MiB");
    case CompareColumn::Decode: return QStringLiteral("ms/token");
    default: return {};
    }
}

std::optional<double> compareNumber(const CompareRow &row, CompareColumn column)
{
    const RunNumbers &numbers = row.numbers;
    switch (column) {
    case CompareColumn::Run: return std::nullopt;
    case CompareColumn::Budget: return row.budgetFraction;
    case CompareColumn::Nll: return numbers.nll;
    case CompareColumn::DeltaNll: return numbers.deltaNll;
    case CompareColumn::Kl: return numbers.kl;
    case CompareColumn::Top1: return numbers.top1;
    case CompareColumn::Stored: return numbers.nativeBytes;
    case CompareColumn::DeltaStored: return numbers.deltaStored;
    case CompareColumn::Decode: return numbers.msPerToken;
    case CompareColumn::Checks: return numbers.checks > 0 ? std::optional<double>(numbers.checksPassed - numbers.checks) : std::nullopt;
    }
    return std::nullopt;
}

QString compareText(const CompareRow &row, CompareColumn column)
{
    const QString none = QStringLiteral("–");
    const std::optional<double> value = compareNumber(row, column);
    switch (column) {
    case CompareColumn::Run: return row.name;
    case CompareColumn::Budget: return row.budget;
    case CompareColumn::Nll: return value ? format::decimals(*value, 4) : none;
    case CompareColumn::DeltaNll: return value ? format::signedDecimals(*value, 4) : none;
    case CompareColumn::Kl: return !value ? none : *value == 0 ? QStringLiteral("0") : format::decimals(*value, 3);
    case CompareColumn::Top1: return value ? format::decimals(*value * 100, 1) : none;
    case CompareColumn::Stored: return value ? format::mebibytes(*value) : none;
    case CompareColumn::DeltaStored: return value ? format::signedPercent(*value, 1) : none;
    case CompareColumn::Decode: return value ? format::decimals(*value, 1) : none;
    case CompareColumn::Checks:
        return row.numbers.checks > 0 ? QCoreApplication::translate("Compare", "%1 of %2").arg(row.numbers.checksPassed).arg(row.numbers.checks) : none;
    }
    return none;
}

QString comparePlain(const std::vector<CompareRow> &rows, const std::vector<CompareColumn> &columns)
{
    QStringList head, lines;
    for (CompareColumn column : columns)
        head << (compareTitle(column) + QLatin1Char(' ') + compareUnit(column)).trimmed();
    lines << QLatin1Char('\t') + head.join(QLatin1Char('\t'));
    for (const CompareRow &row : rows) {
        QStringList fields{runLetter(row.letter)};
        for (CompareColumn column : columns)
            fields << compareText(row, column);
        lines << fields.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

} // namespace winnow
