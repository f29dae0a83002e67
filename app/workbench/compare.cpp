#include "app/workbench/compare.h"

#include "views/format.h"
#include "views/theme.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr CompareColumn kAll[kCompareColumns] = {CompareColumn::Run, CompareColumn::Budget, CompareColumn::Nll, CompareColumn::DeltaNll,
        CompareColumn::Kl, CompareColumn::Top1, CompareColumn::Stored, CompareColumn::DeltaStored, CompareColumn::Decode, CompareColumn::Checks};

    std::optional<double> measured(double value)
    {
        return value < 0 || std::isnan(value) ? std::nullopt : std::optional<double>(value);
    }

    CompareRow makeRow(const CompareSource &source)
    {
        CompareRow row;
        row.runId = source.runId;
        row.letter = source.letter;
        row.name = source.name;
        row.budget = source.budget;
        row.budgetFraction = source.budgetFraction;
        if (!source.report)
            return row;
        row.nll = source.report->metric("nll");
        row.kl = source.report->metric("kl");
        row.top1 = source.report->metric("top1Agreement");
        const Savings savings = source.report->savings();
        row.storedBytes = measured(savings.nativeBytes);
        row.msPerToken = measured(savings.msPerToken);
        row.nominalOnly = savings.nominalOnly;
        for (const Check &check : source.report->checks()) {
            ++row.checks;
            row.checksPassed += check.ok ? 1 : 0;
        }
        return row;
    }

} // namespace

std::vector<CompareRow> compareRows(const std::vector<CompareSource> &runs, qint64 baselineId)
{
    std::vector<CompareRow> rows;
    for (const CompareSource &source : runs)
        rows.push_back(makeRow(source));
    auto base = std::find_if(rows.begin(), rows.end(), [&](const CompareRow &row) { return row.runId == baselineId; });
    if (base == rows.end())
        return rows;
    base->baseline = true;
    const std::optional<double> nll = base->nll, stored = base->storedBytes;
    for (CompareRow &row : rows) {
        if (row.baseline)
            continue;
        if (nll && row.nll)
            row.deltaNll = *row.nll - *nll;
        if (stored && row.storedBytes && *stored > 0)
            row.deltaStored = *row.storedBytes / *stored - 1;
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
    switch (column) {
    case CompareColumn::Run: return std::nullopt;
    case CompareColumn::Budget: return row.budgetFraction;
    case CompareColumn::Nll: return row.nll;
    case CompareColumn::DeltaNll: return row.deltaNll;
    case CompareColumn::Kl: return row.kl;
    case CompareColumn::Top1: return row.top1;
    case CompareColumn::Stored: return row.storedBytes;
    case CompareColumn::DeltaStored: return row.deltaStored;
    case CompareColumn::Decode: return row.msPerToken;
    case CompareColumn::Checks: return row.checks > 0 ? std::optional<double>(row.checksPassed - row.checks) : std::nullopt;
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
        return row.checks > 0 ? QCoreApplication::translate("Compare", "%1 of %2").arg(row.checksPassed).arg(row.checks) : none;
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
