#pragma once

#include "core/methods/prompt/lingua_contexts.h"
#include "core/methods/prompt/lingua_tokens.h"
#include "core/methods/prompt/render.h"

namespace winnow {

enum class LinguaOrder { Original, Rank };
enum class IndexShift { Off, Official };

/// Settings that LLMLingua and LongLLMLingua share (prompt-compression-baselines.md 4).
struct LinguaOptions {
    LinguaRules rules;
    double slack = 100; // tokens of contexts beyond the target, step A
    double sentenceRatio = 0; // step B; 0 = off
    IndexShift shift = IndexShift::Off;
    LinguaOrder order = LinguaOrder::Original;
    bool keepsBlankLines = false;
    Joiner joiner = Joiner::None;
    bool asksQuestion = false; // token values by the question
};

/// Contexts that were chosen, in the order they are put out, and what each one's kept share is changed by.
struct LinguaContexts {
    std::vector<RankedContext> contexts; // [C]
    std::vector<double> deltas; // [C]
    double rankMs = 0;
};

/// Steps B and C on the chosen contexts, with traces.
Result<PromptPlan> linguaPlan(const PromptInput &input, const PromptBudget &budget, const LinguaContexts &chosen,
    const LinguaOptions &options, PromptScorer &scorer, const RunContext &context);

} // namespace winnow
