#include "core/methods/prompt/staged_parameters.h"

#include "core/methods/prompt/pieces.h"

namespace winnow::prompt {
namespace {

    bool is(const Parameters &parameters, const char *name, const char *word)
    {
        return parameters.has(name) && parameters.word(name) == word;
    }

    NeighbourRule neighbourRule(const Parameters &parameters)
    {
        if (is(parameters, "neighbours", "add"))
            return NeighbourRule::Add;
        return is(parameters, "neighbours", "exact") ? NeighbourRule::Exact : NeighbourRule::Off;
    }

} // namespace

Result<StagedOptions> stagedOptions(const PromptInput &input, const PromptBudget &budget, const Parameters &parameters)
{
    StagedOptions options;
    StageRules &rules = options.rules;
    rules.removed = 1 - budget.share(input.tokens());
    rules.stages = parameters.has("stages") ? parameters.integer("stages") : 1;
    rules.fusion = is(parameters, "fusion", "multiplicative") ? Fusion::Multiplicative : Fusion::Additive;
    if (parameters.has("attentionWeight"))
        rules.attentionWeight = parameters.number("attentionWeight");
    rules.refresh = is(parameters, "attentionRefresh", "once") ? AttentionRefresh::Once : AttentionRefresh::EveryStage;
    rules.columnScale = is(parameters, "columnScale", "per_row") ? ColumnScale::PerRow : ColumnScale::Sum;
    rules.schedule = is(parameters, "schedule", "cumulative") ? StageSchedule::Cumulative : StageSchedule::Floor;
    rules.neighbours = neighbourRule(parameters);
    rules.finalScore = parameters.has("finalScore") && parameters.flag("finalScore") ? FinalScore::On : FinalScore::Off;
    if (parameters.has("seed"))
        rules.seed = static_cast<uint64_t>(parameters.integer("seed"));
    if (parameters.has("heads")) {
        auto heads = headList(parameters.word("heads"));
        if (!heads)
            return fail(heads.error());
        rules.heads = std::move(*heads);
    }
    if (parameters.has("protect")) {
        auto mask = protectedMask(input, parameters.word("protect"), parameters.word("pattern"));
        if (!mask)
            return fail(mask.error());
        options.isProtected = std::move(*mask);
    }
    options.unit = is(parameters, "unit", "word") ? DeletionUnit::Word : DeletionUnit::Token;
    options.window = parameters.has("window") ? parameters.integer("window") : 0;
    if (options.window != 0 && options.window < 64)
        return fail(ErrorCode::BadInput, "parameter window: " + std::to_string(options.window) + " is not allowed, expected 0 or at least 64 tokens");
    return options;
}

bool meetsStagedBudget(const Parameters &parameters)
{
    return is(parameters, "schedule", "cumulative") && is(parameters, "neighbours", "off") && is(parameters, "unit", "token");
}

} // namespace winnow::prompt
