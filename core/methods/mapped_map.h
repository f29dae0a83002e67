#pragma once

#include "core/eval/capture.h"
#include "core/eval/head_match.h"
#include "core/eval/pair.h"
#include "core/methods/parameters.h"

namespace winnow {

/// The span and metric IAM's map is built on (iam.md 3 step 3).
PairSpan mapSpan(const Parameters &parameters);

/// Serving small head of every head of the large model, after the negative control where one is asked for: scores and margins
/// are always those of the true match.
///
/// @error BadInput when the capture was made without a small model or without this span.
Result<HeadMatch> buildMap(const Capture &capture, const Parameters &parameters);

} // namespace winnow
