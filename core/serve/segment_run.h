#pragma once

#include "core/serve/engine_state.h"
#include "core/serve/segment_request.h"
#include "core/serve/segment_store.h"

#include <string>

namespace winnow {

/// Answers of `run` and `sweep` for methods of the family segment; `run` and `sweep` hand such requests on.
Result<Document> runSegmenter(EngineState &state, const Json &request, const RunContext &context, const PartSink &part);
Result<Document> sweepSegmenters(EngineState &state, const Json &request, const RunContext &context, const PartSink &part);

/// Of method, parameters and what it learns from: 16 hexadecimal digits.
std::string segmenterId(const SegmentRequest &request, const MethodRequest &method);

/// The learned method, from the store or made now.
/// @error as Segmenter::learn.
Result<LearnedSegmenter> learnSegmenter(
    EngineState &state, const SegmentRequest &request, const MethodRequest &method, const RunContext &context);

/// The request with the defaults of its method written out.
Json canonicalSegment(const Json &request, const SegmentRequest &read, const MethodRequest &method);

} // namespace winnow
