#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/method_spec.h"

#include <string>
#include <vector>

namespace winnow {

/// MethodSpec with owned strings: what the window builds forms from (it receives the registry from the engine, and
/// finds it again in a session that is opened without one).
struct ParameterInfo {
    std::string name, title, unit, tooltip;
    ParameterType type = ParameterType::Float;
    double defaultValue = 0, minimum = 0, maximum = 1;
    bool oddOnly = false;
    std::vector<std::string> choices, choiceTitles;
    std::string visibleWhen, leastMeans;
};

struct PresetInfo {
    std::string title, tooltip;
    Json values = Json::object(); // by name, in canonical form; the other parameters are as usual
    double fraction = 0; // 0 = any budget
};

struct MethodInfo {
    std::string id, title, family, summary, source, sourceUrl;
    std::string budgetUnit; // empty = no budget
    double defaultFraction = 0.2, minimumFraction = 0.01;
    BudgetMeaning budgetMeaning = BudgetMeaning::KeptTokens;
    std::string budgetParameter; // the parameter the budget stands for: a form shows one of the two
    std::vector<ParameterInfo> parameters;
    std::vector<PresetInfo> presets;
    std::string needs, artifacts, badge;

    const ParameterInfo *parameter(const std::string &name) const;
};

MethodInfo methodInfo(const MethodSpec &spec);
Json toJson(const MethodInfo &info);
/// @error BadInput naming the missing or mistyped field.
Result<MethodInfo> methodInfoFromJson(const Json &json);

/// Parameter values by name, canonical: every parameter of the method present, Bool as true/false, Choice as its word.
/// @error BadInput for an unknown name, a wrong type, a value out of range (the message states the allowed values).
Result<Json> canonicalParameters(const MethodInfo &info, const Json &given);

} // namespace winnow
