#include "app/workbench/compare.h"

#include "app/workbench/run_family.h"
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
        rows.push_back({run.record.id, run.record.letter, QString::fromStdString(run.record.name), QString::fromStdString(run.budget()), fraction, run.baseline, runNumbers(run, runs), runFamily(run.record), run.report});
    }
    return rows;
}

std::vector<CompareColumn> compareColumns(const std::string &family)
{
    if (family == "segment")
        return {CompareColumn::Run, CompareColumn::F1, CompareColumn::Precision, CompareColumn::Recall, CompareColumn::BoundaryF1, CompareColumn::InList, CompareColumn::New, CompareColumn::ExactLines, CompareColumn::Speed, CompareColumn::Train, CompareColumn::Checks};
    if (family != "prompt")
        return std::vector<CompareColumn>(std::begin(kAll), std::end(kAll));
    return {CompareColumn::Run, CompareColumn::Budget, CompareColumn::Achieved, CompareColumn::Tokens, CompareColumn::DeltaNll, CompareColumn::Kl, CompareColumn::Information, CompareColumn::Survival, CompareColumn::Numbers,
        CompareColumn::BrokenWords, CompareColumn::Compress, CompareColumn::Checks};
}

std::vector<CompareColumn> differingColumns(const std::vector<CompareRow> &rows)
{
    std::vector<CompareColumn> columns;
    for (CompareColumn column : compareColumns(rows.empty() ? "kv" : rows.front().family)) {
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
    case CompareColumn::Achieved: return QCoreApplication::translate("Compare", "Achieved");
    case CompareColumn::Tokens: return QCoreApplication::translate("Compare", "Tokens");
    case CompareColumn::Information: return QCoreApplication::translate("Compare", "Information");
    case CompareColumn::Survival: return QCoreApplication::translate("Compare", "Answer");
    case CompareColumn::Numbers: return QCoreApplication::translate("Compare", "Numbers");
    case CompareColumn::BrokenWords: return QCoreApplication::translate("Compare", "Broken");
    case CompareColumn::Compress: return QCoreApplication::translate("Compare", "Compress");
    case CompareColumn::F1: return QStringLiteral("F1");
    case CompareColumn::Precision: return QCoreApplication::translate("Compare", "Precision");
    case CompareColumn::Recall: return QCoreApplication::translate("Compare", "Recall");
    case CompareColumn::BoundaryF1: return QCoreApplication::translate("Compare", "Boundary F1");
    case CompareColumn::InList: return QCoreApplication::translate("Compare", "In list");
    case CompareColumn::New: return QCoreApplication::translate("Compare", "New");
    case CompareColumn::ExactLines: return QCoreApplication::translate("Compare", "Exact lines");
    case CompareColumn::Speed: return QCoreApplication::translate("Compare", "Speed");
    case CompareColumn::Train: return QCoreApplication::translate("Compare", "Training");
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
    case CompareColumn::Achieved:
    case CompareColumn::Information:
    case CompareColumn::Survival:
    case CompareColumn::Numbers: return QStringLiteral("%");
    case CompareColumn::BrokenWords: return QCoreApplication::translate("Compare", "per 100");
    case CompareColumn::Compress: return QStringLiteral("s");
    case CompareColumn::F1:
    case CompareColumn::Precision:
    case CompareColumn::Recall:
    case CompareColumn::BoundaryF1:
    case CompareColumn::InList:
    case CompareColumn::New: return QStringLiteral("%");
    case CompareColumn::Speed: return QCoreApplication::translate("Compare", "chars/s");
    case CompareColumn::Train: return QStringLiteral("s");
    default: return {};
    }
}

std::optional<double> compareNumber(const CompareRow &row, CompareColumn column)
{
    const RunNumbers &numbers = row.numbers;
    const auto metric = [&](const char *name) { return row.report ? row.report->metric(name) : std::nullopt; };
    const bool prompt = row.family == "prompt"; // its deltas are against the full prompt, in the report itself
    switch (column) {
    case CompareColumn::Run: return std::nullopt;
    case CompareColumn::Budget: return row.budgetFraction;
    case CompareColumn::Nll: return numbers.nll;
    case CompareColumn::DeltaNll: return prompt ? metric("deltaNll") : numbers.deltaNll;
    case CompareColumn::Kl: return prompt ? metric("kl") : numbers.kl;
    case CompareColumn::Top1: return numbers.top1;
    case CompareColumn::Stored: return numbers.nativeBytes;
    case CompareColumn::DeltaStored: return numbers.deltaStored;
    case CompareColumn::Decode: return numbers.msPerToken;
    case CompareColumn::Checks: return numbers.checks > 0 ? std::optional<double>(numbers.checksPassed - numbers.checks) : std::nullopt;
    case CompareColumn::Achieved: return metric("achievedRate");
    case CompareColumn::Tokens: return metric("tokensOut");
    case CompareColumn::Information: return metric("keptInformation");
    case CompareColumn::Survival: return metric("answerSurvival");
    case CompareColumn::Numbers: return metric("numberSurvival");
    case CompareColumn::BrokenWords: return metric("brokenWords");
    case CompareColumn::Compress: return metric("compressMs");
    case CompareColumn::F1: return metric("f1");
    case CompareColumn::Precision: return metric("precision");
    case CompareColumn::Recall: return metric("recall");
    case CompareColumn::BoundaryF1: return metric("boundaryF1");
    case CompareColumn::InList: return metric("recallIv");
    case CompareColumn::New: return metric("recallOov");
    case CompareColumn::ExactLines: return metric("exactLines");
    case CompareColumn::Speed: return metric("charactersPerSecond");
    case CompareColumn::Train: return metric("trainSeconds");
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
    case CompareColumn::Achieved:
    case CompareColumn::Information:
    case CompareColumn::Survival:
    case CompareColumn::Numbers: return value ? format::decimals(*value * 100, 1) : none;
    case CompareColumn::Tokens: return value ? format::integer(*value) : none;
    case CompareColumn::BrokenWords: return value ? format::decimals(*value, 1) : none;
    case CompareColumn::Compress: return value ? format::decimals(*value / 1000, 2) : none;
    case CompareColumn::F1:
    case CompareColumn::Precision:
    case CompareColumn::Recall:
    case CompareColumn::BoundaryF1:
    case CompareColumn::InList:
    case CompareColumn::New: return value ? format::decimals(*value * 100, 1) : none;
    case CompareColumn::ExactLines: return value ? format::integer(*value) : none;
    case CompareColumn::Speed: return value ? format::shortNumber(*value) : none;
    case CompareColumn::Train: return value ? format::decimals(*value, 2) : none;
    }
    return none;
}

Table compareTable(const std::vector<CompareRow> &rows, const std::vector<CompareColumn> &columns)
{
    Table table;
    table.title = "Compare";
    table.columns.push_back({"letter", "Letter", "", TableColumn::Kind::Text, 0});
    for (const CompareColumn column : columns) {
        const bool text = column == CompareColumn::Run || column == CompareColumn::Budget || column == CompareColumn::Checks;
        const std::string title = compareTitle(column).toStdString();
        table.columns.push_back({title, title, compareUnit(column).toStdString(), text ? TableColumn::Kind::Text : TableColumn::Kind::Number, 4});
    }
    for (const CompareRow &row : rows) {
        std::vector<Json> cells{runLetter(row.letter).toStdString()};
        for (size_t i = 0; i < columns.size(); ++i) {
            const std::optional<double> value = compareNumber(row, columns[i]);
            const bool percent = table.columns[i + 1].unit == "%", seconds = columns[i] == CompareColumn::Compress;
            if (table.columns[i + 1].kind == TableColumn::Kind::Text)
                cells.push_back(compareText(row, columns[i]).toStdString());
            else
                cells.push_back(value ? Json(percent ? *value * 100 : seconds ? *value / 1000 : *value) : Json());
        }
        table.rows.push_back(std::move(cells));
    }
    return table;
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
