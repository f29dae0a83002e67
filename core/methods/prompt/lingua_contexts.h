#pragma once

#include "core/methods/prompt_method.h"

#include <vector>

namespace winnow {

/// A context as it was ranked.
struct RankedContext {
    double nll = 0; // mean, nats
    int64_t tokens = 0;
    bool kept = true;
    int64_t rank = 0; // 0 = first
};

/// Target of context tokens: r (instruction + question + contexts) - instruction - question; a typed number as it is.
/// @source prompt-compression-baselines.md 3.3.
double linguaTarget(const PromptInput &input, const PromptBudget &budget);

/// Mean NLL of each context by itself. @cost one pass over all contexts.
Result<std::vector<double>> contextInformation(const PromptInput &input, PromptScorer &scorer, const RunContext &context);

/// Mean NLL of the question, with a fixed sentence behind it, given each context.
/// @source prompt-compression-baselines.md 3.4; the wording of the sentence is ours.
Result<std::vector<double>> questionInformation(const PromptInput &input, PromptScorer &scorer, const RunContext &context);

enum class RankFirst { Highest, Lowest };

/// Takes contexts in rank order until their tokens exceed the budget; the one that exceeds it stays.
std::vector<RankedContext> rankedContexts(const std::vector<double> &nll, const std::vector<int64_t> &tokens, double budget, RankFirst first);

/// Per-context change of the kept share: D (N-1, N-3, .., -(N-1)) / (N-1), the best rank gets +D; 0 for one context.
std::vector<double> rankDeltas(int64_t contexts, double spread);

TableArtifact contextTable(const std::vector<RankedContext> &contexts, const std::vector<double> &deltas);

} // namespace winnow
