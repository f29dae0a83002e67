#include "core/eval/metrics.h"
#include "core/eval/metrics_rows.h"
#include "core/eval/sweep.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace winnow {
namespace {

constexpr uint64_t kBootstrapSeed = 1234;

double identity(double value) { return value; }

/// A metric that is a function of the mean of a per-row value, so that rows can be drawn again for its interval.
struct RowMetric {
    std::vector<double> (*rows)(const TokenSeries &series) = nullptr;
    double (*ofMean)(double mean) = identity;
};

template <auto member>
std::vector<double> rowsOf(const TokenSeries &series)
{
    return {(series.*member).begin(), (series.*member).end()};
}

const std::map<std::string, RowMetric> &rowMetrics()
{
    static const std::map<std::string, RowMetric> metrics{
        {"nll", {rowsOf<&TokenSeries::nll>}},
        {"perplexity", {rowsOf<&TokenSeries::nll>, [](double mean) { return std::exp(mean); }}},
        {"deltaNll", {rowsOf<&TokenSeries::deltaNll>}},
        {"pplRatio", {rowsOf<&TokenSeries::deltaNll>, [](double mean) { return std::exp(mean); }}},
        {"kl", {rowsOf<&TokenSeries::kl>}},
        {"deltaP", {rowsOf<&TokenSeries::deltaP>}},
        {"top1Agreement", {rowsOf<&TokenSeries::agree>}},
        {"top5Overlap", {rowsOf<&TokenSeries::overlap>, [](double mean) { return mean / kTopIds; }}},
        {"lostMass", {rowsOf<&TokenSeries::lostMass>}},
        {"massRecall", {rowsOf<&TokenSeries::lostMass>, [](double mean) { return 1 - mean; }}},
        {"saliencyJaccard", {rowsOf<&TokenSeries::saliencyJaccard>}},
    };
    return metrics;
}

const char *unitOf(const std::string &metric)
{
    if (metric == "nll" || metric == "deltaNll" || metric.rfind("kl", 0) == 0)
        return "nats per token";
    return "";
}

double axisValue(const SweepCell &cell, CurveAxis axis)
{
    switch (axis) {
    case CurveAxis::NativeBytes:
        return cell.bytes.native;
    case CurveAxis::NominalBytes:
        return cell.bytes.nominal;
    case CurveAxis::EffectiveBytes:
        return cell.bytes.native + cell.bytes.slmCache;
    case CurveAxis::Tokens:
        break;
    }
    return static_cast<double>(cell.count);
}

const char *axisName(CurveAxis axis)
{
    switch (axis) {
    case CurveAxis::NativeBytes:
        return "nativeBytes";
    case CurveAxis::NominalBytes:
        return "nominalBytes";
    case CurveAxis::EffectiveBytes:
        return "effectiveBytes";
    case CurveAxis::Tokens:
        break;
    }
    return "tokens";
}

struct Point {
    double x = 0, y = 0;
    Interval band;
    bool hasBand = false;
    std::string budget;
};

/// The cells of one budget, one per seed, as a point.
Point pointOf(const std::vector<const SweepCell *> &cells, const std::string &metric, CurveAxis axis)
{
    Point point;
    const double count = static_cast<double>(cells.size());
    for (const SweepCell *cell : cells) {
        point.x += axisValue(*cell, axis) / count;
        point.y += cell->result->metrics.at(metric) / count;
    }
    point.budget = budgetText(cells.front()->budget);
    const auto rowMetric = rowMetrics().find(metric);
    if (rowMetric == rowMetrics().end())
        return point;
    std::vector<double> rows;
    for (const SweepCell *cell : cells) {
        const std::vector<double> values = rowMetric->second.rows(cell->result->series);
        rows.resize(values.size());
        for (size_t t = 0; t < values.size(); ++t)
            rows[t] += values[t] / count;
    }
    const Interval band = bootstrapMean(rows, kBootstrapSeed);
    const double a = rowMetric->second.ofMean(band.low), b = rowMetric->second.ofMean(band.high);
    point.band = {std::min(a, b), std::max(a, b)};
    point.hasBand = !rows.empty();
    return point;
}

void addThresholds(Curve &curve, const std::string &metric, const std::vector<Point> &points, const CellResult *full)
{
    if (!curve.low.empty())
        curve.thresholds.push_back(Json{{"name", "interval"}, {"text", "95 % over the rows of one text"}});
    if (full) {
        if (const auto value = full->metrics.find(metric); value != full->metrics.end())
            curve.thresholds.push_back(Json{{"name", "full"}, {"y", jsonNumber(value->second)}, {"text", "full cache"}});
    }
    if (metric != "deltaNll")
        return;
    std::vector<KneePoint> knees;
    for (const Point &point : points)
        knees.push_back({point.x, point.band.low});
    if (const Knee knee = kneeOf(knees); knee.found)
        curve.thresholds.push_back(Json{{"name", "knee"}, {"x", jsonNumber(knee.within)}, {"beyond", jsonNumber(knee.beyond)},
            {"text", "smallest budget before the loss exceeds 0.01 nats for certain"}});
}

Json lineParameters(const SweepCell &cell)
{
    Json parameters = cell.method.parameters;
    parameters.erase("seed");
    return parameters;
}

} // namespace

std::string parameterDifference(const SweepCell &cell, const std::vector<SweepCell> &cells)
{
    std::string text;
    const Json own = lineParameters(cell);
    for (const auto &[name, value] : own.items()) {
        const auto differs = [&](const SweepCell &other) {
            return other.method.method == cell.method.method && other.method.parameters.contains(name)
                && other.method.parameters.at(name) != value;
        };
        if (std::any_of(cells.begin(), cells.end(), differs))
            text += (text.empty() ? "" : " ") + name + '=' + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return text;
}

std::vector<Curve> buildCurves(
    const std::vector<SweepCell> &cells, const std::string &metric, CurveAxis axis, const CellResult *full)
{
    // Lines in the order of their first cell; cells of one budget and several seeds are one point.
    std::vector<std::string> lines;
    std::map<std::string, std::map<std::string, std::vector<const SweepCell *>>> grouped;
    for (const SweepCell &cell : cells) {
        if (cell.state != CellState::Measured || !cell.result || cell.result->metrics.count(metric) == 0)
            continue;
        const std::string line = cell.method.method + lineParameters(cell).dump();
        if (grouped.count(line) == 0)
            lines.push_back(line);
        grouped[line][budgetText(cell.budget)].push_back(&cell);
    }
    std::vector<Curve> curves;
    for (const std::string &line : lines) {
        std::vector<Point> points;
        for (const auto &[budget, members] : grouped[line])
            points.push_back(pointOf(members, metric, axis));
        std::sort(points.begin(), points.end(), [](const Point &a, const Point &b) { return a.x < b.x; });
        const SweepCell &first = *grouped[line].begin()->second.front();
        Curve curve;
        const std::string difference = parameterDifference(first, cells);
        curve.id = metric + ":" + first.method.method + (difference.empty() ? "" : ' ' + difference);
        curve.method = first.method.method;
        curve.title = first.title + (difference.empty() ? "" : ", " + difference);
        curve.xName = axisName(axis);
        curve.yName = metric;
        curve.unit = unitOf(metric);
        for (const Point &point : points) {
            curve.x.push_back(point.x);
            curve.y.push_back(point.y);
            curve.budgets.push_back(point.budget);
            if (point.hasBand) {
                curve.low.push_back(point.band.low);
                curve.high.push_back(point.band.high);
            }
        }
        addThresholds(curve, metric, points, full);
        curves.push_back(std::move(curve));
    }
    return curves;
}

} // namespace winnow
