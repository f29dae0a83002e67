#include "core/methods/prompt_method.h"

#include "core/methods/prompt/render.h"
#include "core/methods/prompt/token_tagger.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {

Result<std::shared_ptr<const TokenTagger>> PromptScorer::tagger(const std::string &, const RunContext &)
{
    return fail(ErrorCode::Unsupported, "this scorer opens no folder of a token classifier");
}

std::string_view PromptInput::bytes(int64_t token) const
{
    const auto &[begin, end] = spans[static_cast<size_t>(token)];
    return std::string_view(text).substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

TokenRange PromptInput::wholeContext(size_t context) const
{
    const bool last = context + 1 == contextTokens.size();
    return {context == 0 ? 0 : contextTokens[context].first, last ? static_cast<int32_t>(tokens()) : contextTokens[context + 1].first};
}

int64_t PromptBudget::target(int64_t n) const
{
    const int64_t count = tokens >= 0 ? tokens : static_cast<int64_t>(std::floor(rate * static_cast<double>(n) + 1e-9));
    return std::clamp<int64_t>(count, 0, n);
}

double PromptBudget::share(int64_t n) const
{
    return tokens >= 0 && n > 0 ? std::min(1.0, static_cast<double>(tokens) / static_cast<double>(n)) : rate;
}

std::string PromptMethod::joiner(const Parameters &parameters) const
{
    return parameters.has("joiner") ? parameters.word("joiner") : std::string("none");
}

Result<PromptPlan> PromptMethod::compress(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget,
    const Parameters &parameters, const RunContext &context) const
{
    const int64_t n = input.tokens();
    if (n == 0)
        return fail(ErrorCode::BadInput, "the prompt has no token to compress", "give a context that is not empty");
    if (takesBudget() && budget.share(n) >= 1) {
        PromptPlan whole;
        whole.kept.resize(static_cast<size_t>(n));
        std::iota(whole.kept.begin(), whole.kept.end(), 0);
        whole.text = input.text;
        whole.ownText = true;
        return whole;
    }
    if (std::string missing = lacks(input, parameters); !missing.empty())
        return fail(ErrorCode::BadInput, std::move(missing));
    auto plan = run(input, scorer, budget, parameters, context);
    if (plan && !plan->ownText) {
        Rendering rendering = renderTokens(input, plan->kept, joiner(parameters) == "space" ? Joiner::Space : Joiner::None);
        plan->text = std::move(rendering.text);
        plan->droppedBytes = rendering.droppedBytes;
    }
    return plan;
}

} // namespace winnow
