#include "core/serve/commands_prompt.h"

#include "core/base/json_fields.h"
#include "core/eval/matched_length.h"
#include "core/methods/prompt_method.h"
#include "core/model/sha256.h"
#include "core/serve/prompt_sweep.h"
#include "core/serve/sweep_lists.h"

#include <chrono>

namespace winnow {
namespace {

    /// The models and the prompt of a sweep.
    struct SweepModels {
        std::shared_ptr<ModelScorer> scorer;
        PromptReaders readers;
        std::vector<ModelScorer *> judges; // who may tell the perplexity of a compressed text: the scorer, and a reader of the same model
        Json model, small;
        std::string identity;
    };

    Result<SweepModels> openModels(EngineState &state, const PromptSetup &setup, const RunContext &context)
    {
        SweepModels models;
        auto scoring = state.hashed(setup.scoring(), context);
        auto reading = scoring ? state.hashed(setup.reader, context) : scoring;
        if (!reading)
            return fail(reading.error());
        models.scorer = state.scorers.obtain(*scoring, ScorerRole::Compress);
        models.readers = {state.scorers.obtain(*reading, ScorerRole::ReadFull), state.scorers.obtain(*reading, ScorerRole::ReadShort)};
        models.judges = {models.scorer.get()};
        if (reading->key() == scoring->key())
            models.judges.push_back(models.readers.cut.get());
        auto model = state.modelObject(setup.reader, context);
        auto small = model ? state.smallModelObject(setup.scorer, context) : model;
        if (!small)
            return fail(small.error());
        models.model = std::move(*model);
        models.small = std::move(*small);
        const PromptInput &input = setup.input;
        models.identity = jsonText(Json{{"scorer", scoring->key()}, {"reader", reading->key()}, {"ids", input.ids}, {"contexts", input.contexts},
            {"instruction", input.instruction}, {"question", input.question}, {"answers", input.answers}});
        return models;
    }

    /// The method at the cell's size, its own rate searched where lengths are matched.
    Result<PromptOutcome> compressedCell(const PromptSetup &setup, PromptCell &cell, LengthMatching matching, ModelScorer &scorer,
        const RunContext &context)
    {
        const MethodRequest method = cell.request();
        const PromptBudget asked = promptBudget(cell.budget, setup);
        const auto made = method.spec->createPrompt();
        if (matching == LengthMatching::Off || !made->takesBudget())
            return compressPrompt(setup, method, asked, scorer, context);
        scorer.startCounting();
        scorer.watch(setup.input.ids);
        const auto began = std::chrono::steady_clock::now();
        const CompressAt compress = [&](double rate) {
            return made->compress(setup.input, scorer, {rate, -1}, Parameters(method.parameters), context);
        };
        const CountTokens count = [&](const std::string &text) { return readerTokens(setup, text); };
        const double share = asked.share(setup.input.tokens());
        auto found = matchLength(share, share * static_cast<double>(setup.readerTokensIn), compress, count);
        if (!found)
            return fail(found.error());
        PromptOutcome outcome;
        outcome.asked = asked;
        outcome.plan = std::move(found->plan);
        outcome.costs = scorer.costs();
        const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
        outcome.compressMs = (ms - scorer.unaskedMs()) / static_cast<double>(found->runs);
        outcome.metrics["ownRate"] = found->rate;
        outcome.metrics["runs"] = static_cast<double>(found->runs);
        if (!found->matched) {
            cell.state = "unmatched";
            cell.reason = "no rate of the method gives " + std::to_string(static_cast<int64_t>(share * static_cast<double>(setup.readerTokensIn)))
                + " tokens to 1 %; the nearest has " + std::to_string(found->readerTokens);
        }
        if (auto measured = measurePlan(setup, method, scorer, outcome, context); !measured)
            return fail(measured.error());
        // The size was asked of the reader's tokens, so those of the scorer need not meet it.
        std::erase_if(outcome.checks, [](const Check &check) { return check.id == "budget"; });
        return outcome;
    }

    Json cellRequest(const Json &sweep, const PromptCell &cell)
    {
        Json request = sweep;
        for (const char *name : {"methods", "budgets", "seeds", "matched"})
            request.erase(name);
        request["command"] = "run";
        request["method"] = cell.method->spec->id;
        request["params"] = cell.parameters;
        if (!cell.method->spec->budget.unit.empty())
            request["budget"] = budgetText(cell.budget);
        return request;
    }

    /// A known cell gets what the request told about it.
    bool restored(const PromptSweepPlan &plan, PromptCell &cell)
    {
        const auto known = plan.known.find(cell.key);
        if (known == plan.known.end())
            return false;
        cell.state = "known";
        cell.reason = "measured by an earlier sweep";
        const Json &metrics = childField(known->second, "metrics");
        if (!metrics.is_object())
            return true;
        for (const auto &[name, value] : metrics.items()) {
            if (const auto number = numberFromJson(value))
                cell.metrics[name] = *number;
        }
        return true;
    }

    Json canonicalSweep(const Json &request, const PromptSetup &setup, const PromptSweepPlan &plan)
    {
        Json canonical = canonicalPrompt(request, setup);
        writeLists(plan.methods, plan.budgets, plan.seeds, canonical);
        canonical["matched"] = plan.matching == LengthMatching::On;
        return canonical;
    }

    /// Runs one cell and hands its report on; what the cell itself cannot do is written beside it.
    Result<void> runCell(const PromptReportParts &shared, const PromptSweepPlan &plan, const SweepModels &models, PromptCell &cell,
        const RunContext &context, const PartSink &part)
    {
        const MethodRequest method = cell.request();
        auto outcome = compressedCell(shared.setup, cell, plan.matching, *models.scorer, context);
        if (outcome) {
            auto read = readPrompts(shared.setup, method, models.readers, ReadTiming::Skip, *outcome, context);
            if (read)
                read = addFluency(models.judges, *outcome, context);
            if (!read)
                outcome = fail(read.error());
        }
        if (!outcome) {
            if (outcome.error().code != ErrorCode::BadInput)
                return fail(outcome.error());
            cell.state = "failed";
            cell.reason = outcome.error().message;
            return {};
        }
        if (!cell.method->spec->budget.unit.empty())
            outcome->budget = budgetText(cell.budget);
        cell.metrics = outcome->metrics;
        if (part) {
            PromptReportParts own{shared.setup, cellRequest(shared.request, cell), shared.model, shared.smallModel, shared.clock};
            ReportBuilder builder = promptReport(own, method, *outcome);
            builder.setExtra("cellKey", cell.key);
            builder.setExtra("state", cell.state);
            if (!cell.reason.empty())
                builder.addNotice(cell.reason);
            part(builder.build()->document());
        }
        return {};
    }

} // namespace

Result<Document> answerPromptSweep(EngineState &state, const Json &request, const RunContext &context, const PartSink &part)
{
    const RunClock clock;
    auto plan = readPromptSweep(request);
    if (!plan)
        return fail(plan.error());
    auto setup = promptSetup(state, request);
    if (!setup)
        return fail(setup.error());
    for (const MethodRequest &method : plan->methods) {
        for (const Budget &budget : plan->budgets) {
            if (auto checked = checkNeeds(method, setup->input, promptBudget(budget, *setup)); !checked)
                return fail(checked.error());
        }
    }
    auto models = openModels(state, *setup, context);
    if (!models)
        return fail(models.error());
    const PromptReportParts shared{*setup, canonicalSweep(request, *setup, *plan), models->model, models->small, clock};
    std::vector<PromptCell> cells = promptCells(*plan, models->identity);
    Result<void> done;
    for (size_t i = 0; i < cells.size() && done; ++i) {
        if (context.cancelled())
            done = fail(ErrorCode::Cancelled, "cancelled after " + std::to_string(i) + " of " + std::to_string(cells.size()) + " cells");
        else if (!restored(*plan, cells[i]))
            done = runCell(shared, *plan, *models, cells[i], context, part);
        context.progress("sweep", static_cast<int64_t>(i + 1), static_cast<int64_t>(cells.size()), "cells");
    }
    models->scorer->releaseCaches();
    // The items of a data set share prompts: their rows stay for the next one.
    if (childField(request, "item").is_null()) {
        models->readers.full->releaseCaches();
        models->readers.cut->releaseCaches();
    }
    if (!done)
        return fail(done.error());
    ReportBuilder builder;
    builder.setRequest(shared.request);
    builder.setModel(shared.model);
    if (!shared.smallModel.is_null())
        builder.setExtra("smallModel", shared.smallModel);
    builder.setInput(setup->input.ids, setup->pieces, setup->input.text);
    for (const Curve &curve : promptCurves(cells))
        builder.add(curve);
    builder.add(promptCellTable(cells));
    builder.setProvenance(clock.provenance(setup->reader.threads, setup->seed, stringField(shared.model, "device")));
    return builder.build()->document();
}

} // namespace winnow
