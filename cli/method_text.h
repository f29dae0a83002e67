#pragma once

#include "core/base/method_info.h"

#include <string>
#include <vector>

namespace winnow {

/// A method with every parameter, default, range and unit, for people.
std::string methodText(const MethodInfo &method);

/// The methods table of the README.
std::string methodMarkdown(const std::vector<MethodInfo> &methods);

} // namespace winnow
