#include "core/serve/dataset_plan.h"

#include "core/base/json_fields.h"
#include "core/serve/request_fields.h"

namespace winnow {
namespace {

    /// A run is a sweep with one cell, whose parameters stay those of a run.
    Result<PromptSweepPlan> singleCell(const Json &request)
    {
        PromptSweepPlan plan;
        auto method = promptMethodRequest(request, request);
        if (!method)
            return fail(method.error());
        auto budget = budgetRequest(request, *method);
        if (!budget)
            return fail(budget.error());
        plan.methods.push_back(std::move(*method));
        plan.budgets.push_back(*budget);
        plan.matching = LengthMatching::Off;
        const Json &known = childField(request, "knownCells");
        for (const auto &[key, value] : known.items())
            plan.known.emplace(key, value);
        return plan;
    }

} // namespace

Result<DatasetPlan> datasetPlan(const Json &request)
{
    DatasetPlan plan;
    auto sweep = stringField(request, "command") == "sweep" ? readPromptSweep(request) : singleCell(request);
    if (!sweep)
        return fail(sweep.error());
    auto shared = requestFlag(request, "shareContexts", true);
    auto fluency = shared ? requestFlag(request, "fluency", false) : shared;
    if (!fluency)
        return fail(fluency.error());
    plan.sweep = std::move(*sweep);
    plan.shared = *shared ? SharedContexts::Yes : SharedContexts::No;
    plan.fluency = *fluency ? Fluency::Measure : Fluency::Skip;
    return plan;
}

PromptSetup withoutTask(PromptSetup setup)
{
    setup.input.question.clear();
    setup.input.questionTokens = 0;
    setup.input.answers.clear();
    return setup;
}

bool isTaskAgnostic(const MethodRequest &method, const PromptSetup &setup)
{
    return method.spec->createPrompt()->lacks(withoutTask(setup).input, Parameters(method.parameters)).empty();
}

} // namespace winnow
