#pragma once

#include "core/serve/engine_state.h"
#include "core/serve/segment_request.h"

namespace winnow {

/// One line as a chat model answered it.
struct TaughtLine {
    int64_t line = 0;
    std::string reply;
    int64_t promptTokens = 0, replyTokens = 0;
    double seconds = 0;
    bool complete = true; // the model ended the reply by itself
};

/// Asks the chat model of `request` for every line without a reply: one greedy request a line, the line as user message behind the
/// system message of llaca.md 3.1. Sends one part a line.
///
/// @param replies  grows line by line; what is in it when the work is cancelled stays.
/// @error as ModelTable::open; NotFound for a model without chat template; Cancelled between tokens.
Result<void> askLines(EngineState &state, const Json &request, SegmentRequest &read, std::vector<TaughtLine> &replies,
    const RunContext &context, const PartSink &part);

/// Replies for methods that need them, where the request names a model and has neither replies nor another teacher.
Result<void> teachWhereAsked(
    EngineState &state, const Json &request, SegmentRequest &read, const RunContext &context, const PartSink &part);

/// The system message for lines of a language.
std::string teachingMessage(const std::string &language);

} // namespace winnow
