#include "core/methods/prompt/lingua_contexts.h"

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    constexpr std::string_view kAnswerable = " We can answer this from the documents.";

    /// Mean of the last `count` values; token 0 has none.
    double meanOfLast(const std::vector<double> &information, int64_t count)
    {
        const auto n = static_cast<int64_t>(information.size());
        const int64_t first = std::max<int64_t>(1, n - count);
        if (first >= n)
            return 0;
        return std::accumulate(information.begin() + first, information.end(), 0.0) / static_cast<double>(n - first);
    }

} // namespace

double linguaTarget(const PromptInput &input, const PromptBudget &budget)
{
    if (budget.tokens >= 0)
        return static_cast<double>(budget.tokens);
    const auto around = static_cast<double>(input.instructionTokens + input.questionTokens);
    int64_t contexts = 0;
    for (const TokenRange &range : input.contextTokens)
        contexts += range.count();
    return budget.rate * (around + static_cast<double>(contexts)) - around;
}

Result<std::vector<double>> contextInformation(const PromptInput &input, PromptScorer &scorer, const RunContext &context)
{
    std::vector<double> out;
    for (const TokenRange &range : input.contextTokens) {
        const auto count = static_cast<size_t>(std::min<int64_t>(range.count(), scorer.window()));
        if (count == 0) {
            out.push_back(0);
            continue;
        }
        auto scores = scorer.score(std::span(input.ids).subspan(static_cast<size_t>(range.first), count), {}, context);
        if (!scores)
            return fail(scores.error());
        out.push_back(meanOfLast(scores->information, static_cast<int64_t>(count)));
        context.progress("rank", static_cast<int64_t>(out.size()), static_cast<int64_t>(input.contextTokens.size()), "contexts");
    }
    return out;
}

Result<std::vector<double>> questionInformation(const PromptInput &input, PromptScorer &scorer, const RunContext &context)
{
    auto question = scorer.tokens(input.question + std::string(kAnswerable));
    if (!question)
        return fail(question.error());
    const auto asked = static_cast<int64_t>(question->size());
    std::vector<double> out;
    for (const TokenRange &range : input.contextTokens) {
        const int64_t seen = std::min<int64_t>(range.count(), scorer.window() - asked);
        if (seen < 0)
            return fail(ErrorCode::BadInput, "the question has " + std::to_string(asked) + " tokens, the window of the scoring model "
                    + std::to_string(scorer.window()));
        std::vector<int32_t> sequence(input.ids.begin() + range.first, input.ids.begin() + range.first + seen);
        for (const ScorerToken &token : *question)
            sequence.push_back(token.id);
        auto scores = scorer.score(sequence, {}, context);
        if (!scores)
            return fail(scores.error());
        out.push_back(meanOfLast(scores->information, asked));
        context.progress("rank", static_cast<int64_t>(out.size()), static_cast<int64_t>(input.contextTokens.size()), "contexts");
    }
    return out;
}

std::vector<RankedContext> rankedContexts(const std::vector<double> &nll, const std::vector<int64_t> &tokens, double budget, RankFirst first)
{
    std::vector<size_t> order(nll.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return first == RankFirst::Highest ? nll[a] > nll[b] : nll[a] < nll[b]; });
    std::vector<RankedContext> out(nll.size());
    for (size_t rank = 0; rank < order.size(); ++rank) {
        RankedContext &entry = out[order[rank]];
        entry = {nll[order[rank]], tokens[order[rank]], budget >= 0, static_cast<int64_t>(rank)};
        if (entry.kept)
            budget -= static_cast<double>(entry.tokens);
    }
    if (!order.empty())
        out[order[0]].kept = true; // whatever the budget
    return out;
}

std::vector<double> rankDeltas(int64_t contexts, double spread)
{
    std::vector<double> deltas(static_cast<size_t>(contexts), 0.0);
    for (int64_t rank = 0; rank < contexts && contexts > 1; ++rank)
        deltas[static_cast<size_t>(rank)] = spread * static_cast<double>(contexts - 1 - 2 * rank) / static_cast<double>(contexts - 1);
    return deltas;
}

TableArtifact contextTable(const std::vector<RankedContext> &contexts, const std::vector<double> &deltas)
{
    TableArtifact table;
    table.id = "trace.contexts";
    table.title = "Contexts";
    table.columns = {"context", "nll", "tokens", "kept", "rank", "delta"};
    table.units = {"", "nats", "tokens", "", "", ""};
    for (size_t i = 0; i < contexts.size(); ++i)
        table.rows.push_back({i, jsonNumber(contexts[i].nll), contexts[i].tokens, contexts[i].kept, contexts[i].rank, jsonNumber(deltas[i])});
    return table;
}

} // namespace winnow
