#include "core/base/method_info.h"

#include "core/base/json_fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace winnow {
namespace {

    constexpr std::array<const char *, 5> kTypeNames{"int", "float", "bool", "choice", "text"};
    constexpr size_t kMaxText = 1000;
    constexpr const char *kReplacedLayers = "replacedLayers";

    ParameterInfo parameterInfo(const ParameterSpec &spec)
    {
        ParameterInfo info;
        info.name = spec.name;
        info.title = spec.title;
        info.unit = spec.unit;
        info.tooltip = spec.tooltip;
        info.type = spec.type;
        info.defaultValue = spec.defaultValue;
        info.minimum = spec.minimum;
        info.maximum = spec.maximum;
        info.oddOnly = spec.oddOnly;
        info.choices.assign(spec.choices.begin(), spec.choices.end());
        info.choiceTitles.assign(spec.choiceTitles.begin(), spec.choiceTitles.end());
        info.visibleWhen = spec.visibleWhen;
        info.leastMeans = spec.leastMeans;
        return info;
    }

    std::string_view trimmed(std::string_view text)
    {
        while (!text.empty() && text.front() == ' ')
            text.remove_prefix(1);
        while (!text.empty() && text.back() == ' ')
            text.remove_suffix(1);
        return text;
    }

    /// A value as a spec writes it; a word that is neither number nor flag stays text.
    Json presetValue(const ParameterInfo *parameter, std::string_view word)
    {
        if (parameter && (parameter->type == ParameterType::Choice || parameter->type == ParameterType::Text))
            return std::string(word);
        Json value = Json::parse(word, nullptr, false);
        return value.is_discarded() ? Json(std::string(word)) : value;
    }

    PresetInfo presetInfo(const MethodInfo &method, const PresetSpec &spec)
    {
        PresetInfo info;
        info.title = spec.title;
        info.tooltip = spec.tooltip;
        info.fraction = spec.fraction;
        for (std::string_view rest = spec.values; !rest.empty();) {
            const size_t comma = std::min(rest.find(','), rest.size());
            const std::string_view part = trimmed(rest.substr(0, comma));
            rest.remove_prefix(std::min(comma + 1, rest.size()));
            const size_t equals = std::min(part.find('='), part.size());
            const std::string name(part.substr(0, equals));
            info.values[name] = presetValue(method.parameter(name), part.substr(std::min(equals + 1, part.size())));
        }
        return info;
    }

    Json toJson(const PresetInfo &info)
    {
        Json json{{"title", info.title}, {"tooltip", info.tooltip}, {"params", info.values}};
        if (info.fraction > 0)
            json["budget"] = info.fraction;
        return json;
    }

    std::vector<PresetInfo> presetsFromJson(const Json &list)
    {
        std::vector<PresetInfo> presets; // absent in sessions of older versions
        for (const Json &json : list.is_array() ? list : Json::array()) {
            PresetInfo info;
            info.title = stringField(json, "title");
            info.tooltip = stringField(json, "tooltip");
            if (const Json &values = childField(json, "params"); values.is_object())
                info.values = values;
            info.fraction = numberField(json, "budget");
            if (!info.title.empty())
                presets.push_back(std::move(info));
        }
        return presets;
    }

    Json toJson(const ParameterInfo &info)
    {
        Json json{{"name", info.name}, {"title", info.title}, {"unit", info.unit}, {"tooltip", info.tooltip},
            {"type", kTypeNames[size_t(info.type)]}, {"visibleWhen", info.visibleWhen}};
        switch (info.type) {
        case ParameterType::Choice:
            json["choices"] = info.choices;
            json["choiceTitles"] = info.choiceTitles;
            json["default"] = info.choices.at(size_t(info.defaultValue));
            break;
        case ParameterType::Bool:
            json["default"] = info.defaultValue != 0;
            break;
        case ParameterType::Int:
            json["default"] = int64_t(info.defaultValue);
            json["minimum"] = int64_t(info.minimum);
            json["maximum"] = int64_t(info.maximum);
            json["oddOnly"] = info.oddOnly;
            break;
        case ParameterType::Float:
            json["default"] = info.defaultValue;
            json["minimum"] = info.minimum;
            json["maximum"] = info.maximum;
            break;
        case ParameterType::Text:
            json["default"] = "";
            break;
        }
        if (!info.leastMeans.empty())
            json["leastMeans"] = info.leastMeans;
        return json;
    }

    tl::unexpected<Error> missing(const std::string &where, const char *field)
    {
        return fail(ErrorCode::BadInput, where + ": field \"" + field + "\" is missing or has the wrong type");
    }

    Result<void> readDefault(const Json &json, ParameterInfo &info)
    {
        const std::string where = "parameter " + info.name;
        const Json &value = childField(json, "default");
        if (info.type == ParameterType::Choice) {
            info.choices = stringListField(json, "choices");
            info.choiceTitles = stringListField(json, "choiceTitles");
            const auto found = std::find(info.choices.begin(), info.choices.end(), stringField(json, "default"));
            if (found == info.choices.end())
                return missing(where, "default");
            info.choiceTitles.resize(info.choices.size());
            info.defaultValue = static_cast<double>(found - info.choices.begin());
            return {};
        }
        if (info.type == ParameterType::Text)
            return {};
        if (info.type == ParameterType::Bool) {
            if (!value.is_boolean())
                return missing(where, "default");
            info.defaultValue = value.get<bool>() ? 1 : 0;
            return {};
        }
        for (const char *field : {"default", "minimum", "maximum"}) {
            if (!childField(json, field).is_number())
                return missing(where, field);
        }
        info.defaultValue = value.get<double>();
        info.minimum = numberField(json, "minimum");
        info.maximum = numberField(json, "maximum");
        info.oddOnly = flagField(json, "oddOnly");
        return {};
    }

    Result<ParameterInfo> parameterFromJson(const Json &json)
    {
        ParameterInfo info;
        info.name = stringField(json, "name");
        if (info.name.empty())
            return missing("parameter", "name");
        const auto type = std::find(kTypeNames.begin(), kTypeNames.end(), stringField(json, "type"));
        if (type == kTypeNames.end())
            return missing("parameter " + info.name, "type");
        info.type = static_cast<ParameterType>(type - kTypeNames.begin());
        info.title = stringField(json, "title", info.name);
        info.unit = stringField(json, "unit");
        info.tooltip = stringField(json, "tooltip");
        info.visibleWhen = stringField(json, "visibleWhen");
        info.leastMeans = stringField(json, "leastMeans");
        if (auto read = readDefault(json, info); !read)
            return fail(read.error());
        return info;
    }

    std::string allowedText(const ParameterInfo &info)
    {
        if (info.type == ParameterType::Bool)
            return "true or false";
        if (info.type == ParameterType::Text)
            return "text of at most " + std::to_string(kMaxText) + " characters";
        if (info.type == ParameterType::Choice) {
            std::string words;
            for (const std::string &choice : info.choices)
                words += (words.empty() ? "" : ", ") + choice;
            return "one of " + words;
        }
        const auto number = [&](double value) {
            return jsonText(info.type == ParameterType::Int ? Json(int64_t(value)) : Json(value));
        };
        return number(info.minimum) + " to " + number(info.maximum) + (info.oddOnly ? ", odd" : "")
            + (info.unit.empty() ? "" : " " + info.unit);
    }

    tl::unexpected<Error> refuse(const MethodInfo &method, const ParameterInfo &info, const Json &value)
    {
        return fail(ErrorCode::BadInput,
            "parameter " + info.name + " of " + method.id + ": " + jsonText(value) + " is not allowed, expected "
                + allowedText(info));
    }

    Json defaultJson(const ParameterInfo &info)
    {
        switch (info.type) {
        case ParameterType::Choice:
            return info.choices.at(size_t(info.defaultValue));
        case ParameterType::Bool:
            return info.defaultValue != 0;
        case ParameterType::Int:
            return int64_t(info.defaultValue);
        case ParameterType::Text:
            return "";
        case ParameterType::Float:
            break;
        }
        return info.defaultValue;
    }

    /// The value in canonical form, or nullopt when it is of the wrong type or out of range.
    std::optional<Json> canonicalValue(const ParameterInfo &info, const Json &value)
    {
        if (info.type == ParameterType::Bool)
            return value.is_boolean() ? std::optional(value) : std::nullopt;
        if (info.type == ParameterType::Text) {
            const bool fits = value.is_string() && value.get<std::string>().size() <= kMaxText;
            return fits ? std::optional(value) : std::nullopt;
        }
        if (info.type == ParameterType::Choice) {
            const bool known = value.is_string()
                && std::find(info.choices.begin(), info.choices.end(), value.get<std::string>()) != info.choices.end();
            return known ? std::optional(value) : std::nullopt;
        }
        if (!value.is_number())
            return std::nullopt;
        const double number = value.get<double>();
        if (!(number >= info.minimum && number <= info.maximum))
            return std::nullopt;
        if (info.type == ParameterType::Float)
            return Json(number);
        if (number != std::floor(number) || (info.oddOnly && std::fmod(number, 2) == 0))
            return std::nullopt;
        return Json(int64_t(number));
    }

} // namespace

const ParameterInfo *MethodInfo::parameter(const std::string &name) const
{
    const auto found = std::find_if(
        parameters.begin(), parameters.end(), [&](const ParameterInfo &info) { return info.name == name; });
    return found == parameters.end() ? nullptr : &*found;
}

MethodInfo methodInfo(const MethodSpec &spec)
{
    MethodInfo info;
    info.id = spec.id;
    info.title = spec.title;
    info.family = spec.family;
    info.summary = spec.summary;
    info.source = spec.source;
    info.sourceUrl = spec.sourceUrl;
    info.budgetUnit = spec.budget.unit;
    info.defaultFraction = spec.budget.defaultFraction;
    info.minimumFraction = spec.budget.minimumFraction;
    info.budgetMeaning = spec.budget.meaning;
    info.budgetParameter = spec.budget.parameter;
    for (const ParameterSpec &parameter : spec.parameters)
        info.parameters.push_back(parameterInfo(parameter));
    for (const PresetSpec &preset : spec.presets)
        info.presets.push_back(presetInfo(info, preset));
    info.needs = spec.needs;
    info.artifacts = spec.artifacts;
    info.badge = spec.badge;
    return info;
}

Json toJson(const MethodInfo &info)
{
    Json json{{"id", info.id}, {"title", info.title}, {"family", info.family}, {"summary", info.summary},
        {"source", info.source}, {"sourceUrl", info.sourceUrl}, {"needs", info.needs}, {"artifacts", info.artifacts}};
    json["budget"] = info.budgetUnit.empty()
        ? Json()
        : Json{{"unit", info.budgetUnit}, {"default", info.defaultFraction}, {"minimum", info.minimumFraction}};
    if (info.budgetMeaning == BudgetMeaning::ReplacedLayers)
        json["budget"]["counts"] = kReplacedLayers;
    if (!info.budgetParameter.empty())
        json["budget"]["parameter"] = info.budgetParameter;
    if (!info.badge.empty())
        json["badge"] = info.badge;
    json["parameters"] = Json::array();
    for (const ParameterInfo &parameter : info.parameters)
        json["parameters"].push_back(toJson(parameter));
    if (!info.presets.empty()) {
        json["presets"] = Json::array();
        for (const PresetInfo &preset : info.presets)
            json["presets"].push_back(toJson(preset));
    }
    return json;
}

Result<MethodInfo> methodInfoFromJson(const Json &json)
{
    MethodInfo info;
    info.id = stringField(json, "id");
    if (info.id.empty())
        return missing("method", "id");
    const std::string where = "method " + info.id;
    info.family = stringField(json, "family");
    if (info.family.empty())
        return missing(where, "family");
    info.title = stringField(json, "title", info.id);
    info.summary = stringField(json, "summary");
    info.source = stringField(json, "source");
    info.sourceUrl = stringField(json, "sourceUrl");
    info.needs = stringField(json, "needs");
    info.artifacts = stringField(json, "artifacts");
    info.badge = stringField(json, "badge");
    const Json &budget = childField(json, "budget");
    if (budget.is_object()) {
        info.budgetUnit = stringField(budget, "unit", "tokens");
        info.defaultFraction = numberField(budget, "default", info.defaultFraction);
        info.minimumFraction = numberField(budget, "minimum", info.minimumFraction);
        info.budgetParameter = stringField(budget, "parameter");
        if (stringField(budget, "counts") == kReplacedLayers)
            info.budgetMeaning = BudgetMeaning::ReplacedLayers;
    } else if (!budget.is_null()) {
        return missing(where, "budget");
    }
    const Json &parameters = childField(json, "parameters");
    if (!parameters.is_array())
        return missing(where, "parameters");
    for (const Json &entry : parameters) {
        auto parameter = parameterFromJson(entry);
        if (!parameter)
            return fail(ErrorCode::BadInput, where + ": " + parameter.error().message);
        info.parameters.push_back(std::move(*parameter));
    }
    info.presets = presetsFromJson(childField(json, "presets"));
    return info;
}

Result<Json> canonicalParameters(const MethodInfo &info, const Json &given)
{
    if (!given.is_object() && !given.is_null())
        return fail(ErrorCode::BadInput, "parameters of " + info.id + ": expected an object of names and values");
    if (given.is_object()) {
        for (const auto &[name, value] : given.items()) {
            if (info.parameter(name))
                continue;
            std::string names;
            for (const ParameterInfo &parameter : info.parameters)
                names += (names.empty() ? "" : ", ") + parameter.name;
            return fail(ErrorCode::BadInput, info.id + " has no parameter \"" + name + "\"",
                names.empty() ? "it has none" : "it has " + names);
        }
    }
    Json result = Json::object();
    for (const ParameterInfo &parameter : info.parameters) {
        const Json &value = childField(given, parameter.name.c_str());
        if (value.is_null()) {
            result[parameter.name] = defaultJson(parameter);
            continue;
        }
        auto canonical = canonicalValue(parameter, value);
        if (!canonical)
            return refuse(info, parameter, value);
        result[parameter.name] = std::move(*canonical);
    }
    return result;
}

} // namespace winnow
