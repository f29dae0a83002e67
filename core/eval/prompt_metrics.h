#pragma once

#include "core/methods/prompt_method.h"

#include <map>
#include <string>

namespace winnow {

/// Metrics by the names of the report.
using PromptMetrics = std::map<std::string, double>;

/// tokensIn, tokensOut, charactersIn, charactersOut, achievedRate, brokenWords (per 100 words of the source).
void addSizes(const PromptInput &input, const PromptPlan &plan, PromptMetrics &metrics);

/// keptInformation, keptAttention, keptFused (additive, a = .8): kept share of the sums over the uncut text, token 0 left out;
/// signalR, the correlation of both signals. @source dac.md 6.
void addInformation(const PromptPlan &plan, const SequenceScores &uncut, PromptMetrics &metrics);

/// numberSurvival, capitalSurvival; with answers answerSurvival and answerSurvivalOrdered, 1 where any of them survives.
/// What the source does not have has no metric.
void addSurvival(const PromptInput &input, const std::string &text, PromptMetrics &metrics);

/// exp of the mean information.
double perplexityOf(const SequenceScores &scores);

} // namespace winnow
