#pragma once

#include "views/prompt_data.h"
#include "views/run_view.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace winnow::sample {

/// The worked loop of dac.md 8: 24 tokens of the toy scorer, c = .5, N = 4, additive, a = .8, with words for its ids.
struct ToyPrompt {
    std::vector<float> information{.4375F, .1875F, 4.75F, 2.625F, 6, 4.625F, 6, 3.625F, 4.4375F, 2.8125F, 6, 1.125F, 4.1875F, 2.125F, .1875F, 1.9375F, 3.125F, .75F, 2.6875F, 5.75F, 3.625F, 2.1875F, 1.5F};
    std::vector<float> attention{2.9768F, 2.6690F, 1.6390F, 2.1964F, 1.6224F, .9647F, .8788F, .9582F, .7472F, 1.0551F, .8613F, .8424F, .7686F, .3461F, .5992F, .4166F, .3668F, .2034F, .3555F, .1383F, .1003F, .0222F, .0353F};
    std::vector<float> fused{.8086F, .7167F, .5948F, .6726F, .6333F, .4079F, .4320F, .3717F, .3425F, .3700F, .4272F, .2543F, .3397F, .1544F, .1562F, .1670F, .1944F, .0684F, .1763F, .2228F, .1394F, .0688F, .0487F};
    std::vector<std::string> pieces{"Janet", "’s", " ducks", " lay", " 16", " eggs", " per", " day", ".", " She", " eats", " three", " for", " break", "fast", " every", " morning", ".", "\n", "How", " many", " are", " left", "?"};
    /// Tokens that are left after each stage.
    std::vector<std::vector<int>> left{range(0, 17, {19, 20}), range(0, 13, {17, 20}), range(0, 11, {13}), range(0, 9, {11})};

    static std::vector<int> range(int first, int last, std::vector<int> more)
    {
        std::vector<int> all;
        for (int i = first; i <= last; ++i)
            all.push_back(i);
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    std::vector<int32_t> stageOf() const
    {
        std::vector<int32_t> stages(pieces.size(), 0);
        for (size_t stage = left.size(); stage-- > 0;)
            for (size_t token = 0; token < pieces.size(); ++token)
                if (std::find(left[stage].begin(), left[stage].end(), static_cast<int>(token)) == left[stage].end())
                    stages[token] = static_cast<int32_t>(stage) + 1;
        return stages;
    }
};

inline TokenScores stageScores(int stage, const ToyPrompt &toy, const std::vector<int32_t> &stageOf)
{
    TokenScores scores;
    scores.id = "stage." + std::to_string(stage);
    scores.names = {"information", "attention", "fused"};
    scores.tokens = static_cast<int64_t>(toy.pieces.size());
    const float none = std::numeric_limits<float>::quiet_NaN();
    const float shift = stage == 0 ? 0.0F : 0.25F; // later stages measure again: the toy values a quarter higher
    for (const std::vector<float> *values : {&toy.information, &toy.attention, &toy.fused})
        for (size_t token = 0; token < toy.pieces.size(); ++token) {
            const bool gone = stageOf[token] > 0 && stageOf[token] <= stage;
            scores.values.push_back(token == 0 || gone ? none : (*values)[token - 1] + (values == &toy.information ? shift : 0.0F));
        }
    return scores;
}

/// A report of a method of the family `prompt` over the toy text. `kept` replaces what the worked loop keeps.
inline ReportPtr promptReport(const std::string &method = "dac", const std::vector<int32_t> &kept = {}, const std::string &answer = {}, const std::string &full = {})
{
    const ToyPrompt toy;
    ReportBuilder builder;
    std::vector<int32_t> ids{12, 7, 33, 7, 41, 5, 18, 7, 2, 29, 41, 5, 9, 16, 7, 33, 50, 3, 18, 21, 7, 2, 44, 1};
    std::string text;
    for (const std::string &piece : toy.pieces)
        text += piece;
    builder.setInput(ids, toy.pieces, text);
    builder.setRequest(Json{{"command", "run"}, {"method", method}, {"params", Json::object()}, {"budget", "50%"}, {"prompt", {{"contexts", {text}}, {"question", "How many eggs?"}}}, {"answer", "It is 9 #### 9"}});
    PromptTokens tokens;
    tokens.method = method;
    tokens.askedRate = 0.5;
    tokens.kept = kept;
    if (kept.empty()) {
        tokens.stageOf = toy.stageOf();
        for (const int token : toy.left.back())
            tokens.kept.push_back(token);
    }
    for (const int32_t token : tokens.kept)
        tokens.text += toy.pieces[static_cast<size_t>(token)];
    tokens.achievedRate = static_cast<double>(tokens.kept.size()) / static_cast<double>(ids.size());
    builder.add(tokens);
    if (kept.empty()) {
        for (int stage = 0; stage < 4; ++stage)
            builder.add(stageScores(stage, toy, tokens.stageOf));
        TableArtifact stages;
        stages.id = "stages";
        stages.columns = {"stage", "tokens", "kept", "d", "threshold", "meanInformation", "sumInformation", "r", "rStage0", "maxDelta", "ms", "processed"};
        const int counts[] = {24, 20, 16, 13, 11};
        const double r[] = {-.137543, -.336391, -.442028, -.643204};
        for (int stage = 0; stage < 4; ++stage)
            stages.rows.push_back(Json::array({stage + 1, counts[stage], counts[stage + 1], .159104, .1, 2.9, 60.0 - stage, r[stage], 1.0 - .05 * stage, .1 * stage, 12.5 - stage, stage == 0 ? 0 : counts[stage]})); // the first scores were at hand
        builder.add(stages);
    }
    if (!answer.empty()) {
        builder.add(TextArtifact{"full", "full", full, {}});
        builder.add(TextArtifact{"modified", "modified", answer, {}});
        builder.setMetric("readerTokensIn", 24);
    }
    return builder.build();
}

inline RunEntry promptEntry(int index, const QString &title, const ReportPtr &report)
{
    RunEntry entry;
    entry.index = index;
    entry.title = title;
    entry.budget = QStringLiteral("50 %");
    entry.report = report;
    entry.prompt = readPromptData(*report);
    entry.measured = true;
    return entry;
}

inline Curve promptCurve(int letter, const std::string &title, double worst, bool band)
{
    Curve curve;
    curve.id = "rate";
    curve.method = runLetter(letter).toStdString();
    curve.title = title;
    curve.xName = "achievedRate";
    curve.yName = "deltaNll";
    for (const double rate : {0.25, 0.33, 0.5, 0.66, 0.8, 1.0}) {
        const double y = worst * (1 - rate) * (1 - rate) / 0.5625;
        curve.x.push_back(rate);
        curve.y.push_back(y);
        if (band) {
            curve.low.push_back(y * 0.8);
            curve.high.push_back(y * 1.2);
        }
        curve.budgets.push_back(std::to_string(static_cast<int>(rate * 100 + 0.5)) + "%");
    }
    return curve;
}

/// A: the worked loop; B: a method that missed what was asked; D: one with another answer. The current run is A.
inline ViewDataPtr promptViewData()
{
    auto data = std::make_shared<ViewData>();
    const std::string full = "Janet sells 16 − 3 − 4 = 9 eggs a day. She makes 9 × 2 = $18.";
    data->runs.push_back(promptEntry(0, QStringLiteral("DAC"), promptReport("dac", {}, "Janet sells 16 − 3 − 4 = 9 duck eggs. She makes 9 × 2 = $18 every day.", full)));
    data->runs.push_back(promptEntry(1, QStringLiteral("LLMLingua"), promptReport("llmlingua", {0, 3, 5, 6, 7, 8, 9, 11, 13, 16, 20, 21, 22, 23}, "She makes $18.", full)));
    data->runs.push_back(promptEntry(3, QStringLiteral("Random"), promptReport("random_prompt", {0, 2, 3, 5, 6, 11, 13, 15, 16, 17, 18, 19}, "Janet has 16 eggs. She makes $32.", full)));
    data->current = data->runs.front();
    data->curves = {promptCurve(0, "DAC", 1.7, false), promptCurve(1, "LLMLingua", 2.1, false), promptCurve(3, "Random, 5 seeds", 2.9, true)};
    return data;
}

} // namespace winnow::sample
