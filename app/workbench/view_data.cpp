#include "app/workbench/view_data.h"

#include "app/workbench/measurements.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace winnow {
namespace {

    struct Point {
        double y = 0, low = 0, high = 0;
        bool band = false;
        std::string budget;
    };

    std::optional<double> firstMetric(const Report &report, std::initializer_list<const char *> names)
    {
        for (const char *name : names) {
            if (std::optional<double> value = report.metric(name))
                return value;
        }
        return std::nullopt;
    }

    void addPoint(std::map<double, Point> &points, const Report &report, const std::string &budget)
    {
        const Savings savings = report.savings();
        const std::optional<double> delta = report.metric("deltaNll");
        if (!delta || savings.nativeBytes < 0)
            return;
        Point point;
        point.y = *delta;
        const std::optional<double> low = firstMetric(report, {"deltaNllLow"}), high = firstMetric(report, {"deltaNllHigh"});
        point.band = low && high;
        point.low = low.value_or(*delta);
        point.high = high.value_or(*delta);
        point.budget = budget;
        points[savings.nativeBytes] = point;
    }

    Json fieldOf(const Json &json, const char *name)
    {
        if (json.is_object()) {
            if (auto it = json.find(name); it != json.end())
                return *it;
        }
        return {};
    }

    /// A cell belongs to a run's curve when it shares method, parameters and input.
    bool sameCurve(const Json &cell, const RunRecord &run, const Setting &setting)
    {
        const Setting other = settingFromJson(cell);
        if (other.method != setting.method || other.parameters != setting.parameters)
            return false;
        const Json input = fieldOf(cell, "input"), own = fieldOf(run.request, "input");
        for (const char *name : {"ids", "text", "name"}) {
            const Json a = fieldOf(input, name), b = fieldOf(own, name);
            if (!a.is_null() && !b.is_null())
                return a == b;
        }
        return true;
    }

    Curve makeCurve(const RunRecord &owner, const std::map<double, Point> &points)
    {
        Curve curve;
        const std::string letter = runLetter(owner.letter).toStdString();
        curve.id = "quality." + letter;
        curve.method = letter;
        curve.title = owner.name;
        curve.xName = "nativeBytes";
        curve.yName = "deltaNll";
        curve.unit = "nats/token";
        const bool bands = !points.empty() && std::all_of(points.begin(), points.end(), [](const auto &entry) { return entry.second.band; });
        for (const auto &[x, point] : points) {
            curve.x.push_back(x);
            curve.y.push_back(point.y);
            if (bands) {
                curve.low.push_back(point.low);
                curve.high.push_back(point.high);
            }
            curve.budgets.push_back(point.budget);
        }
        return curve;
    }

    void addForecast(Curve &curve, double bytes, const Budget &budget)
    {
        for (double x : curve.x) {
            if (std::abs(x - bytes) < 0.01 * bytes)
                return;
        }
        const std::optional<double> y = forecastQuality(curve.x, curve.y, bytes);
        if (!y)
            return;
        const auto at = std::lower_bound(curve.x.begin(), curve.x.end(), bytes) - curve.x.begin();
        curve.forecast.assign(curve.x.size(), 0);
        curve.x.insert(curve.x.begin() + at, bytes);
        curve.y.insert(curve.y.begin() + at, *y);
        if (!curve.low.empty()) {
            curve.low.insert(curve.low.begin() + at, *y);
            curve.high.insert(curve.high.begin() + at, *y);
        }
        curve.budgets.insert(curve.budgets.begin() + at, budgetText(budget));
        curve.forecast.insert(curve.forecast.begin() + at, 1);
    }

} // namespace

std::optional<double> forecastQuality(const std::vector<double> &x, const std::vector<double> &y, double bytes)
{
    if (x.size() < 2 || bytes <= 0 || x.front() <= 0)
        return std::nullopt;
    size_t right = static_cast<size_t>(std::lower_bound(x.begin(), x.end(), bytes) - x.begin());
    right = std::clamp<size_t>(right, 1, x.size() - 1);
    const double from = std::log(x[right - 1]), to = std::log(x[right]);
    if (to - from < 1e-9)
        return std::nullopt;
    const double share = (std::log(bytes) - from) / (to - from);
    return y[right - 1] + share * (y[right] - y[right - 1]);
}

RunEntry runEntry(const SessionDocument &document, const RunRecord &run)
{
    RunEntry entry;
    entry.index = run.letter;
    entry.title = QString::fromStdString(run.name);
    entry.budget = budgetLabel(settingFromJson(run.request).budget);
    entry.report = document.report(run.id);
    entry.baseline = document.baseline() == run.id;
    entry.measured = isMeasured(entry.report);
    return entry;
}

std::vector<Curve> qualityCurves(const SessionDocument &document, const ViewContext &context)
{
    std::vector<Curve> curves;
    std::vector<Setting> seen;
    for (const RunRecord &run : document.runs()) {
        if (run.inputId != context.inputId)
            continue;
        const Setting setting = settingFromJson(run.request);
        const bool known = std::any_of(seen.begin(), seen.end(),
            [&](const Setting &other) { return other.method == setting.method && other.parameters == setting.parameters; });
        if (known)
            continue;
        seen.push_back(setting);
        std::map<double, Point> points;
        for (const auto &[key, report] : document.cells()) {
            const Json request = report->request();
            if (sameCurve(request, run, setting)) {
                const Json budget = fieldOf(request, "budget");
                addPoint(points, *report, budget.is_string() ? budget.get<std::string>() : std::string());
            }
        }
        for (const RunRecord &other : document.runs()) {
            const Setting own = settingFromJson(other.request);
            const ReportPtr report = document.report(other.id);
            if (report && other.inputId == run.inputId && own.method == setting.method && own.parameters == setting.parameters)
                addPoint(points, *report, budgetText(own.budget));
        }
        if (points.empty())
            continue;
        Curve curve = makeCurve(run, points);
        const bool shown = context.setting.method == setting.method && context.setting.parameters == setting.parameters;
        if (shown && context.preview && context.activeRun == 0 && context.preview->savings().nativeBytes > 0)
            addForecast(curve, context.preview->savings().nativeBytes, context.setting.budget);
        curves.push_back(std::move(curve));
    }
    return curves;
}

ViewDataPtr buildViewData(const SessionDocument &document, const ViewContext &context)
{
    auto data = std::make_shared<ViewData>();
    for (const RunRecord &run : document.runs()) {
        if (run.inputId == context.inputId)
            data->runs.push_back(runEntry(document, run));
    }
    if (const RunRecord *active = document.run(context.activeRun); active && document.report(active->id)) {
        data->current = runEntry(document, *active);
    } else {
        data->current.index = -1;
        data->current.title = context.methodTitle;
        data->current.budget = budgetLabel(context.setting.budget);
        data->current.report = context.preview;
    }
    data->curves = qualityCurves(document, context);
    return data;
}

} // namespace winnow
