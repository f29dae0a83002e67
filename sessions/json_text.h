#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <string>
#include <string_view>

namespace winnow {

/// Parses JSON from a file that may be damaged or hostile: no exceptions, at most 200 levels deep.
/// @param where  Names the place in the message: "run 3 of a.winnow".
/// @error BadInput.
Result<Json> parseJson(std::string_view text, const std::string &where);

} // namespace winnow
