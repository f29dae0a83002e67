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

/// Writes the family down where a run of another program left it out: its report shows it. A prompt that was a plain text says nothing
/// in its request.
inline void nameFamily(RunRecord &run, const ReportPtr &report)
{
    if (!run.request.is_object() || run.request.contains("family") || !report)
        return;
    if (report->promptTokens())
        run.request["family"] = "prompt";
    else if (childField(report->body(), "segmenter").is_object())
        run.request["family"] = "segment";
}

} // namespace winnow
