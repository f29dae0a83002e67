#include "core/serve/run_report.h"

#include "core/base/json_fields.h"
#include "core/eval/bytes.h"
#include "core/eval/checks.h"
#include "core/eval/plan_notices.h"
#include "core/serve/guided_report.h"
#include "core/serve/mapped_report.h"

#include <cmath>
#include <utility>

namespace winnow {
namespace {

    void addSeries(TokenScores &scores, const char *name, const std::vector<float> &values)
    {
        if (values.empty())
            return;
        scores.names.emplace_back(name);
        scores.values.insert(scores.values.end(), values.begin(), values.end());
    }

    std::vector<float> asFloats(const std::vector<uint8_t> &values) { return {values.begin(), values.end()}; }

    Curve layerErrorCurve(const std::vector<double> &errors)
    {
        Curve curve;
        curve.id = "layerError";
        curve.title = "Error of the attention output by layer";
        curve.xName = "layer";
        curve.yName = "relative error";
        for (size_t layer = 0; layer < errors.size(); ++layer) {
            curve.x.push_back(static_cast<double>(layer));
            curve.y.push_back(errors[layer]);
        }
        return curve;
    }

    Savings cellSavings(const ReportContext &context, const CellOutcome &outcome)
    {
        Savings savings = planSavings(outcome.bytes);
        savings.prefillMs = context.capture->prefillMs;
        savings.selectMs = outcome.selectMs;
        if (const MeasuredRun *measured = outcome.measured) {
            savings.allocatedBytes = measured->allocatedBytes;
            savings.peakBytes = measured->peakBytes;
            savings.compressMs = measured->compressMs;
            savings.msPerToken = measured->msPerToken;
            if (measured->prefillMs >= 0)
                savings.prefillMs = measured->prefillMs;
            savings.nominalOnly = isNominalOnly(measured->allocatedBytes, outcome.bytes.native);
        }
        if (outcome.result)
            addMoves(*outcome.result, savings);
        if (outcome.fullMeasured)
            savings.fullMsPerToken = outcome.fullMeasured->msPerToken;
        return savings;
    }

    /// The measured run takes what was forecast (kv-evaluation.md 8: allocated = native without metadata).
    Check allocatedCheck(const MeasuredRun &measured, const CacheBytes &bytes)
    {
        const bool ok = std::abs(measured.allocatedBytes - bytes.stored) <= 0.01 * bytes.stored + 4096;
        return {"allocated", "Allocated = stored", ok, byteText(bytes.stored),
            byteText(measured.allocatedBytes), "measured run"};
    }

} // namespace

TokenScores seriesArtifact(const TokenSeries &series, int64_t contextTokens)
{
    TokenScores scores;
    scores.id = "continuation";
    scores.tokens = int64_t(series.nll.size());
    scores.firstToken = contextTokens + 1;
    addSeries(scores, "nll", series.nll);
    addSeries(scores, "kl", series.kl);
    addSeries(scores, "deltaNll", series.deltaNll);
    addSeries(scores, "deltaP", series.deltaP);
    addSeries(scores, "agree", asFloats(series.agree));
    addSeries(scores, "overlap", asFloats(series.overlap));
    addSeries(scores, "rank", {series.rank.begin(), series.rank.end()});
    addSeries(scores, "lostMass", series.lostMass);
    addSeries(scores, "saliencyJaccard", series.saliencyJaccard);
    addSeries(scores, "surplus", series.surplus);
    addSeries(scores, "marginalMass", series.marginalMass);
    addSeries(scores, "revivals", series.revivals);
    return scores;
}

ReportBuilder startReport(const ReportContext &context)
{
    ReportBuilder builder;
    builder.setRequest(context.request);
    builder.setModel(context.model);
    builder.setInput(context.input->ids, context.input->pieces, context.input->text);
    if (!context.smallModel.is_null())
        builder.setExtra("smallModel", context.smallModel);
    builder.setExtra("contextTokens", context.input->contextTokens);
    builder.setProvenance(context.clock->provenance(context.threads, context.seed, stringField(context.model, "device")));
    return builder;
}

void addCell(ReportBuilder &builder, const ReportContext &context, const CellOutcome &outcome)
{
    KeptTokens kept = outcome.plan->kept;
    if (outcome.result) {
        kept.evictions = outcome.result->evictions;
        kept.changes = outcome.result->changes;
        kept.steps = int64_t(outcome.result->series.nll.size());
    }
    builder.add(kept);
    if (context.capture->experts)
        builder.add(*context.capture->experts);
    builder.setExtra("budget", outcome.budget);
    builder.setSavings(cellSavings(context, outcome));
    addMapping(builder, *outcome.plan, *context.capture, outcome.measured);
    addGuided(builder, *outcome.plan, *context.capture, outcome.result, outcome.measured);
    addPairCosts(builder, *outcome.plan, outcome.bytes, context.capture->tokens());
    for (const std::string &notice : outcome.plan->notices)
        builder.addNotice(notice);
    if (outcome.plan->inactive && inactiveNotice(*outcome.plan).empty())
        builder.addNotice("inactive: the budget covers the whole prompt, nothing was dropped from it (R6)");
    for (Check check : captureChecks(*context.capture))
        builder.addCheck(std::move(check));
    if (outcome.measured)
        builder.addCheck(allocatedCheck(*outcome.measured, outcome.bytes));
    if (!outcome.result) {
        for (Check check : planChecks(*outcome.plan))
            builder.addCheck(std::move(check));
        return;
    }
    builder.add(seriesArtifact(outcome.result->series, context.input->contextTokens));
    if (!outcome.result->layerError.empty())
        builder.add(layerErrorCurve(outcome.result->layerError));
    for (const auto &[name, value] : outcome.result->metrics)
        builder.setMetric(name, value);
    if (outcome.full) {
        const auto nll = outcome.full->metrics.find("nll");
        if (nll != outcome.full->metrics.end())
            builder.setMetric("fullNll", nll->second);
    }
    for (const Check &check : outcome.result->checks)
        builder.addCheck(check);
}

} // namespace winnow
