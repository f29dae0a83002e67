#include "app/workbench/setting.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("Setting", text); }

    double numberField(const Json &json, const char *name)
    {
        auto it = json.find(name);
        return it != json.end() && it->is_number() ? it->get<double>() : 0;
    }

    std::string wordOf(const Json &value)
    {
        if (value.is_string())
            return value.get<std::string>();
        return value.is_null() ? std::string() : value.dump();
    }

} // namespace

Json toJson(const Setting &setting)
{
    Json json{{"method", setting.method}, {"params", setting.parameters}, {"budget", budgetText(setting.budget)}};
    if (setting.family != "kv")
        json["family"] = setting.family;
    return json;
}

Setting settingFromJson(const Json &json)
{
    Setting setting;
    if (!json.is_object())
        return setting;
    if (auto it = json.find("method"); it != json.end() && it->is_string())
        setting.method = it->get<std::string>();
    if (auto it = json.find("params"); it != json.end() && it->is_object())
        setting.parameters = *it;
    // Requests that come back from the engine say their family by what they hold.
    auto family = json.find("family");
    if (family != json.end() && family->is_string())
        setting.family = family->get<std::string>();
    else if (json.contains("prompt") && json["prompt"].is_object())
        setting.family = "prompt";
    setting.budget = {BudgetKind::Fraction, 1.0}; // a method without a budget keeps everything
    if (auto it = json.find("budget"); it != json.end()) {
        if (it->is_string()) {
            if (Result<Budget> budget = parseBudget(it->get<std::string>()))
                setting.budget = *budget;
        } else if (it->is_number()) {
            setting.budget = {BudgetKind::Fraction, std::clamp(it->get<double>(), 0.0, 1.0)};
        }
    } else {
        setting.budget = {BudgetKind::Fraction, 1.0}; // a method without a budget keeps everything
    }
    return setting;
}

qint64 budgetTokens(const Budget &budget, const CacheGeometry &geometry)
{
    if (geometry.tokens <= 0)
        return 0;
    if (budget.kind == BudgetKind::Bytes) {
        if (geometry.bytesPerToken <= 0)
            return 0;
        return std::clamp<qint64>(static_cast<qint64>((budget.value - geometry.besideBytes) / geometry.bytesPerToken), 1, geometry.tokens);
    }
    return budgetCount(budget, geometry.tokens);
}

double budgetFraction(const Budget &budget, const CacheGeometry &geometry)
{
    if (budget.kind == BudgetKind::Fraction)
        return budget.value;
    if (geometry.tokens <= 0)
        return 0;
    return static_cast<double>(budgetTokens(budget, geometry)) / static_cast<double>(geometry.tokens);
}

QString budgetLabel(const Budget &budget)
{
    switch (budget.kind) {
    case BudgetKind::Fraction: {
        const double percent = budget.value * 100;
        const bool whole = std::abs(percent - std::round(percent)) < 0.05;
        return QStringLiteral("%1 %").arg(percent, 0, 'f', whole ? 0 : 1);
    }
    case BudgetKind::Count:
        return tr("%1 tokens").arg(QLocale(QLocale::English).toString(static_cast<qint64>(budget.value)));
    case BudgetKind::Bytes:
        return QString::fromStdString(byteText(budget.value));
    }
    return {};
}

QString tokenShareLabel(const Budget &budget, const CacheGeometry &geometry)
{
    const QLocale locale(QLocale::English);
    return tr("%1 of %2 tokens").arg(locale.toString(budgetTokens(budget, geometry)), locale.toString(geometry.tokens));
}

bool parameterVisible(const ParameterInfo &parameter, const Json &values)
{
    const std::string &rule = parameter.visibleWhen;
    if (rule.empty())
        return true;
    const size_t differs = rule.find("!=");
    const size_t equals = rule.find("==");
    const size_t at = differs != std::string::npos ? differs : equals;
    const size_t single = rule.find('=');
    const size_t cut = at != std::string::npos ? at : single;
    if (cut == std::string::npos)
        return true;
    const std::string name = rule.substr(0, cut);
    const std::string wanted = rule.substr(cut + (at != std::string::npos ? 2 : 1));
    auto it = values.find(name);
    const bool same = it != values.end() && wordOf(*it) == wanted;
    return differs != std::string::npos ? !same : same;
}

Setting defaultSetting(const MethodInfo &method)
{
    Setting setting;
    setting.method = method.id;
    setting.family = method.family;
    if (Result<Json> values = canonicalParameters(method, Json::object()))
        setting.parameters = *values;
    setting.budget = {BudgetKind::Fraction, method.budgetUnit.empty() ? 1.0 : method.family == "prompt" ? 0.5 : 0.25};
    return setting;
}

Setting presetSetting(const MethodInfo &method, const PresetInfo &preset, const Setting &now)
{
    Setting setting = now;
    if (Result<Json> values = canonicalParameters(method, preset.values))
        setting.parameters = std::move(*values);
    if (preset.fraction > 0)
        setting.budget = {BudgetKind::Fraction, preset.fraction};
    return setting;
}

int matchingPreset(const MethodInfo &method, const Setting &setting)
{
    for (size_t i = 0; i < method.presets.size(); ++i)
        if (presetSetting(method, method.presets[i], setting) == setting)
            return static_cast<int>(i);
    return -1;
}

bool needsSmallModel(const MethodInfo &method)
{
    const QStringList needs = QString::fromStdString(method.needs).split(QLatin1Char(','));
    return needs.contains(QLatin1String("small")) || needs.contains(QLatin1String("pair"));
}

const MethodInfo *findMethod(const std::vector<MethodInfo> &methods, const std::string &id)
{
    auto it = std::find_if(methods.begin(), methods.end(), [&](const MethodInfo &method) { return method.id == id; });
    return it == methods.end() ? nullptr : &*it;
}

double cacheBytesPerToken(const Json &model)
{
    if (!model.is_object())
        return 0;
    std::string dtype;
    if (auto it = model.find("dtype"); it != model.end() && it->is_string())
        dtype = it->get<std::string>();
    const double element = dtype == "f32" ? 4 : (dtype == "bf16" || dtype == "f16") ? 2 : 0;
    return 2 * numberField(model, "layers") * numberField(model, "kvHeads") * numberField(model, "headDim") * element;
}

} // namespace winnow
