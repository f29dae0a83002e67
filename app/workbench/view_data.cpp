#include "app/workbench/view_data.h"

#include "app/workbench/measurements.h"
#include "app/workbench/prompt_curves.h"
#include "app/workbench/run_family.h"
#include "sessions/compare_table.h"

#include <QStringList>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    const RunRecord *findRun(const ResultSource &source, qint64 id)
    {
        for (const RunRecord &run : source.runs()) {
            if (run.id == id)
                return &run;
        }
        return nullptr;
    }

    Json fieldOf(const Json &json, const char *name)
    {
        if (json.is_object()) {
            if (auto it = json.find(name); it != json.end())
                return *it;
        }
        return {};
    }

    /// What was measured on, small enough to compare: the name when there is one, else ids or text.
    Json inputIdentity(const Json &request)
    {
        const Json input = fieldOf(request, "input");
        for (const char *name : {"name", "text", "ids"}) {
            if (Json value = fieldOf(input, name); !value.is_null())
                return value;
        }
        return {};
    }

    bool sameCurve(const QualityPoint &point, const Setting &setting, const Json &input)
    {
        return point.setting.method == setting.method && point.setting.parameters == setting.parameters && point.input == input;
    }

    struct SizeAxis {
        const char *name;
        double QualityPoint::*value;
    };
    struct QualityAxis {
        const char *name, *unit;
        std::optional<double> QualityPoint::*value;
        std::optional<double> QualityPoint::*alone; // the same of the small model by itself
    };
    constexpr SizeAxis kSizeAxes[] = {{"nativeBytes", &QualityPoint::storedBytes}, {"nominalBytes", &QualityPoint::nominalBytes}, {"tokens", &QualityPoint::tokens},
        {"effectiveBytes", &QualityPoint::effectiveBytes}, {"replacedShare", &QualityPoint::replacedShare}};
    constexpr QualityAxis kQualityAxes[] = {{"deltaNll", "nats/token", &QualityPoint::deltaNll, &QualityPoint::smallDeltaNll}, {"kl", "nats", &QualityPoint::kl, &QualityPoint::smallKl},
        {"top1Agreement", "", &QualityPoint::top1, &QualityPoint::smallTop1}, {"nll", "nats/token", &QualityPoint::nll, &QualityPoint::smallNll}};

    Curve makeCurve(const RunRecord &owner, const std::vector<const QualityPoint *> &measured, const SizeAxis &size, const QualityAxis &quality)
    {
        std::map<double, const QualityPoint *> points;
        for (const QualityPoint *point : measured) {
            if (point->*size.value >= 0 && point->*quality.value)
                points[point->*size.value] = point;
        }
        Curve curve;
        const std::string letter = runLetter(owner.letter).toStdString();
        curve.id = std::string("quality.") + size.name + "." + quality.name + "." + letter;
        curve.method = letter;
        curve.title = owner.name;
        curve.xName = size.name;
        curve.yName = quality.name;
        curve.unit = quality.unit;
        for (const QualityPoint *point : measured)
            if (curve.thresholds.empty() && point->*quality.alone)
                curve.thresholds.push_back({{"name", "small"}, {"y", *(point->*quality.alone)}});
        const bool bands = quality.value == &QualityPoint::deltaNll && !points.empty() && std::all_of(points.begin(), points.end(), [](const auto &entry) { return entry.second->band; });
        for (const auto &[x, point] : points) {
            curve.x.push_back(x);
            curve.y.push_back(*(point->*quality.value));
            if (bands) {
                curve.low.push_back(point->low);
                curve.high.push_back(point->high);
            }
            curve.budgets.push_back(budgetText(point->setting.budget));
        }
        return curve;
    }

    /// What tells this setting from others of the same method among the curves: "h2o", "mass". Empty when it is the only one, or
    /// where the difference is that something is off.
    QString differenceFrom(const Setting &setting, const std::vector<Setting> &others)
    {
        QStringList words;
        if (!setting.parameters.is_object())
            return {};
        for (const auto &[name, value] : setting.parameters.items()) {
            const bool differs = std::any_of(others.begin(), others.end(), [&](const Setting &other) { return other.method == setting.method && fieldOf(other.parameters, name.c_str()) != value; });
            if (!differs || value == Json("none") || value == Json(false) || value == Json(""))
                continue;
            words << (value.is_string() ? QString::fromStdString(value.get<std::string>()) : QStringLiteral("%1 %2").arg(QString::fromStdString(name), QString::fromStdString(value.dump())));
        }
        return words.join(QStringLiteral(", "));
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

    /// Bytes and kept tokens of a report, measured or only selected.
    void fillSizes(QualityPoint &point, const Report &report)
    {
        const Savings savings = report.savings();
        point.storedBytes = savings.nativeBytes;
        point.nominalBytes = savings.nominalBytes;
        point.smallCacheBytes = savings.slmCacheBytes;
        point.effectiveBytes = savings.nativeBytes >= 0 ? savings.nativeBytes + std::max(0.0, savings.slmCacheBytes) : -1;
        const Json tokens = fieldOf(fieldOf(report.body(), "budget"), "metTokens");
        point.tokens = tokens.is_number() ? tokens.get<double>() : -1;
    }

} // namespace

const QualityPoint &QualityCache::point(const ReportPtr &report)
{
    auto it = m_points.find(report);
    if (it != m_points.end())
        return it->second;
    QualityPoint point;
    const Json request = report->request();
    point.setting = settingFromJson(request);
    point.input = inputIdentity(request);
    const std::optional<double> delta = report->metric("deltaNll");
    fillSizes(point, *report);
    point.deltaNll = delta;
    point.kl = report->metric("kl");
    point.top1 = report->metric("top1Agreement");
    point.nll = report->metric("nll");
    point.smallDeltaNll = report->metric("smallDeltaNll");
    point.smallKl = report->metric("smallKl");
    point.smallTop1 = report->metric("smallTop1Agreement");
    point.smallNll = report->metric("smallNll");
    const Json layers = fieldOf(report->model(), "layers");
    if (const auto mapped = report->metric("mappedLayers"); mapped && layers.is_number() && layers.get<double>() > 0)
        point.replacedShare = *mapped / layers.get<double>();
    else if (point.setting.method == "full")
        point.replacedShare = 0; // where the curves over replaced layers begin
    point.measured = delta && point.storedBytes >= 0 && !waitsForText(*report); // an inactive method has no quality of its own
    point.low = point.high = delta.value_or(0);
    if (const std::optional<MeanInterval> interval = deltaNllInterval(*report)) {
        point.band = true;
        point.low = interval->low;
        point.high = interval->high;
    }
    return m_points.emplace(report, std::move(point)).first->second;
}

PromptDataPtr QualityCache::prompt(const ReportPtr &report)
{
    if (!report)
        return nullptr;
    auto it = m_prompts.find(report);
    return it != m_prompts.end() ? it->second : m_prompts.emplace(report, readPromptData(*report)).first->second;
}

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

RunEntry runEntry(const ResultSource &document, const RunRecord &run)
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

std::vector<Curve> qualityCurves(const ResultSource &document, const ViewContext &context)
{
    std::vector<Curve> curves;
    std::vector<Setting> seen, all;
    for (const RunRecord &run : document.runs())
        if (run.inputId == context.inputId)
            all.push_back(settingFromJson(run.request));
    bool pairs = false, replaces = false; // some run has a second model, whose cache counts; one that gives layers their attention
    for (const RunRecord &run : document.runs()) {
        if (run.inputId != context.inputId || runFamily(run) != "kv")
            continue;
        const Setting setting = settingFromJson(run.request);
        const bool known = std::any_of(seen.begin(), seen.end(),
            [&](const Setting &other) { return other.method == setting.method && other.parameters == setting.parameters; });
        if (known)
            continue;
        seen.push_back(setting);
        const QString difference = differenceFrom(setting, all);
        std::vector<const QualityPoint *> points;
        const Json input = inputIdentity(run.request);
        auto take = [&](const ReportPtr &report) {
            const QualityPoint &point = context.quality->point(report);
            if (point.measured && sameCurve(point, setting, input)) {
                points.push_back(&point);
                pairs = pairs || point.smallCacheBytes > 0;
                replaces = replaces || point.replacedShare > 0;
            }
        };
        for (const auto &[key, report] : document.cells())
            take(report);
        for (const RunRecord &other : document.runs()) {
            if (const ReportPtr report = document.report(other.id); report && other.inputId == run.inputId)
                take(report);
        }
        const bool shown = context.setting.method == setting.method && context.setting.parameters == setting.parameters;
        QualityPoint forecast;
        if (shown && context.preview && context.activeRun == 0)
            fillSizes(forecast, *context.preview);
        for (const SizeAxis &size : kSizeAxes) {
            for (const QualityAxis &quality : kQualityAxes) {
                Curve curve = makeCurve(run, points, size, quality);
                if (forecast.*size.value > 0)
                    addForecast(curve, forecast.*size.value, context.setting.budget);
                if (!difference.isEmpty())
                    curve.title += ", " + difference.toStdString();
                if (!curve.x.empty())
                    curves.push_back(std::move(curve));
            }
        }
    }
    if (!pairs)
        std::erase_if(curves, [](const Curve &curve) { return curve.xName == "effectiveBytes"; });
    if (!replaces)
        std::erase_if(curves, [](const Curve &curve) { return curve.xName == "replacedShare"; });
    return curves;
}

namespace {

    QString badgeOf(const ViewContext &context, const std::string &method)
    {
        const MethodInfo *info = context.methods ? findMethod(*context.methods, method) : nullptr;
        return info ? QString::fromStdString(info->badge) : QString();
    }

    RunEntry shownEntry(const ResultSource &document, const RunRecord &run, const ViewContext &context)
    {
        RunEntry entry = runEntry(document, run);
        entry.badge = badgeOf(context, settingFromJson(run.request).method);
        if (context.family == "prompt")
            entry.prompt = context.quality->prompt(entry.report);
        return entry;
    }

    /// What the preview of a prompt was made with: while the model reads for another method, the old cuts keep their own name.
    Setting shownSetting(const ViewContext &context)
    {
        if (context.family != "prompt" || !context.preview)
            return context.setting;
        const Setting made = settingFromJson(context.preview->request());
        return made.method == context.setting.method || made.method.empty() ? context.setting : made;
    }

} // namespace

ViewDataPtr buildViewData(const ResultSource &document, const ViewContext &context)
{
    auto data = std::make_shared<ViewData>();
    data->pair = context.pair;
    data->promptMap = context.promptMap;
    data->words = context.words;
    for (const RunRecord &run : document.runs()) {
        if (run.inputId == context.inputId && runFamily(run) == context.family)
            data->runs.push_back(shownEntry(document, run, context));
    }
    if (const RunRecord *active = findRun(document, context.activeRun); active && document.report(active->id)) {
        data->current = shownEntry(document, *active, context);
    } else {
        data->current.index = -1;
        const Setting shown = shownSetting(context);
        const MethodInfo *method = context.methods ? findMethod(*context.methods, shown.method) : nullptr;
        data->current.title = shown.method != context.setting.method && method ? QString::fromStdString(method->title) : context.methodTitle;
        data->current.budget = budgetLabel(shown.budget);
        data->current.report = context.preview;
        data->current.badge = badgeOf(context, shown.method);
        if (context.family == "prompt")
            data->current.prompt = context.quality->prompt(context.preview);
    }
    if (context.family == "prompt") {
        PromptCurves curves = promptCurves(document, context);
        data->curves = std::move(curves.curves);
        data->unmatched = std::move(curves.unmatched);
    } else {
        data->curves = qualityCurves(document, context);
    }
    return data;
}

} // namespace winnow
