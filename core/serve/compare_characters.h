#pragma once

#include "core/serve/compare_request.h"

namespace winnow {

/// `compare` with `align: characters`: two models that cut the text into different tokens, over its characters.
/// @error as compareCharacters; BadInput for an input without text.
Result<Document> answerCompareCharacters(EngineState &state, const Json &request, const RunContext &context);

} // namespace winnow
