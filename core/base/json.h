#pragma once

#include <nlohmann/json.hpp>

namespace winnow {

/// JSON value with sorted keys: its dump is canonical, so it can be hashed (recipe keys) and compared.
using Json = nlohmann::json;

} // namespace winnow
