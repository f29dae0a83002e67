#pragma once

#include "core/base/method_spec.h"

#include <vector>

namespace winnow {

/// All methods in the order of core/methods/CMakeLists.txt (the table is generated).
std::span<const MethodSpec *const> methodTable();

/// Those of a family, in the same order.
std::vector<const MethodSpec *> methodsOf(std::string_view family);

/// The spec of an id, or nullptr.
const MethodSpec *findMethod(std::string_view id);

} // namespace winnow
