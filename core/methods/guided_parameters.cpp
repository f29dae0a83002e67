#include "core/methods/guided_parameters.h"

#include <algorithm>

namespace winnow::guided {

bool usesSmall(const Parameters &parameters)
{
    return parameters.flag("compensateSaliency") || parameters.flag("compensateMarginal");
}

GuideMatch matchOf(const Parameters &parameters)
{
    GuideMatch match;
    match.least = parameters.integer("matchMin");
    match.most = parameters.integer("matchMax");
    match.last = parameters.word("matchSpan") == "last";
    match.topFraction = parameters.number("kMatchFrac");
    match.skipSinks = parameters.integer("matchSkipSinks");
    const std::string control = parameters.word("mapControl");
    if (control != "none")
        match.control = control == "permute_heads" ? MapControl::PermuteHeads : MapControl::ShuffleLayers;
    match.seed = static_cast<uint64_t>(parameters.integer("seed"));
    return match;
}

GuidePolicy policyOf(const Parameters &parameters)
{
    const std::string policy = parameters.word("policy");
    if (policy == "last_row")
        return GuidePolicy::LastRow;
    return policy == "window" ? GuidePolicy::Window : GuidePolicy::Accumulated;
}

Rescale rescaleOf(const Parameters &parameters)
{
    constexpr std::array kModes{Rescale::Literal, Rescale::Mass, Rescale::MassDrop, Rescale::Ratio, Rescale::Oracle, Rescale::None};
    const std::string word = parameters.word("rescale");
    size_t mode = 0;
    while (kRescales[mode] != word)
        ++mode;
    return kModes[mode];
}

int64_t rankingRows(const Parameters &parameters)
{
    switch (policyOf(parameters)) {
    case GuidePolicy::LastRow:
        return 1;
    case GuidePolicy::Window:
        return parameters.integer("window");
    case GuidePolicy::Accumulated:
        break;
    }
    return 0;
}

GuidedBudget budgetOf(const Parameters &parameters, int64_t tokens, int64_t count)
{
    const bool grows = parameters.flag("compensateSaliency") && parameters.word("budgetBase") == "current";
    const int64_t whole = std::clamp(count, std::min<int64_t>(2, tokens), tokens);
    return {whole, tokens, parameters.number("criticalFloor"), grows ? BudgetBase::Current : BudgetBase::Prompt,
        parameters.flag("compensateMarginal")};
}

} // namespace winnow::guided
