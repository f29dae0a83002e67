#pragma once

#include "core/methods/prompt/staged_parameters.h"

#include <memory>

namespace winnow::prompt {

/// DAC in one stage, whose rules `Change` makes those of a control (prompt-compression-baselines.md 3.1).
template <void (*Change)(StageRules &)>
class OneStage : public PromptMethod {
protected:
    Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
        const RunContext &context) const override
    {
        auto options = stagedOptions(input, budget, parameters);
        if (!options)
            return fail(options.error());
        Change(options->rules);
        return stagedPlan(input, *options, scorer, context);
    }
};

template <void (*Change)(StageRules &)>
std::unique_ptr<const PromptMethod> makeOneStage()
{
    return std::make_unique<OneStage<Change>>();
}

} // namespace winnow::prompt
