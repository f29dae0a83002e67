#pragma once

#include "core/base/method_spec.h"

namespace winnow {

/// All methods in the order of core/methods/CMakeLists.txt (the table is generated).
std::span<const MethodSpec *const> methodTable();

/// The spec of an id, or nullptr.
const MethodSpec *findMethod(std::string_view id);

} // namespace winnow
