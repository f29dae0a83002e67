#include "sessions/compare_table.h"

#include "core/base/json_fields.h"
#include "sessions/number_text.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace winnow {
namespace {

    constexpr double kMebibyte = 1048576.0;

    std::optional<double> measured(double value)
    {
        return value >= 0 ? std::optional<double>(value) : std::nullopt;
    }

    const ComparedRun *baselineOf(const std::vector<ComparedRun> &runs)
    {
        const auto at = std::find_if(
            runs.begin(), runs.end(), [](const ComparedRun &run) { return run.baseline; });
        return at == runs.end() ? nullptr : &*at;
    }

    /// What must be equal for a difference of losses to mean anything.
    bool comparable(const ComparedRun &a, const ComparedRun &b)
    {
        const Json &first = a.record.request, &second = b.record.request;
        return childField(first, "model") == childField(second, "model")
            && childField(first, "input") == childField(second, "input")
            && childField(first, "scoreLast") == childField(second, "scoreLast")
            && childField(first, "continuation") == childField(second, "continuation");
    }

    Json cell(const std::optional<double> &value, double scale = 1)
    {
        return value ? jsonNumber(*value * scale) : Json();
    }

} // namespace

std::string ComparedRun::letter() const { return letterText(record.letter); }

std::string ComparedRun::budget() const
{
    const Json &budget = childField(record.request, "budget");
    if (budget.is_number())
        return budgetLabel(jsonText(budget));
    if (budget.is_string())
        return budgetLabel(budget.get<std::string>());
    return stringField(record.request, "method") == "full" ? "100 %" : "";
}

Result<std::vector<ComparedRun>> comparedRuns(const Session &session)
{
    const auto records = session.runs();
    if (!records)
        return fail(records.error());
    const Result<Json> baseline = session.state("baseline");
    const int64_t baselineId
        = baseline && baseline->is_number_integer() ? baseline->get<int64_t>() : 0;
    std::vector<ComparedRun> runs;
    for (const RunRecord &record : *records) {
        ComparedRun run { record, nullptr, record.id == baselineId };
        if (record.hasReport) {
            Result<ReportPtr> report = session.report(record.id);
            if (!report)
                return fail(report.error());
            run.report = std::move(*report);
        }
        runs.push_back(std::move(run));
    }
    if (!baselineOf(runs)) {
        const auto full = std::find_if(runs.begin(), runs.end(), [](const ComparedRun &run) {
            return stringField(run.record.request, "method") == "full";
        });
        if (full != runs.end())
            full->baseline = true;
    }
    return runs;
}

bool waitsForText(const Report &report)
{
    const std::vector<std::string> notices = report.notices();
    return std::any_of(notices.begin(), notices.end(), [](const std::string &notice) { return notice.starts_with("inactive: prompt shorter"); });
}

RunNumbers runNumbers(const ComparedRun &run, const std::vector<ComparedRun> &runs)
{
    RunNumbers numbers;
    if (!run.report)
        return numbers;
    if (!waitsForText(*run.report)) { // else these are the full cache's numbers, not the method's
        numbers.nll = run.report->metric("nll");
        numbers.kl = run.report->metric("kl");
        numbers.top1 = run.report->metric("top1Agreement");
    }
    const Savings savings = run.report->savings();
    numbers.nativeBytes = measured(savings.nativeBytes);
    numbers.msPerToken = measured(savings.msPerToken);
    numbers.nominalOnly = savings.nominalOnly;
    for (const Check &check : run.report->checks()) {
        ++numbers.checks;
        numbers.checksPassed += check.ok ? 1 : 0;
    }
    const ComparedRun *baseline = baselineOf(runs);
    if (!baseline || run.baseline || !baseline->report || !comparable(run, *baseline))
        return numbers;
    const std::optional<double> nll = baseline->report->metric("nll");
    if (nll && numbers.nll)
        numbers.deltaNll = *numbers.nll - *nll;
    const double stored = baseline->report->savings().nativeBytes;
    if (numbers.nativeBytes && stored > 0)
        numbers.deltaStored = *numbers.nativeBytes / stored - 1;
    return numbers;
}

Table compareTable(const std::vector<ComparedRun> &runs)
{
    using Kind = TableColumn::Kind;
    Table table;
    table.title = "Runs";
    table.columns = { { "letter", "", "", Kind::Text, 0 }, { "run", "Run", "", Kind::Text, 0 },
        { "budget", "Budget", "", Kind::Text, 0 }, { "nll", "NLL", "nats/token", Kind::Number, 4 },
        { "deltaNll", "\xCE\x94NLL", "nats/token", Kind::Delta, 4 },
        { "kl", "KL", "nats", Kind::Number, 3 }, { "top1Agreement", "Top-1", "%", Kind::Number, 1 },
        { "storedMiB", "Stored", "MiB", Kind::Number, 2 },
        { "deltaStored", "\xCE\x94 stored", "%", Kind::Delta, 1 },
        { "msPerToken", "Decode", "ms/token", Kind::Number, 1 },
        { "checks", "Checks", "", Kind::Text, 0 } };
    for (const ComparedRun &run : runs) {
        const RunNumbers numbers = runNumbers(run, runs);
        const std::string checks
            = std::to_string(numbers.checksPassed) + " of " + std::to_string(numbers.checks);
        table.rows.push_back({ run.letter(), run.record.name, run.budget(), cell(numbers.nll),
            cell(numbers.deltaNll), cell(numbers.kl), cell(numbers.top1, 100),
            cell(numbers.nativeBytes, 1 / kMebibyte), cell(numbers.deltaStored, 100),
            cell(numbers.msPerToken), numbers.checks > 0 ? Json(checks) : Json() });
    }
    return table;
}

std::optional<MeanInterval> deltaNllInterval(const Report &report)
{
    std::vector<double> values;
    for (const TokenScores &scores : report.tokenScores()) {
        const auto name = std::find(scores.names.begin(), scores.names.end(), "deltaNll");
        const auto row = static_cast<size_t>(name - scores.names.begin());
        const auto count = static_cast<size_t>(std::max<int64_t>(scores.tokens, 0));
        if (name == scores.names.end() || (row + 1) * count > scores.values.size())
            continue;
        for (size_t i = row * count; i < (row + 1) * count; ++i) {
            if (std::isfinite(scores.values[i]))
                values.push_back(scores.values[i]);
        }
        break;
    }
    if (values.size() < 2)
        return std::nullopt;
    // std::mt19937_64 is fully specified; the distributions of the library are not, hence the
    // remainder.
    std::mt19937_64 random(1234);
    constexpr int kResamples = 1000;
    std::vector<double> means(kResamples);
    for (double &mean : means) {
        double sum = 0;
        for (size_t i = 0; i < values.size(); ++i)
            sum += values[random() % values.size()];
        mean = sum / static_cast<double>(values.size());
    }
    std::sort(means.begin(), means.end());
    MeanInterval interval;
    for (const double value : values)
        interval.mean += value / static_cast<double>(values.size());
    interval.low = means[25];
    interval.high = means[974];
    interval.tokens = static_cast<int64_t>(values.size());
    return interval;
}

} // namespace winnow
