#include "core/methods/prompt/staged_plan.h"

#include "core/methods/prompt/pieces.h"
#include "core/methods/prompt/text_units.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace winnow {
namespace {

    constexpr size_t kNames = 3; // information, attention, fused

    TokenScores emptyScores(size_t stage, int64_t tokens)
    {
        TokenScores scores;
        scores.id = "stage." + std::to_string(stage);
        scores.names = {"information", "attention", "fused"};
        scores.tokens = tokens;
        scores.values.assign(kNames * static_cast<size_t>(tokens), std::numeric_limits<float>::quiet_NaN());
        return scores;
    }

    void writeScores(const StageRecord &record, int32_t shift, TokenScores &scores)
    {
        const auto n = static_cast<size_t>(scores.tokens);
        for (size_t j = 0; j < record.information.size(); ++j) {
            const auto token = static_cast<size_t>(record.tokens[j + 1] + shift);
            scores.values[token] = static_cast<float>(record.information[j]);
            scores.values[n + token] = static_cast<float>(record.attention[j]);
            scores.values[2 * n + token] = static_cast<float>(record.fused[j]);
        }
    }

    Json stageRow(size_t stage, size_t piece, const StageRecord &record, const StageRecord &first)
    {
        const double sum = std::accumulate(record.information.begin(), record.information.end(), 0.0);
        const EntropyShift shift = entropyShift(first, record);
        return {stage, record.tokens.size(), record.kept.size(), jsonNumber(record.fraction), jsonNumber(record.threshold),
            jsonNumber(sum / static_cast<double>(record.information.size())), jsonNumber(sum),
            jsonNumber(pearson(record.information, record.attention)), jsonNumber(shift.correlation), jsonNumber(shift.largest),
            jsonNumber(record.ms), record.processed, piece};
    }

    TableArtifact stageTable()
    {
        TableArtifact table;
        table.id = "stages";
        table.title = "Stages";
        table.columns = {"stage", "tokens", "kept", "d", "threshold", "meanInformation", "sumInformation", "r", "rStage0", "maxDelta",
            "ms", "processed", "piece"};
        table.units = {"", "tokens", "tokens", "", "", "nats", "nats", "", "", "nats", "ms", "tokens", ""};
        return table;
    }

    void addPiece(const StagedResult &result, TokenRange piece, size_t number, int64_t tokens, PromptPlan &plan)
    {
        for (size_t s = 0; s < result.stages.size(); ++s) {
            const StageRecord &record = result.stages[s];
            if (plan.scores.size() <= s)
                plan.scores.push_back(emptyScores(s, tokens));
            writeScores(record, piece.first, plan.scores[s]);
            plan.tables.front().rows.push_back(stageRow(s, number, record, result.stages.front()));
        }
        for (const int32_t token : result.kept)
            plan.kept.push_back(token + piece.first);
        std::copy(result.stageOf.begin(), result.stageOf.end(), plan.stageOf.begin() + piece.first);
    }

} // namespace

EntropyShift entropyShift(const StageRecord &first, const StageRecord &later)
{
    std::vector<double> before;
    size_t at = 1;
    EntropyShift shift;
    for (size_t j = 1; j < later.tokens.size(); ++j) {
        while (first.tokens[at] != later.tokens[j])
            ++at;
        before.push_back(first.information[at - 1]);
        shift.largest = std::max(shift.largest, std::abs(later.information[j - 1] - before.back()));
    }
    shift.correlation = pearson(before, later.information);
    return shift;
}

Result<PromptPlan> stagedPlan(const PromptInput &input, const StagedOptions &options, PromptScorer &scorer, const RunContext &context)
{
    if (options.window > scorer.window())
        return fail(ErrorCode::BadInput, "parameter window: " + std::to_string(options.window) + " tokens are more than the scoring model sees, expected 64 to "
                + std::to_string(scorer.window()) + ", or 0 for all of them");
    PromptPlan plan;
    plan.tables.push_back(stageTable());
    plan.stageOf.assign(input.ids.size(), 0);
    const int64_t window = options.window > 0 ? options.window : scorer.window();
    const std::vector<int32_t> words = options.unit == DeletionUnit::Word ? wordsOfTokens(input) : std::vector<int32_t>();
    const std::vector<TokenRange> pieces = piecesOf(input, window);
    for (size_t p = 0; p < pieces.size(); ++p) {
        const auto first = static_cast<size_t>(pieces[p].first), count = static_cast<size_t>(pieces[p].count());
        StagedText text{std::span(input.ids).subspan(first, count)};
        if (!options.isProtected.empty())
            text.isProtected = std::span(options.isProtected).subspan(first, count);
        if (!words.empty())
            text.words = std::span(words).subspan(first, count);
        auto result = deleteInStages(text, options.rules, scorer, context);
        if (!result)
            return fail(result.error());
        addPiece(*result, pieces[p], p, input.tokens(), plan);
        if (pieces.size() > 1)
            context.progress("compress", static_cast<int64_t>(p + 1), static_cast<int64_t>(pieces.size()), "pieces");
    }
    for (size_t t = 0; t < options.isProtected.size(); ++t) {
        if (options.isProtected[t])
            plan.protectedTokens.push_back(static_cast<int32_t>(t));
    }
    if (pieces.size() > 1)
        plan.notices.push_back("the text is longer than the window of " + std::to_string(window) + " tokens: compressed in "
            + std::to_string(pieces.size()) + " pieces");
    return plan;
}

} // namespace winnow
