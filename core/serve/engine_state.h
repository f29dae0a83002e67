#pragma once

#include "core/serve/engine.h"

namespace winnow {

/// What lives between two requests, and what the commands share.
struct EngineState {
    EngineOptions options;
};

/// One command of docs/protocol.md.
using Command = Result<Document> (*)(
    EngineState &state, const Json &request, const RunContext &context, const PartSink &part);

Result<Document> answerHello(EngineState &, const Json &, const RunContext &, const PartSink &);
Result<Document> answerMethods(EngineState &, const Json &, const RunContext &, const PartSink &);

} // namespace winnow
