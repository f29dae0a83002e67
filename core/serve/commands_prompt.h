#pragma once

#include "core/serve/engine_state.h"

namespace winnow {

// `run`, `select` and `sweep` of methods of the family prompt; the commands of the same name hand their requests on.

Result<Document> answerPromptRun(EngineState &state, const Json &request, const RunContext &context, const PartSink &part);
Result<Document> answerPromptSelect(EngineState &state, const Json &request, const RunContext &context, const PartSink &part);
Result<Document> answerPromptSweep(EngineState &state, const Json &request, const RunContext &context, const PartSink &part);

/// `labels`: what a text shortened by deletion says about the words of the original (prompt-compression-baselines.md 3.5).
Result<Document> answerLabels(EngineState &state, const Json &request, const RunContext &context, const PartSink &part);

} // namespace winnow
