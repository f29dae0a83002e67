#include "app/workbench/prompt_curves.h"

#include "app/workbench/measurements.h"
#include "app/workbench/run_family.h"

#include "core/base/json_fields.h"
#include "views/theme.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>

namespace winnow {
namespace {

    struct Measure {
        const char *name, *unit;
    };
    constexpr std::array kMeasures{Measure{"deltaNll", "nats/token"}, Measure{"kl", "nats"}, Measure{"answerSurvival", ""}, Measure{"numberSurvival", ""}, Measure{"keptInformation", ""}};

    struct Cell {
        Setting setting;
        ReportPtr report;
    };

    const Json &promptOf(const Json &request)
    {
        return childField(request, "prompt");
    }

    /// Measured reports of one line.
    std::vector<Cell> cellsOf(const ResultSource &document, const RunRecord &owner, const Setting &setting)
    {
        std::vector<Cell> cells;
        // What the run was pinned with, or was measured with after question or answer changed.
        const ReportPtr measured = document.report(owner.id);
        const Json wanted = promptOf(isMeasured(measured) ? measured->request() : owner.request);
        auto take = [&](const ReportPtr &report) {
            if (!isMeasured(report))
                return;
            const Json request = report->request();
            const Setting own = settingFromJson(request);
            if (own.family == "prompt" && sameCurve(own, setting) && promptOf(request) == wanted)
                cells.push_back({own, report});
        };
        for (const auto &[key, report] : document.cells())
            take(report);
        for (const RunRecord &run : document.runs())
            if (run.inputId == owner.inputId)
                take(document.report(run.id));
        return cells;
    }

    struct Sum {
        double x = 0, y = 0, low = 0, high = 0;
        int count = 0;
        bool unmatched = false;
        std::vector<Json> seeds; // a cell that stands twice in the session counts once
    };

    /// Points by budget; seeds are averaged.
    std::map<std::string, Sum> pointsOf(const std::vector<Cell> &cells, const char *measure)
    {
        std::map<std::string, Sum> points;
        for (const Cell &cell : cells) {
            const std::optional<double> y = cell.report->metric(measure), x = cell.report->metric("achievedRate");
            if (!x || !y || !std::isfinite(*y))
                continue;
            Sum &sum = points[budgetText(cell.setting.budget)];
            const Json seed = cell.setting.parameters.value("seed", Json());
            if (std::find(sum.seeds.begin(), sum.seeds.end(), seed) != sum.seeds.end())
                continue;
            sum.seeds.push_back(seed);
            sum.low = sum.count == 0 ? *y : std::min(sum.low, *y);
            sum.high = sum.count == 0 ? *y : std::max(sum.high, *y);
            sum.unmatched = sum.unmatched || stringField(cell.report->body(), "state") == "unmatched";
            sum.x += *x;
            sum.y += *y;
            ++sum.count;
        }
        return points;
    }

    /// A curve with the marks of its points.
    struct MarkedCurve {
        Curve curve;
        std::vector<uint8_t> unmatched;
    };

    MarkedCurve curveOf(const RunRecord &owner, const std::vector<Cell> &cells, const Measure &measure)
    {
        MarkedCurve marked;
        Curve &curve = marked.curve;
        const std::string letter = runLetter(owner.letter).toStdString();
        curve.id = std::string("quality.achievedRate.") + measure.name + "." + letter;
        curve.method = letter;
        curve.title = owner.name;
        curve.xName = "achievedRate";
        curve.yName = measure.name;
        curve.unit = measure.unit;
        std::vector<std::pair<std::string, Sum>> points;
        int seeds = 1;
        for (auto &[budget, sum] : pointsOf(cells, measure.name)) {
            sum.x /= sum.count;
            sum.y /= sum.count;
            seeds = std::max(seeds, sum.count);
            points.emplace_back(budget, sum);
        }
        std::sort(points.begin(), points.end(), [](const auto &a, const auto &b) { return a.second.x < b.second.x; });
        for (const auto &[budget, sum] : points) {
            curve.x.push_back(sum.x);
            curve.y.push_back(sum.y);
            if (seeds > 1) {
                curve.low.push_back(sum.low);
                curve.high.push_back(sum.high);
            }
            curve.budgets.push_back(budget);
            marked.unmatched.push_back(sum.unmatched ? 1 : 0);
        }
        if (seeds > 1)
            curve.title += QCoreApplication::translate("Quality", ", %1 seeds").arg(seeds).toStdString();
        return marked;
    }

    void addForecast(MarkedCurve &marked, const PromptDataPtr &preview, const Budget &budget)
    {
        Curve &curve = marked.curve;
        const std::string text = budgetText(budget);
        if (!preview || std::find(curve.budgets.begin(), curve.budgets.end(), text) != curve.budgets.end())
            return;
        const std::optional<double> y = between(curve.x, curve.y, preview->achievedRate);
        if (!y)
            return;
        const auto at = std::lower_bound(curve.x.begin(), curve.x.end(), preview->achievedRate) - curve.x.begin();
        curve.forecast.assign(curve.x.size(), 0);
        curve.x.insert(curve.x.begin() + at, preview->achievedRate);
        curve.y.insert(curve.y.begin() + at, *y);
        if (!curve.low.empty()) {
            curve.low.insert(curve.low.begin() + at, *y);
            curve.high.insert(curve.high.begin() + at, *y);
        }
        curve.budgets.insert(curve.budgets.begin() + at, text);
        curve.forecast.insert(curve.forecast.begin() + at, 1);
        marked.unmatched.insert(marked.unmatched.begin() + at, 0);
    }

} // namespace

std::optional<double> between(const std::vector<double> &x, const std::vector<double> &y, double at)
{
    if (x.size() < 2 || at < x.front() || at > x.back())
        return std::nullopt;
    const size_t right = std::clamp<size_t>(static_cast<size_t>(std::lower_bound(x.begin(), x.end(), at) - x.begin()), 1, x.size() - 1);
    const double width = x[right] - x[right - 1];
    return width <= 0 ? y[right] : y[right - 1] + (y[right] - y[right - 1]) * (at - x[right - 1]) / width;
}

PromptCurves promptCurves(const ResultSource &document, const ViewContext &context)
{
    PromptCurves curves;
    std::vector<Setting> seen;
    for (const RunRecord &run : document.runs()) {
        if (run.inputId != context.inputId || runFamily(run) != "prompt")
            continue;
        const Setting setting = settingFromJson(run.request);
        if (std::any_of(seen.begin(), seen.end(), [&](const Setting &other) { return sameCurve(other, setting); }))
            continue;
        seen.push_back(setting);
        const std::vector<Cell> cells = cellsOf(document, run, setting);
        const bool shown = context.activeRun == 0 && context.preview && sameCurve(context.setting, setting);
        for (const Measure &measure : kMeasures) {
            MarkedCurve marked = curveOf(run, cells, measure);
            if (shown)
                addForecast(marked, context.quality->prompt(context.preview), context.setting.budget);
            if (marked.curve.x.empty())
                continue;
            curves.curves.push_back(std::move(marked.curve));
            curves.unmatched.push_back(std::move(marked.unmatched));
        }
    }
    return curves;
}

} // namespace winnow
