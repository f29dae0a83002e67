#pragma once

#include "core/eval/prompt_answer.h"
#include "core/eval/prompt_metrics.h"
#include "core/serve/prompt_request.h"
#include "core/serve/report_parts.h"

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

/// Compresses and measures sizes, survival and, where the model has to look anyway or may, information and fluency.
enum class Fluency { Measure, Skip };
Result<PromptOutcome> compressPrompt(const PromptSetup &setup, const MethodRequest &method, const PromptBudget &asked,
    ModelScorer &scorer, Fluency fluency, const RunContext &context);

/// Adds the measures of a finished plan (sizes, survival, information, fluency, checks).
Result<void> measurePlan(const PromptSetup &setup, const MethodRequest &method, ModelScorer &scorer, Fluency fluency,
    PromptOutcome &outcome, const RunContext &context);

/// Report of one outcome.
struct PromptReportParts {
    const PromptSetup &setup;
    Json request, model, smallModel;
    const RunClock &clock;
};
ReportBuilder promptReport(const PromptReportParts &parts, const MethodRequest &method, const PromptOutcome &outcome);

} // namespace winnow
