#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstdint>
#include <string>

namespace winnow {

// Fields of a request. Absent or null is the fallback; a wrong type or a value out of range is BadInput with the allowed ones.

Result<int64_t> requestInteger(const Json &request, const char *name, int64_t fallback, int64_t minimum, int64_t maximum);
Result<double> requestNumber(const Json &request, const char *name, double fallback, double minimum, double maximum);
Result<std::string> requestText(const Json &request, const char *name, const std::string &fallback);
Result<bool> requestFlag(const Json &request, const char *name, bool fallback);

} // namespace winnow
