#include "core/serve/commands_prompt.h"

#include "core/base/json_fields.h"
#include "core/serve/prompt_reading.h"

namespace winnow {
namespace {

    /// What `run` and `select` begin with.
    struct PromptStart {
        MethodRequest method;
        Budget budget;
        PromptSetup setup;
        PromptBudget asked;
    };

    Result<PromptStart> startPrompt(EngineState &state, const Json &request)
    {
        PromptStart start;
        auto method = promptMethodRequest(request, request);
        if (!method)
            return fail(method.error());
        auto budget = budgetRequest(request, *method);
        if (!budget)
            return fail(budget.error());
        auto setup = promptSetup(state, request);
        if (!setup)
            return fail(setup.error());
        start.method = std::move(*method);
        start.budget = *budget;
        start.setup = std::move(*setup);
        start.asked = promptBudget(start.budget, start.setup);
        if (auto checked = checkNeeds(start.method, start.setup.input, start.asked); !checked)
            return fail(checked.error());
        return start;
    }

    Json canonicalCell(const Json &request, const PromptStart &start)
    {
        Json canonical = canonicalPrompt(request, start.setup);
        canonical["method"] = start.method.spec->id;
        canonical["params"] = start.method.parameters;
        if (!start.method.spec->budget.unit.empty())
            canonical["budget"] = budgetText(start.budget);
        return canonical;
    }

    void noteBudget(const PromptStart &start, PromptOutcome &outcome)
    {
        if (!start.method.spec->budget.unit.empty())
            outcome.budget = budgetText(start.budget);
    }

} // namespace

Result<Document> answerPromptRun(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    const RunClock clock;
    auto start = startPrompt(state, request);
    if (!start)
        return fail(start.error());
    auto scoring = state.hashed(start->setup.scoring(), context);
    if (!scoring)
        return fail(scoring.error());
    // A scorer that knows nothing: what is reported is what the method takes by itself.
    const auto scorer = state.scorers.fresh(*scoring, ScorerRole::Compress);
    auto outcome = compressPrompt(start->setup, start->method, start->asked, *scorer, context);
    if (!outcome)
        return fail(outcome.error());
    scorer->releaseCaches();
    auto reading = state.hashed(start->setup.reader, context);
    if (!reading)
        return fail(reading.error());
    const PromptReaders readers{state.scorers.obtain(*reading, ScorerRole::ReadFull), state.scorers.obtain(*reading, ScorerRole::ReadShort)};
    auto read = readPrompts(start->setup, start->method, readers, ReadTiming::Measure, *outcome, context);
    if (read) {
        std::vector<ModelScorer *> judges{scorer.get()};
        if (reading->key() == scoring->key()) // it has the text in its cache
            judges.push_back(readers.cut.get());
        read = addFluency(judges, *outcome, context);
    }
    scorer->releaseCaches();
    readers.full->releaseCaches();
    readers.cut->releaseCaches();
    if (!read)
        return fail(read.error());
    noteBudget(*start, *outcome);
    auto model = state.modelObject(start->setup.reader, context);
    auto small = model ? state.smallModelObject(start->setup.scorer, context) : model;
    if (!small)
        return fail(small.error());
    const PromptReportParts parts{start->setup, canonicalCell(request, *start), *model, *small, clock};
    return promptReport(parts, start->method, *outcome).build()->document();
}

Result<Document> answerPromptSelect(EngineState &state, const Json &request, const RunContext &context, const PartSink &)
{
    const RunClock clock;
    auto start = startPrompt(state, request);
    if (!start)
        return fail(start.error());
    auto scoring = state.hashed(start->setup.scoring(), context);
    if (!scoring)
        return fail(scoring.error());
    const auto scorer = state.scorers.obtain(*scoring, ScorerRole::Compress);
    auto outcome = compressPrompt(start->setup, start->method, start->asked, *scorer, context);
    scorer->releaseCaches();
    if (!outcome)
        return fail(outcome.error());
    noteBudget(*start, *outcome);
    // The reader is not needed, so it is not loaded: the model of this report is the one that scores.
    auto model = state.modelObject(start->setup.scoring(), context);
    if (!model)
        return fail(model.error());
    const PromptReportParts parts{start->setup, canonicalCell(request, *start), *model, Json(), clock};
    return promptReport(parts, start->method, *outcome).build()->document();
}

} // namespace winnow
