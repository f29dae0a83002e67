#pragma once

#include "core/eval/prompt_answer.h"
#include "core/eval/prompt_metrics.h"
#include "core/serve/prompt_request.h"
#include "core/serve/report_parts.h"

#include <span>
#include <string>
#include <vector>

namespace winnow {

/// A compressed prompt with everything that was measured of it.
struct PromptOutcome {
    PromptPlan plan;
    std::string budget; // as it was typed
    PromptBudget asked;
    ScorerCosts costs; // of the compression
    double compressMs = 0;
    PromptMetrics metrics;
    Savings savings;
    std::vector<TextArtifact> texts;
    std::vector<std::string> notices;
    std::vector<Check> checks;
};

/// Compresses and measures sizes, survival and information. What the measures take is no part of the method's time.
Result<PromptOutcome> compressPrompt(
    const PromptSetup &setup, const MethodRequest &method, const PromptBudget &asked, ModelScorer &scorer, const RunContext &context);

/// Adds the measures of a finished plan (sizes, survival, information, checks).
Result<void> measurePlan(
    const PromptSetup &setup, const MethodRequest &method, ModelScorer &scorer, PromptOutcome &outcome, const RunContext &context);

/// Adds the perplexity of the compressed text. @param judges of the scoring model, one of them the scorer; the one that has read most of
/// the text tells it.
Result<void> addFluency(std::span<ModelScorer *const> judges, PromptOutcome &outcome, const RunContext &context);

/// Report of one outcome.
struct PromptReportParts {
    const PromptSetup &setup;
    Json request, model, smallModel;
    const RunClock &clock;
};
ReportBuilder promptReport(const PromptReportParts &parts, const MethodRequest &method, const PromptOutcome &outcome);

} // namespace winnow
