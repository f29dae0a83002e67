#include "core/serve/engine_state.h"

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "core/eval/small_alone.h"
#include "core/eval/sweep.h"
#include "core/methods/registry.h"
#include "core/serve/commands_prompt.h"
#include "core/serve/guided_report.h"
#include "core/serve/machine.h"
#include "core/serve/request_fields.h"
#include "core/serve/profile_store.h"
#include "core/serve/prompt_request.h"
#include "core/serve/run_report.h"
#include "core/serve/run_request.h"
#include "core/serve/segment_run.h"
#include "core/serve/sweep_lists.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

namespace winnow {
namespace {

    constexpr const char *kCurveMetrics[] = {"deltaNll", "nll", "kl", "top1Agreement"};
    constexpr const char *kDefaultBudgets[] = {"80%", "60%", "40%", "30%", "20%", "10%", "5%"};

    struct SweepPlan {
        std::vector<MethodRequest> methods;
        std::vector<Budget> budgets;
        std::vector<int64_t> seeds;
        std::map<std::string, Json> known; // finished cells by key: {metrics, savings, series, budget} or null
    };

    Result<void> readMethods(const Json &request, SweepPlan &plan)
    {
        const Json &list = childField(request, "methods");
        if (!list.is_array() || list.empty())
            return fail(ErrorCode::BadInput, "methods: expected a list of {method, params}, at least one");
        for (const Json &entry : list) {
            auto method = methodRequest(entry.is_string() ? Json{{"method", entry}} : entry, request);
            if (!method)
                return fail(method.error());
            plan.methods.push_back(std::move(*method));
        }
        return {};
    }

    /// A list of keys, or an object of keys and what was measured.
    void readKnown(const Json &known, SweepPlan &plan)
    {
        if (known.is_array()) {
            for (const Json &key : known)
                plan.known.emplace(key.is_string() ? key.get<std::string>() : std::string(), Json());
        } else if (known.is_object()) {
            for (const auto &[key, value] : known.items())
                plan.known.emplace(key, value);
        }
    }

    std::vector<float> seriesOf(const Json &series, const char *name)
    {
        const std::vector<double> values = numberListField(series, name);
        return {values.begin(), values.end()};
    }

    /// Fills a known cell with what the request told about it, so that curves and tables are those of a whole sweep.
    void restoreKnown(SweepCell &cell, const Json &told)
    {
        const Json &metrics = childField(told, "metrics");
        if (cell.state != CellState::Known || !metrics.is_object())
            return;
        for (const char *name : kCurveMetrics) {
            if (!metrics.contains(name))
                return;
        }
        auto result = std::make_shared<CellResult>();
        for (const auto &[name, value] : metrics.items()) {
            if (const auto number = numberFromJson(value); number && name != "fullNll")
                result->metrics[name] = *number;
        }
        const Json &series = childField(told, "series");
        result->series.nll = seriesOf(series, "nll");
        result->series.kl = seriesOf(series, "kl");
        result->series.deltaNll = seriesOf(series, "deltaNll");
        result->series.deltaP = seriesOf(series, "deltaP");
        result->series.lostMass = seriesOf(series, "lostMass");
        result->series.saliencyJaccard = seriesOf(series, "saliencyJaccard");
        for (const float agree : seriesOf(series, "agree"))
            result->series.agree.push_back(agree > 0.5F);
        for (const float overlap : seriesOf(series, "overlap"))
            result->series.overlap.push_back(static_cast<uint8_t>(overlap));
        const Savings savings = savingsFromJson(childField(told, "savings"));
        cell.bytes.full = savings.fullBytes;
        cell.bytes.nominal = savings.nominalBytes;
        cell.bytes.native = savings.nativeBytes;
        cell.bytes.unfolded = savings.unfoldedBytes;
        cell.bytes.metadata = savings.metadataBytes;
        cell.bytes.stored = savings.forecastAllocatedBytes;
        cell.bytes.slmCache = std::max(0.0, savings.slmCacheBytes);
        cell.bytes.slmWeights = std::max(0.0, savings.slmWeightsBytes);
        cell.count = integerField(childField(told, "budget"), "tokens");
        cell.state = CellState::Measured;
        cell.reason = "measured by an earlier sweep";
        cell.result = std::move(result);
    }

    Result<SweepPlan> readSweep(const Json &request)
    {
        SweepPlan plan;
        if (auto methods = readMethods(request, plan); !methods)
            return fail(methods.error());
        auto budgets = budgetList(request, kDefaultBudgets);
        auto seeds = budgets ? seedList(request) : Result<std::vector<int64_t>>(fail(budgets.error()));
        if (!seeds)
            return fail(seeds.error());
        plan.budgets = std::move(*budgets);
        plan.seeds = std::move(*seeds);
        readKnown(childField(request, "knownCells"), plan);
        if (auto fits = checkCells(plan.methods.size(), plan.budgets.size(), plan.seeds.size()); !fits)
            return fail(fits.error());
        return plan;
    }

    Json canonicalSweep(const Json &request, const RunSetup &setup, const SweepPlan &plan)
    {
        Json canonical = canonicalRequest(request, setup);
        writeLists(plan.methods, plan.budgets, plan.seeds, canonical);
        return canonical;
    }

    Json stateWord(CellState state)
    {
        switch (state) {
        case CellState::Measured:
            return "measured";
        case CellState::Known:
            return "known";
        case CellState::Inactive:
            return "inactive";
        case CellState::Unreachable:
            return "unreachable";
        }
        return {};
    }

    /// The request that repeats one cell by `run`.
    Json cellRequestJson(const Json &sweep, const SweepCell &cell)
    {
        Json request = sweep;
        for (const char *name : {"methods", "budgets", "seeds"})
            request.erase(name);
        request["command"] = "run";
        request["method"] = cell.method.method;
        request["params"] = cell.method.parameters;
        request["budget"] = budgetText(cell.budget);
        return request;
    }

    Document cellReport(const ReportContext &shared, const SweepCell &cell, const KvPlan *plan)
    {
        ReportContext context = shared;
        context.request = cellRequestJson(shared.request, cell);
        ReportBuilder builder = startReport(context);
        builder.setExtra("cellKey", cell.key);
        builder.setExtra("state", stateWord(cell.state));
        if (plan) {
            const MethodSpec *spec = findMethod(cell.method.method);
            const PlannedCell planned{*plan, cell.bytes, cell.count, cell.selectMs, spec ? spec->budget.meaning : BudgetMeaning{}};
            addCell(builder, context,
                {plan, cell.bytes, budgetJson(cell.budget, planned, context.capture->tokens()), cell.selectMs,
                    cell.result.get(), nullptr, nullptr, nullptr});
        }
        if (!cell.reason.empty())
            builder.addNotice(cell.reason);
        return builder.build()->document();
    }

    Json metricOf(const SweepCell &cell, const char *name)
    {
        if (!cell.result)
            return {};
        const auto found = cell.result->metrics.find(name);
        return found == cell.result->metrics.end() ? Json() : jsonNumber(found->second);
    }

    TableArtifact cellTable(const std::vector<SweepCell> &cells)
    {
        TableArtifact table;
        table.id = "cells";
        table.title = "Cells of the sweep";
        table.columns = {"method", "budget", "slots", "seed", "nativeBytes", "nll", "deltaNll", "kl", "top1Agreement", "state",
            "reason", "cellKey", "slmCacheBytes", "effectiveRatio", "parameters"};
        table.units = {"", "", "tokens", "", "bytes", "nats", "nats", "nats", "", "", "", "", "bytes", "", ""};
        for (const SweepCell &cell : cells)
            table.rows.push_back({cell.method.method, budgetText(cell.budget), cell.count, cell.seed,
                cell.bytes.native > 0 ? Json(cell.bytes.native) : Json(), metricOf(cell, "nll"), metricOf(cell, "deltaNll"),
                metricOf(cell, "kl"), metricOf(cell, "top1Agreement"), stateWord(cell.state), cell.reason, cell.key,
                cell.bytes.slmCache > 0 ? Json(cell.bytes.slmCache) : Json(),
                cell.bytes.native > 0 ? jsonNumber(cell.bytes.effectiveRatio()) : Json(), parameterDifference(cell, cells)});
        return table;
    }

    Result<SweepRequest> sweepRequest(
        EngineState &state, const RunSetup &setup, const SweepPlan &plan, const Capture &capture, const RunContext &context)
    {
        auto hash = state.models.sha256(setup.wanted, context);
        if (!hash)
            return fail(hash.error());
        SweepRequest sweep;
        for (MethodRequest method : plan.methods) {
            if (auto filled = fillProfile(capture, method, context); !filled)
                return fail(filled.error());
            sweep.methods.push_back({std::string(method.spec->id), method.parameters});
        }
        sweep.budgets = plan.budgets;
        sweep.seeds = plan.seeds;
        sweep.options = setup.options;
        sweep.countSmall = setup.countSmall;
        sweep.recipe.modelHash = *hash;
        if (setup.small && capture.pair) {
            auto smallHash = state.models.sha256(*setup.small, context);
            if (!smallHash)
                return fail(smallHash.error());
            sweep.recipe.modelHash += '+' + *smallHash;
        }
        sweep.recipe.tokenizerHash = capture.model->tokenizer() ? capture.model->tokenizer()->hash() : std::string();
        sweep.recipe.textHash = textHash(capture.ids, setup.continuation);
        sweep.recipe.contextTokens = capture.tokens();
        sweep.recipe.seed = setup.seed;
        sweep.recipe.mode = setup.options.mode == ExecutionMode::Mask ? "mask" : "drop";
        // Both forms of the weights give the same numbers up to the rounding of sums, which a resumed sweep does not mix.
        sweep.recipe.dtype = capture.model->dtypeName() + '/' + capture.model->weightsName();
        sweep.recipe.device = capture.model->device().is_cpu() ? "cpu" : "cuda";
        sweep.recipe.version = versionText();
        return sweep;
    }

    /// Over native bytes; with a method of a pair over those and the small model's cache, and with the line of the small model
    /// alone.
    void addCurves(ReportBuilder &builder, const Capture &capture, const SweepResult &result, const CellResult *smallAlone)
    {
        const auto cacheBytes = [](const Capture &of) { return double(of.config.ownCacheBytes(of.tokens())); };
        const CurveAxis axis = smallAlone ? CurveAxis::EffectiveBytes : CurveAxis::NativeBytes;
        for (const char *metric : kCurveMetrics) {
            for (Curve &curve : buildCurves(result.cells, metric, axis, &result.full)) {
                for (Json &threshold : curve.thresholds) {
                    if (stringField(threshold, "name") == "full")
                        threshold["bytes"] = cacheBytes(capture);
                }
                if (smallAlone)
                    curve.thresholds.push_back(Json{{"name", "small"}, {"y", jsonNumber(smallAlone->metrics.at(metric))},
                        {"bytes", cacheBytes(*capture.pair->small)}, {"text", "small model alone"}});
                builder.add(curve);
            }
        }
    }

    bool usesSmall(const std::vector<SweepCell> &cells)
    {
        return std::any_of(cells.begin(), cells.end(), [](const SweepCell &cell) { return cell.bytes.slmCache > 0; });
    }

} // namespace

Result<Document> answerSweep(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    if (isOfFamily(request, "prompt"))
        return answerPromptSweep(state, request, context, part);
    if (isSegmentRequest(request))
        return sweepSegmenters(state, request, context, part);
    const RunClock clock;
    auto plan = readSweep(request);
    if (!plan)
        return fail(plan.error());
    auto setup = runSetup(state, request);
    if (!setup)
        return fail(setup.error());
    if (setup->continuation.empty())
        return fail(ErrorCode::BadInput, "a sweep scores a continuation and the request has none",
            "give --score-last N, --continuation-file or --continuation-ids");
    auto stored = state.capture(setup->wanted, setup->small, setup->input.context(), needsOf(plan->methods), context);
    if (!stored)
        return fail(stored.error());
    const CapturePtr capture = (*stored)->capture;
    auto sweep = sweepRequest(state, *setup, *plan, *capture, context);
    if (!sweep)
        return fail(sweep.error());
    auto model = state.modelObject(setup->wanted, context);
    if (!model)
        return fail(model.error());
    auto small = state.smallModelObject(setup->small, context);
    if (!small)
        return fail(small.error());
    const ReportContext shared{canonicalSweep(request, *setup, *plan), *model, *small, &setup->input, capture.get(), &clock,
        setup->wanted.threads, setup->seed};
    SweepCallbacks callbacks;
    callbacks.known = [&](const std::string &key) { return plan->known.contains(key); };
    callbacks.done = [&](const SweepCell &cell) {
        if (!part || cell.state == CellState::Known)
            return;
        if (!cell.plan || setup->withScores) {
            part(cellReport(shared, cell, cell.plan.get()));
            return;
        }
        KvPlan plan = *cell.plan;
        plan.kept.score = {};
        part(cellReport(shared, cell, &plan));
    };
    auto result = runSweep(*capture, setup->continuation, *sweep, callbacks, context);
    if (!result)
        return fail(result.error());

    for (SweepCell &cell : result->cells) {
        if (const auto known = plan->known.find(cell.key); known != plan->known.end())
            restoreKnown(cell, known->second);
    }
    std::optional<CellResult> smallAlone;
    if (usesSmall(result->cells)) {
        auto alone = evaluateSmall(*capture, setup->continuation, context);
        if (!alone)
            return fail(alone.error());
        smallAlone = std::move(*alone);
    }
    ReportBuilder builder = startReport(shared);
    addCurves(builder, *capture, *result, smallAlone ? &*smallAlone : nullptr);
    if (smallAlone)
        addSmallAlone(builder, *smallAlone);
    builder.add(cellTable(result->cells));
    builder.add(seriesArtifact(result->full.series, setup->input.contextTokens));
    for (const auto &[name, value] : result->full.metrics)
        builder.setMetric(name, value);
    for (const Check &check : result->full.checks)
        builder.addCheck(check);
    builder.setExtra("plan", {{"rankMs", result->rankMs}, {"selectMs", result->selectMs}, {"evaluateMs", result->evaluateMs}});
    Savings savings;
    savings.fullBytes = double(capture->config.ownCacheBytes(capture->tokens()));
    savings.prefillMs = capture->prefillMs;
    savings.selectMs = result->selectMs;
    builder.setSavings(savings);
    builder.setProvenance(clock.provenance(setup->wanted.threads, setup->seed, capture->model->deviceName()));
    return builder.build()->document();
}

} // namespace winnow
