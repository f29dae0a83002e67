#pragma once

#include "core/base/budget.h"
#include "core/base/json.h"
#include "core/base/method_info.h"
#include "core/base/report.h"

#include <QString>

#include <string>
#include <vector>

namespace winnow {

/// What the method form shows: a method, its parameters and a budget. Two settings are the same when they select the same.
struct Setting {
    std::string method;
    Json parameters = Json::object(); // canonical: every parameter of the method
    Budget budget{BudgetKind::Fraction, 0.25};
    std::string family = "kv"; // of the method: "kv", "prompt"

    bool operator==(const Setting &) const = default;
};

/// How many bytes the cache of a model takes, so that a budget can be typed in any unit.
struct CacheGeometry {
    qint64 tokens = 0; // context tokens N
    double bytesPerToken = 0; // all layers and KV heads, K and V
    double besideBytes = 0; // cache of a small model, which a budget of bytes pays for first

    bool known() const { return tokens > 0 && bytesPerToken > 0; }
    double fullBytes() const { return static_cast<double>(tokens) * bytesPerToken; }
};

Json toJson(const Setting &setting);
/// Reads method, params and budget of a canonical request or of toJson's result; empty method when there is none.
Setting settingFromJson(const Json &json);

/// Kept tokens of a budget in this geometry (R1; bytes are nominal bytes of the cache).
qint64 budgetTokens(const Budget &budget, const CacheGeometry &geometry);
/// Kept fraction 0..1.
double budgetFraction(const Budget &budget, const CacheGeometry &geometry);
/// "25 %", "256 tokens", "6.00 MiB", as a person reads it.
QString budgetLabel(const Budget &budget);
/// "80 of 320 tokens" with digit grouping.
QString tokenShareLabel(const Budget &budget, const CacheGeometry &geometry);

/// Evaluates MethodInfo's `visibleWhen` ("pool!=none", "mode==a") against parameter values; empty = visible.
bool parameterVisible(const ParameterInfo &parameter, const Json &values);

/// The method's default setting.
Setting defaultSetting(const MethodInfo &method);

/// `now` under a preset: its values, the usual ones for the rest, its budget where it has one.
Setting presetSetting(const MethodInfo &method, const PresetInfo &preset, const Setting &now);
/// The first preset that `setting` is of; -1 = none.
int matchingPreset(const MethodInfo &method, const Setting &setting);

/// Whether a method asks a second, small model.
bool needsSmallModel(const MethodInfo &method);

const MethodInfo *findMethod(const std::vector<MethodInfo> &methods, const std::string &id);

/// Bytes a token takes in the cache of the described model: 2 * layers * kvHeads * headDim * bytes per element; 0 when
/// the description lacks a field.
double cacheBytesPerToken(const Json &model);

} // namespace winnow
