#include "core/serve/request_fields.h"

#include "core/base/json_fields.h"

#include <limits>

namespace winnow {
namespace {

    tl::unexpected<Error> refuse(const char *name, const std::string &expected, const Json &found)
    {
        return fail(ErrorCode::BadInput, std::string(name) + ": expected " + expected + ", found " + jsonText(found));
    }

} // namespace

Result<int64_t> requestInteger(const Json &request, const char *name, int64_t fallback, int64_t minimum, int64_t maximum)
{
    const Json &field = childField(request, name);
    if (field.is_null())
        return fallback;
    constexpr int64_t kNone = std::numeric_limits<int64_t>::min();
    const int64_t value = integerField(request, name, kNone);
    if (value == kNone || value < minimum || value > maximum)
        return refuse(name, "a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum), field);
    return value;
}

Result<double> requestNumber(const Json &request, const char *name, double fallback, double minimum, double maximum)
{
    const Json &field = childField(request, name);
    if (field.is_null())
        return fallback;
    const double value = field.is_number() ? field.get<double>() : std::numeric_limits<double>::quiet_NaN();
    if (!(value >= minimum && value <= maximum))
        return refuse(name, "a number from " + jsonText(minimum) + " to " + jsonText(maximum), field);
    return value;
}

Result<std::string> requestText(const Json &request, const char *name, const std::string &fallback)
{
    const Json &field = childField(request, name);
    if (field.is_null())
        return fallback;
    if (!field.is_string())
        return refuse(name, "text", field);
    return field.get<std::string>();
}

Result<bool> requestFlag(const Json &request, const char *name, bool fallback)
{
    const Json &field = childField(request, name);
    if (field.is_null())
        return fallback;
    if (!field.is_boolean())
        return refuse(name, "true or false", field);
    return field.get<bool>();
}

} // namespace winnow
