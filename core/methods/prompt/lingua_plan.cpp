#include "core/methods/prompt/lingua_plan.h"

#include "core/methods/prompt/characters.h"
#include "core/methods/prompt/pieces.h"
#include "core/methods/prompt/render.h"
#include "core/methods/prompt/text_units.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

namespace winnow {
namespace {

    /// Kept contexts in output order.
    std::vector<size_t> outputOrder(const LinguaContexts &chosen, LinguaOrder order)
    {
        std::vector<size_t> out;
        for (size_t i = 0; i < chosen.contexts.size(); ++i) {
            if (chosen.contexts[i].kept)
                out.push_back(i);
        }
        if (order == LinguaOrder::Rank)
            std::sort(out.begin(), out.end(), [&](size_t a, size_t b) { return chosen.contexts[a].rank < chosen.contexts[b].rank; });
        return out;
    }

    /// Sentences by mean NLL until their tokens exceed the budget. @return [n] whether a token may stay.
    Result<std::vector<uint8_t>> sentenceFilter(const PromptInput &input, const std::vector<int32_t> &source, double budget,
        PromptScorer &scorer, const RunContext &context)
    {
        std::vector<int32_t> ids;
        for (const int32_t token : source)
            ids.push_back(input.ids[static_cast<size_t>(token)]);
        const auto seen = static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(ids.size()), scorer.window()));
        auto scores = scorer.score(std::span(ids).first(seen), {}, context);
        if (!scores)
            return fail(scores.error());
        const std::vector<ByteSpan> all = sentences(input.text, SentenceRule::Ours);
        const std::vector<int32_t> sentenceOf = unitsOfTokens(input, all);
        std::vector<double> sums(all.size() + 1, 0.0);
        std::vector<int64_t> counts(sums.size(), 0), scored(sums.size(), 0);
        for (size_t i = 0; i < source.size(); ++i) {
            const auto sentence = static_cast<size_t>(sentenceOf[static_cast<size_t>(source[i])]);
            ++counts[sentence];
            if (i > 0 && i < seen) {
                sums[sentence] += scores->information[i];
                ++scored[sentence];
            }
        }
        std::vector<double> nll;
        std::vector<int64_t> tokens;
        std::vector<size_t> number;
        for (size_t s = 0; s < counts.size(); ++s) {
            if (counts[s] == 0)
                continue;
            nll.push_back(scored[s] > 0 ? sums[s] / static_cast<double>(scored[s]) : 0);
            tokens.push_back(counts[s]);
            number.push_back(s);
        }
        const std::vector<RankedContext> ranked = rankedContexts(nll, tokens, budget, RankFirst::Highest);
        std::vector<uint8_t> sentenceStays(sums.size(), 0), stays(input.ids.size(), 0);
        for (size_t i = 0; i < ranked.size(); ++i)
            sentenceStays[number[i]] = ranked[i].kept;
        for (size_t t = 0; t < stays.size(); ++t)
            stays[t] = sentenceStays[static_cast<size_t>(sentenceOf[t])];
        return stays;
    }

    TableArtifact segmentTable(const std::vector<LinguaTrace> &trace)
    {
        TableArtifact table;
        table.id = "trace.segments";
        table.title = "Segments";
        table.columns = {"segment", "first", "end", "tau", "pool", "threshold", "kept"};
        table.units = {"", "tokens", "tokens", "", "tokens", "nats", "tokens"};
        for (const LinguaTrace &part : trace)
            table.rows.push_back({part.segment, part.first, part.end, jsonNumber(part.tau), part.pool, jsonNumber(part.threshold), part.kept});
        return table;
    }

    TokenScores tokenScores(const PromptInput &input, const std::vector<int32_t> &source, const LinguaResult &result)
    {
        TokenScores scores;
        scores.id = "stage.0";
        scores.names = {"information", "fused", "threshold"};
        scores.tokens = input.tokens();
        const size_t n = input.ids.size();
        scores.values.assign(3 * n, std::numeric_limits<float>::quiet_NaN());
        for (size_t i = 0; i < source.size(); ++i) {
            const auto token = static_cast<size_t>(source[i]);
            scores.values[token] = static_cast<float>(result.first[i]);
            scores.values[n + token] = static_cast<float>(result.value[i]);
            scores.values[2 * n + token] = static_cast<float>(result.threshold[i]);
        }
        return scores;
    }

    /// Contexts one by one in output order, blank lines between them.
    void renderRanked(const PromptInput &input, const std::vector<size_t> &order, Joiner joiner, PromptPlan &plan)
    {
        plan.ownText = true;
        for (const size_t i : order) {
            const TokenRange range = input.contextTokens[i];
            std::vector<int32_t> kept;
            std::copy_if(plan.kept.begin(), plan.kept.end(), std::back_inserter(kept),
                [&](int32_t token) { return token >= range.first && token < range.end; });
            Rendering rendering = renderTokens(input, kept, joiner);
            rendering.text.resize(endOfLastVisible(rendering.text));
            rendering.text.erase(0, std::min(rendering.text.find_first_not_of(" \n\t"), rendering.text.size()));
            plan.droppedBytes += rendering.droppedBytes;
            if (!rendering.text.empty())
                plan.text += (plan.text.empty() ? "" : "\n\n") + rendering.text;
        }
    }

    /// The text of the token step, and which token of the input each of its tokens is.
    struct LinguaSource {
        LinguaText text;
        std::vector<int32_t> source;
    };

    /// Chosen contexts one after the other, each with its kept share.
    LinguaSource chosenText(const PromptInput &input, const LinguaContexts &chosen, const std::vector<size_t> &order, double target)
    {
        LinguaSource out;
        double length = 1;
        for (const size_t i : order)
            length += static_cast<double>(input.contextTokens[i].count()) + 2;
        for (const size_t i : order) {
            const TokenRange range = input.wholeContext(i);
            const auto begin = static_cast<int64_t>(out.source.size());
            for (int32_t token = range.first; token < range.end; ++token)
                out.source.push_back(token);
            out.text.parts.push_back({begin, static_cast<int64_t>(out.source.size()), std::clamp(target / length + chosen.deltas[i], 0.0, 1.0)});
        }
        return out;
    }

    /// Step B: only tokens of the sentences that stay.
    Result<void> dropSentences(const PromptInput &input, double budget, PromptScorer &scorer, const RunContext &context, LinguaSource &out)
    {
        auto stays = sentenceFilter(input, out.source, budget, scorer, context);
        if (!stays)
            return fail(stays.error());
        std::vector<int32_t> left;
        for (LinguaPart &part : out.text.parts) {
            const auto begin = static_cast<int64_t>(left.size());
            std::copy_if(out.source.begin() + part.begin, out.source.begin() + part.end, std::back_inserter(left),
                [&](int32_t token) { return (*stays)[static_cast<size_t>(token)] != 0; });
            part.begin = begin;
            part.end = static_cast<int64_t>(left.size());
        }
        out.source = std::move(left);
        return {};
    }

    Result<void> addQuestion(const PromptInput &input, const PromptScorer &scorer, LinguaText &text)
    {
        auto question = scorer.tokens(input.question);
        if (!question)
            return fail(question.error());
        for (const ScorerToken &token : *question)
            text.question.push_back(token.id);
        return {};
    }

} // namespace

Result<PromptPlan> linguaPlan(const PromptInput &input, const PromptBudget &budget, const LinguaContexts &chosen,
    const LinguaOptions &options, PromptScorer &scorer, const RunContext &context)
{
    const double target = linguaTarget(input, budget);
    const std::vector<size_t> order = outputOrder(chosen, options.order);
    LinguaSource made = chosenText(input, chosen, order, target);
    if (options.sentenceRatio > 0) {
        if (auto dropped = dropSentences(input, target * options.sentenceRatio, scorer, context, made); !dropped)
            return fail(dropped.error());
    }
    const std::vector<uint8_t> blank = options.keepsBlankLines ? blankLineMask(input) : std::vector<uint8_t>();
    for (const int32_t token : made.source) {
        made.text.ids.push_back(input.ids[static_cast<size_t>(token)]);
        if (!blank.empty())
            made.text.isForced.push_back(blank[static_cast<size_t>(token)]);
    }
    if (options.asksQuestion) {
        if (auto added = addQuestion(input, scorer, made.text); !added)
            return fail(added.error());
    }
    const double tau = made.text.parts.front().tau;
    auto result = options.shift == IndexShift::Official ? compressOfficially(made.text, options.rules.segment, scorer, context)
                                                        : compressSegments(made.text, options.rules, scorer, context);
    if (!result)
        return fail(result.error());
    PromptPlan plan;
    for (const int32_t token : result->kept)
        plan.kept.push_back(made.source[static_cast<size_t>(token)]);
    std::sort(plan.kept.begin(), plan.kept.end());
    plan.scores.push_back(tokenScores(input, made.source, *result));
    plan.tables = {contextTable(chosen.contexts, chosen.deltas), segmentTable(result->trace)};
    plan.metrics = {{"target", target}, {"tau", tau}, {"rankMs", chosen.rankMs}, {"firstPassMs", result->firstMs}, {"tokenMs", result->tokenMs}};
    if (options.order == LinguaOrder::Rank && order.size() > 1)
        renderRanked(input, order, options.joiner, plan);
    return plan;
}

} // namespace winnow
