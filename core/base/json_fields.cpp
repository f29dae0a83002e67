#include "core/base/json_fields.h"

#include "core/base/report.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace winnow {

const Json &childField(const Json &object, const char *name)
{
    static const Json kNull;
    if (!object.is_object())
        return kNull;
    const auto found = object.find(name);
    return found == object.end() ? kNull : *found;
}

std::string stringField(const Json &object, const char *name, const std::string &fallback)
{
    const Json &field = childField(object, name);
    return field.is_string() ? field.get<std::string>() : fallback;
}

int64_t integerField(const Json &object, const char *name, int64_t fallback)
{
    const Json &field = childField(object, name);
    if (field.is_number_unsigned()) {
        const auto value = field.get<uint64_t>();
        return value <= uint64_t(std::numeric_limits<int64_t>::max()) ? static_cast<int64_t>(value) : fallback;
    }
    if (field.is_number_integer())
        return field.get<int64_t>();
    if (field.is_number_float()) {
        const double value = field.get<double>();
        if (std::abs(value) < 9e15 && value == std::floor(value))
            return static_cast<int64_t>(value);
    }
    return fallback;
}

double numberField(const Json &object, const char *name, double fallback)
{
    return numberFromJson(childField(object, name)).value_or(fallback);
}

bool flagField(const Json &object, const char *name, bool fallback)
{
    const Json &field = childField(object, name);
    return field.is_boolean() ? field.get<bool>() : fallback;
}

std::vector<std::string> stringListField(const Json &object, const char *name)
{
    std::vector<std::string> result;
    const Json &field = childField(object, name);
    if (!field.is_array())
        return result;
    result.reserve(field.size());
    for (const Json &entry : field)
        result.push_back(entry.is_string() ? entry.get<std::string>() : std::string());
    return result;
}

std::vector<double> numberListField(const Json &object, const char *name)
{
    std::vector<double> result;
    const Json &field = childField(object, name);
    if (!field.is_array())
        return result;
    result.reserve(field.size());
    for (const Json &entry : field)
        result.push_back(numberFromJson(entry).value_or(std::numeric_limits<double>::quiet_NaN()));
    return result;
}

std::string jsonText(const Json &value, int indent)
{
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

Json jsonFloat(float value)
{
    if (!std::isfinite(value))
        return jsonNumber(value);
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value);
    double shortest = 0;
    std::from_chars(buffer, written.ptr, shortest);
    // The shortest decimal of a float could in principle round the other way through a double.
    return static_cast<float>(shortest) == value ? Json(shortest) : Json(static_cast<double>(value));
}

Json jsonNumber(double value)
{
    if (std::isnan(value))
        return "NaN";
    if (std::isinf(value))
        return value > 0 ? "Infinity" : "-Infinity";
    return value;
}

std::optional<double> numberFromJson(const Json &json)
{
    if (json.is_number())
        return json.get<double>();
    if (!json.is_string())
        return std::nullopt;
    const auto &word = json.get_ref<const std::string &>();
    if (word == "NaN")
        return std::numeric_limits<double>::quiet_NaN();
    if (word == "Infinity")
        return std::numeric_limits<double>::infinity();
    if (word == "-Infinity")
        return -std::numeric_limits<double>::infinity();
    return std::nullopt;
}

} // namespace winnow
