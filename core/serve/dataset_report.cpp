#include "core/base/json_fields.h"
#include "core/eval/task_metrics.h"
#include "core/serve/dataset_plan.h"

#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace winnow {
namespace {

    /// What is averaged over items, with its unit.
    constexpr std::array<std::pair<const char *, const char *>, 22> kMetrics{{{"answerNll", "nats"}, {"fullAnswerNll", "nats"}, {"deltaNll", "nats"},
        {"kl", "nats"}, {"taskScore", ""}, {"fullTaskScore", ""}, {"exactMatch", ""}, {"fullExactMatch", ""}, {"answerSurvival", ""},
        {"answerSurvivalOrdered", ""}, {"numberSurvival", ""}, {"capitalSurvival", ""}, {"achievedRate", ""}, {"readerTokensIn", "tokens"},
        {"readerTokensOut", "tokens"}, {"keptInformation", ""}, {"brokenWords", ""}, {"evidenceKept", ""}, {"evidenceElsewhere", ""}, {"askedRate", ""},
        {"tokensIn", "tokens"}, {"compressMs", "ms"}}};
    constexpr std::array kCurves{"answerNll", "deltaNll", "kl", "taskScore", "exactMatch", "answerSurvival", "numberSurvival"};
    constexpr std::array kCompared{"answerNll", "kl", "taskScore", "exactMatch", "answerSurvival"};
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

    double metricOf(const ItemResult &result, const std::string &name)
    {
        const auto found = result.metrics.find(name);
        return found == result.metrics.end() ? kNone : found->second;
    }

    Json cellOf(double value) { return std::isnan(value) ? Json() : jsonNumber(value); }

    std::string budgetOf(const PromptCell &cell) { return cell.method->spec->budget.unit.empty() ? std::string() : budgetText(cell.budget); }
    Json seedOf(const PromptCell &cell) { return cell.seed < 0 ? Json() : Json(cell.seed); }

    /// Values of a metric by item number under one cell.
    std::map<int64_t, double> valuesOf(const std::vector<ItemResult> &results, const PromptCell &cell, const std::string &metric)
    {
        std::map<int64_t, double> values;
        for (const ItemResult &result : results) {
            if (const double value = metricOf(result, metric); result.cell == &cell && !std::isnan(value))
                values[result.number] = value;
        }
        return values;
    }

    std::vector<double> listOf(const std::map<int64_t, double> &values)
    {
        std::vector<double> list;
        for (const auto &[number, value] : values)
            list.push_back(value);
        return list;
    }

    TableArtifact table(const char *id, const char *title, std::vector<std::string> columns)
    {
        TableArtifact made;
        made.id = id;
        made.title = title;
        made.units.assign(columns.size(), "");
        made.columns = std::move(columns);
        return made;
    }

    TableArtifact itemTable(const std::vector<ItemResult> &results)
    {
        TableArtifact items = table("items", "Items", {"method", "budget", "seed", "item", "number", "state", "reason"});
        for (const auto &[name, unit] : kMetrics) {
            items.columns.emplace_back(name);
            items.units.emplace_back(unit);
        }
        items.columns.emplace_back("cellKey");
        items.units.emplace_back("");
        for (const ItemResult &result : results) {
            Json row{result.cell->method->spec->id, budgetOf(*result.cell), seedOf(*result.cell), result.id, result.number, result.state, result.reason};
            for (const auto &[name, unit] : kMetrics)
                row.push_back(cellOf(metricOf(result, name)));
            row.push_back(result.key);
            items.rows.push_back(std::move(row));
        }
        return items;
    }

    TableArtifact meanTable(const std::vector<PromptCell> &cells, const std::vector<ItemResult> &results)
    {
        TableArtifact means = table("means", "Means over items, with 95 % intervals", {"method", "budget", "seed", "metric", "items", "mean", "low", "high"});
        for (const PromptCell &cell : cells) {
            for (const auto &[name, unit] : kMetrics) {
                const auto values = listOf(valuesOf(results, cell, name));
                if (values.empty())
                    continue;
                const MeanInterval mean = bootstrapMean(values);
                means.rows.push_back({cell.method->spec->id, budgetOf(cell), seedOf(cell), name, values.size(), cellOf(mean.mean), cellOf(mean.low), cellOf(mean.high)});
            }
        }
        return means;
    }

    /// Every cell against the first method at the same size, over the items that both have.
    TableArtifact differenceTable(const std::vector<PromptCell> &cells, const std::vector<ItemResult> &results)
    {
        TableArtifact differences = table("differences", "Differences from the first method, paired over items, with 95 % intervals",
            {"method", "budget", "seed", "against", "metric", "items", "difference", "low", "high"});
        for (const PromptCell &cell : cells) {
            for (const PromptCell &first : cells) {
                if (first.method != cells.front().method || first.seed != cells.front().seed || cell.method == first.method || budgetOf(first) != budgetOf(cell))
                    continue;
                for (const char *name : kCompared) {
                    std::vector<double> a, b;
                    const auto own = valuesOf(results, cell, name);
                    for (const auto &[number, value] : valuesOf(results, first, name)) {
                        if (const auto found = own.find(number); found != own.end()) {
                            a.push_back(value);
                            b.push_back(found->second);
                        }
                    }
                    if (a.empty())
                        continue;
                    const MeanInterval difference = pairedBootstrap(a, b);
                    differences.rows.push_back({cell.method->spec->id, budgetOf(cell), seedOf(cell), first.method->spec->id, name, a.size(),
                        cellOf(difference.mean), cellOf(difference.low), cellOf(difference.high)});
                }
            }
        }
        return differences;
    }

    /// One method: a point a size, the mean over items and seeds; with several seeds the band is theirs, else the interval over items.
    Curve methodCurve(const std::vector<PromptCell> &cells, const std::vector<ItemResult> &results, const MethodRequest &method, const std::string &metric)
    {
        Curve curve;
        curve.id = metric + ':' + std::string(method.spec->id);
        curve.method = method.spec->id;
        curve.title = method.spec->title;
        curve.xName = "kept share of the tokens";
        curve.yName = metric;
        struct Point {
            double x = 0, y = 0, low = 0, high = 0;
            int64_t seeds = 0;
        };
        std::map<std::string, Point> points;
        for (const PromptCell &cell : cells) {
            const auto values = cell.method == &method ? listOf(valuesOf(results, cell, metric)) : std::vector<double>();
            if (values.empty())
                continue;
            const MeanInterval mean = bootstrapMean(values), rate = bootstrapMean(listOf(valuesOf(results, cell, "achievedRate")), 0);
            Point &point = points[budgetOf(cell)];
            const bool first = point.seeds++ == 0;
            point.low = first ? mean.low : point.seeds == 2 ? std::min(point.y, mean.mean) : std::min(point.low, mean.mean);
            point.high = first ? mean.high : point.seeds == 2 ? std::max(point.y, mean.mean) : std::max(point.high, mean.mean);
            point.x += (rate.mean - point.x) / static_cast<double>(point.seeds);
            point.y += (mean.mean - point.y) / static_cast<double>(point.seeds);
        }
        std::vector<std::pair<Point, std::string>> order;
        for (const auto &[budget, point] : points)
            order.emplace_back(point, budget);
        std::sort(order.begin(), order.end(), [](const auto &a, const auto &b) { return a.first.x < b.first.x; });
        for (const auto &[point, budget] : order) {
            curve.x.push_back(point.x);
            curve.y.push_back(point.y);
            curve.low.push_back(point.low);
            curve.high.push_back(point.high);
            curve.budgets.push_back(budget);
        }
        return curve;
    }

} // namespace

void addDatasetTables(ReportBuilder &builder, const std::vector<PromptCell> &cells, const std::vector<ItemResult> &results)
{
    builder.add(itemTable(results));
    builder.add(meanTable(cells, results));
    if (const TableArtifact differences = differenceTable(cells, results); !differences.rows.empty())
        builder.add(differences);
    for (const char *metric : kCurves) {
        const MethodRequest *last = nullptr;
        for (const PromptCell &cell : cells) {
            if (cell.method == last)
                continue;
            last = cell.method;
            if (Curve curve = methodCurve(cells, results, *cell.method, metric); !curve.x.empty())
                builder.add(curve);
        }
    }
    // With one cell the means are the metrics of the report.
    for (const auto &[name, unit] : kMetrics) {
        const auto values = cells.size() == 1 ? listOf(valuesOf(results, cells.front(), name)) : std::vector<double>();
        if (!values.empty())
            builder.setMetric(name, bootstrapMean(values, 0).mean);
    }
    builder.setMetric("items", static_cast<double>(results.size()) / static_cast<double>(std::max<size_t>(1, cells.size())));
}

} // namespace winnow
