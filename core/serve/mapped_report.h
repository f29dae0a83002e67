#pragma once

#include "core/base/report.h"
#include "core/eval/evaluate.h"

namespace winnow {

/// What a plan that maps layers adds to a report: costs of a token at this context (iam.md 5), the parts of the time to the first
/// token when they were measured, and the table of served heads, worst first. Nothing for other plans.
void addMapping(ReportBuilder &builder, const KvPlan &plan, const Capture &capture, const MeasuredRun *measured);

} // namespace winnow
