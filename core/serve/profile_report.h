#pragma once

#include "core/base/document.h"
#include "core/serve/engine_state.h"

namespace winnow {

/// `compare` with what = profile: the change of log-perplexity of each block of layers when it alone is mapped (iam.md 3 step 1), as a
/// curve and a table. Measured once for a pair of models and kept (profile_store.h); `again` measures anew on this input and says how
/// the two profiles correlate.
///
/// @param request model, smallModel, input; segments (8), segmentTokens (512), span (200), metrics (the first), skipSinks, again.
/// @error as modelRequest and blockProfile; Unsupported when the tokenizers differ.
Result<Document> answerProfile(EngineState &state, const Json &request, const RunContext &context);

} // namespace winnow
