#pragma once

#include "core/serve/engine_state.h"

namespace winnow {

/// `run` and `sweep` of prompt methods over the items of a data set (docs/protocol.md): one part, a report, for each item under each cell;
/// the reply holds the tables over all items. Items whose keys the request knows are not run again.
///
/// Items with the same contexts come one after the other under each cell, so that a compressed prompt is made once and read once.
/// @error BadInput and NotFound before any model work; Cancelled: what is finished has been handed out.
Result<Document> answerDataset(EngineState &state, const Json &request, const RunContext &context, const PartSink &part);

} // namespace winnow
