#pragma once

#include "core/methods/prompt/staged.h"
#include "core/methods/prompt_method.h"

namespace winnow {

enum class DeletionUnit { Token, Word };

/// How a text is cut before it is deleted from, and what may not go.
struct StagedOptions {
    StageRules rules;
    int64_t window = 0; // W; 0 = the model's
    DeletionUnit unit = DeletionUnit::Token;
    std::vector<uint8_t> isProtected; // [n]; empty = none
};

/// Deletes from each piece of a text, puts the pieces together again, and writes down every stage: scores stage.0 .. stage.N and a table
/// `stages`.
/// @source dac.md 3, 6.
Result<PromptPlan> stagedPlan(const PromptInput &input, const StagedOptions &options, PromptScorer &scorer, const RunContext &context);

/// A table row's Pearson r and largest change against the scores of the first stage.
struct EntropyShift {
    double correlation = 0, largest = 0;
};
EntropyShift entropyShift(const StageRecord &first, const StageRecord &later);

} // namespace winnow
