#pragma once

#include "core/base/json_fields.h"
#include "sessions/session.h"

#include <string>

namespace winnow {

/// Family of the method a pinned run is of: "kv" where the run does not say, as in sessions of older versions. A request that
/// went through the engine says it by its parts of a prompt.
inline std::string runFamily(const RunRecord &run)
{
    return stringField(run.request, "family", childField(run.request, "prompt").is_object() ? "prompt" : "kv");
}

} // namespace winnow
