#pragma once

#include "core/serve/prompt_run.h"

#include <memory>

namespace winnow {

/// The reader with two sets of caches, so that the full prompt is read once for all shortened ones.
struct PromptReaders {
    std::shared_ptr<ModelScorer> full, cut;
};

/// Whether prompts are read from the first token on, so that the times are those of a prefill.
enum class ReadTiming { Measure, Skip };

/// Reads the full and the compressed prompt: prefill times, cache bytes, gain end to end, the answer's log-probability under both, and
/// greedy continuations where the request asks for them. A prompt that does not fit the reader's context is left out with a notice.
/// @error as ModelScorer::logits and generate; Cancelled.
Result<void> readPrompts(const PromptSetup &setup, const MethodRequest &method, const PromptReaders &readers, ReadTiming timing,
    PromptOutcome &outcome, const RunContext &context);

} // namespace winnow
