#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/eval/evaluate.h"
#include "core/eval/small_alone.h"
#include "core/serve/commands_prompt.h"
#include "core/serve/guided_report.h"
#include "core/serve/profile_store.h"
#include "core/serve/prompt_request.h"
#include "core/serve/request_fields.h"
#include "core/serve/run_report.h"
#include "core/serve/run_request.h"
#include "core/serve/segment_run.h"

namespace winnow {
namespace {

    /// The full cache measured on this continuation, once per capture: what ms/token is compared with.
    Result<const MeasuredRun *> measuredFull(
        StoredCapture &stored, const std::vector<int32_t> &continuation, const RunContext &context)
    {
        if (stored.fullMeasured && stored.measuredContinuation == continuation)
            return &*stored.fullMeasured;
        const Capture &capture = *stored.capture;
        EvaluationCell cell;
        cell.plan.kept = KeptTokens::sized(capture.config.layers, capture.config.kvHeads, capture.tokens());
        std::fill(cell.plan.kept.mask.begin(), cell.plan.kept.mask.end(), uint8_t(0xff));
        cell.plan.budget = capture.tokens();
        cell.plan.layerCounts.assign(size_t(capture.config.layers), capture.tokens());
        cell.plan.inactive = true;
        auto measured = measureCell(capture, continuation, cell, context);
        if (!measured)
            return fail(measured.error());
        stored.measuredContinuation = continuation;
        stored.fullMeasured = std::move(*measured);
        return &*stored.fullMeasured;
    }

    /// The small model by itself on this continuation, once per capture: what a method of a pair is compared with.
    Result<const CellResult *> smallAloneOf(
        StoredCapture &stored, const std::vector<int32_t> &continuation, const RunContext &context)
    {
        if (stored.smallAlone && stored.smallContinuation == continuation)
            return &*stored.smallAlone;
        auto alone = evaluateSmall(*stored.capture, continuation, context);
        if (!alone)
            return fail(alone.error());
        stored.smallContinuation = continuation;
        stored.smallAlone = std::move(*alone);
        return &*stored.smallAlone;
    }

} // namespace

Result<Document> answerRun(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    if (isOfFamily(request, "prompt"))
        return answerPromptRun(state, request, context, part);
    if (isSegmentRequest(request))
        return runSegmenter(state, request, context, part);
    const RunClock clock;
    auto method = methodRequest(request, request);
    if (!method)
        return fail(method.error());
    auto budget = budgetRequest(request, *method);
    if (!budget)
        return fail(budget.error());
    auto setup = runSetup(state, request);
    if (!setup)
        return fail(setup.error());
    auto measure = requestFlag(request, "measure", false);
    if (!measure)
        return fail(measure.error());
    if (*measure && setup->continuation.empty())
        return fail(ErrorCode::BadInput, "measure: there is no continuation to time", "give --score-last or a continuation");

    auto stored = state.capture(setup->wanted, setup->small, setup->input.context(), needsOf({*method}), context);
    if (!stored)
        return fail(stored.error());
    if (auto filled = fillProfile(*(*stored)->capture, *method, context); !filled)
        return fail(filled.error());
    auto ranked = rankedMethod(**stored, *method->spec, method->parameters, context);
    if (!ranked)
        return fail(ranked.error());
    // A select between two steps may push the ranking out of its table; this holds what the run needs.
    const RankedMethod held = **ranked;
    auto planned = planCell(*(*stored)->capture, held, *budget, setup->countSmall);
    if (!planned)
        return fail(planned.error());
    auto made = evaluationCell(*(*stored)->capture, held, *planned, context);
    if (!made)
        return fail(made.error());
    const EvaluationCell &cell = *made;

    std::vector<CellResult> results;
    if (!setup->continuation.empty()) {
        auto evaluated = evaluate(*(*stored)->capture, setup->continuation, {cell}, setup->options, {}, context);
        if (!evaluated)
            return fail(evaluated.error());
        results = std::move(*evaluated);
    }
    if (!setup->withScores)
        planned->plan.kept.score = {}; // 30 times the mask: travels only when asked for
    CellOutcome outcome{&planned->plan, planned->bytes, budgetJson(*budget, *planned, (*stored)->capture->tokens()),
        planned->selectMs, nullptr, nullptr, nullptr, nullptr};
    if (!results.empty()) {
        outcome.result = &results[0];
        outcome.full = &results[1];
    }
    Result<MeasuredRun> measured = MeasuredRun{};
    if (*measure) {
        measured = measureCell(*(*stored)->capture, setup->continuation, cell, context);
        auto full = measured ? measuredFull(**stored, setup->continuation, context)
                             : Result<const MeasuredRun *>(fail(measured.error()));
        if (!full)
            return fail(full.error());
        outcome.measured = &*measured;
        outcome.fullMeasured = *full;
    }
    auto model = state.modelObject(setup->wanted, context);
    if (!model)
        return fail(model.error());
    auto small = state.smallModelObject(setup->small, context);
    if (!small)
        return fail(small.error());
    ReportContext report{canonicalRun(request, *setup, *method, *budget), *model, *small, &setup->input, (*stored)->capture.get(), &clock,
        setup->wanted.threads, setup->seed};
    ReportBuilder builder = startReport(report);
    addCell(builder, report, outcome);
    if (outcome.result && planned->plan.standIn) {
        auto alone = smallAloneOf(**stored, setup->continuation, context);
        if (!alone)
            return fail(alone.error());
        addSmallAlone(builder, **alone);
    }
    return builder.build()->document();
}

} // namespace winnow
