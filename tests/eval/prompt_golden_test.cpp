// labels: slow
#include "core/eval/prompt_scorer.h"
#include "core/methods/prompt/fusion.h"
#include "core/methods/prompt/lingua_tokens.h"
#include "core/methods/prompt/percentile.h"
#include "core/methods/prompt/selective_units.h"
#include "core/methods/prompt/staged.h"

#include "tests/support/golden.h"
#include "tests/support/prompt_fixture.h"

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr double kNear = 1e-3; // of golden/README: what two f32 programs may differ by

PromptInput textInput(const std::string &text, const ModelScorer &scorer)
{
    PromptInput input;
    input.text = text;
    input.contexts = {text};
    const auto tokens = scorer.tokens(text);
    for (const ScorerToken &token : *tokens) {
        input.ids.push_back(token.id);
        input.spans.emplace_back(token.begin, token.end);
    }
    input.contextTokens = {{0, int32_t(input.ids.size())}};
    return input;
}

std::vector<int32_t> chosen(const std::vector<int32_t> &ids, const std::vector<int32_t> &kept)
{
    std::vector<int32_t> out;
    for (const int32_t index : kept)
        out.push_back(ids[size_t(index)]);
    return out;
}

/// How many entries two sorted sets do not share.
size_t differences(const std::vector<int32_t> &a, const std::vector<int32_t> &b)
{
    std::vector<int32_t> out;
    std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
    return out.size();
}

} // namespace

/// golden/dac_, llmlingua_ and selective_context_smollm2-135m.json.
class PromptGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void dacSignalsEqualTheReference();
    void dacKeepsTheRecordedSets();
    void llmLinguaKeepsTheRecordedIds();
    void selectiveContextKeepsTheRecordedUnits();
    void selectiveContextScoresTheRecordedSentences();

private:
    std::shared_ptr<const Model> m_model;
    std::unique_ptr<ModelScorer> m_scorer;
    Json m_dac, m_lingua, m_selective;
};

void PromptGoldenTest::initTestCase()
{
    if (smolPath().empty())
        QSKIP("the default model is not in the model folder (winnow-cli models get smollm2-135m)");
    m_dac = readJson("golden/dac_smollm2-135m.json");
    m_lingua = readJson("golden/llmlingua_smollm2-135m.json");
    m_selective = readJson("golden/selective_context_smollm2-135m.json");
    m_model = openModel(smolPath());
    m_scorer = std::make_unique<ModelScorer>(m_model);
}

void PromptGoldenTest::dacSignalsEqualTheReference()
{
    for (const Json &prompt : m_dac["prompts"]) {
        const auto ids = prompt["ids"].get<std::vector<int32_t>>();
        const auto scores = m_scorer->score(ids, ScoreWish{.attention = true}, {});
        QVERIFY2(scores.has_value(), scores ? "" : scores.error().message.c_str());
        for (size_t t = 1; t < ids.size(); ++t) {
            QVERIFY(std::abs(scores->information[t] - prompt["I"][t - 1].get<double>()) < 1e-3);
            QVERIFY(std::abs(scores->attention[t] - prompt["s"][t - 1].get<double>()) < 1e-3);
        }
        QVERIFY(std::abs(std::accumulate(scores->attention.begin(), scores->attention.end(), 0.0) - 300) < 1e-3);
    }
}

void PromptGoldenTest::dacKeepsTheRecordedSets()
{
    int equal = 0;
    for (const Json &prompt : m_dac["prompts"]) {
        const auto ids = prompt["ids"].get<std::vector<int32_t>>();
        for (const Json &run : prompt["runs"]) {
            StageRules rules;
            rules.removed = run["c"].get<double>();
            rules.stages = run["N"].get<int64_t>();
            rules.attentionWeight = run["attention_weight"].get<double>();
            const auto result = deleteInStages({ids}, rules, *m_scorer, {});
            QVERIFY2(result.has_value(), result ? "" : result.error().message.c_str());
            bool close = false; // a cut that two programs may see differently came before
            QCOMPARE(result->stages.size(), run["stages"].size());
            for (size_t s = 0; s < result->stages.size(); ++s) {
                const StageRecord &stage = result->stages[s];
                const Json &expected = run["stages"][s];
                QCOMPARE(int64_t(stage.information.size()), expected["m"].get<int64_t>());
                QCOMPARE(int64_t(stage.kept.size()) - 1, expected["k"].get<int64_t>());
                if (!close) {
                    QVERIFY(std::abs(std::accumulate(stage.information.begin(), stage.information.end(), 0.0) - expected["sum_I"].get<double>()) < 2e-2);
                    QVERIFY(std::abs(pearson(stage.information, stage.attention) - expected["pearson_I_s"].get<double>()) < 1e-4);
                }
                close = close || expected["cut_gap"].get<double>() < 5e-5;
            }
            const auto kept = run["kept"].get<std::vector<int32_t>>();
            QCOMPARE(result->kept.size(), kept.size());
            equal += result->kept == kept;
            if (!close)
                QCOMPARE(result->kept, kept);
        }
    }
    qInfo("%d of 20 kept sets are equal", equal);
}

void PromptGoldenTest::llmLinguaKeepsTheRecordedIds()
{
    int equal = 0;
    for (const Json &prompt : m_lingua["prompts"]) {
        const auto ids = prompt["ids"].get<std::vector<int32_t>>();
        PromptInput input = textInput(prompt["text"].get<std::string>(), *m_scorer);
        QCOMPARE(input.ids, ids);
        const auto first = m_scorer->score(ids, {}, {});
        QVERIFY(first.has_value());
        for (size_t t = 1; t < ids.size(); ++t)
            QVERIFY(std::abs(first->information[t] - prompt["nll"][t - 1].get<double>()) < 1e-3);
        for (const Json &run : prompt["runs"]) {
            const PromptPlan plan = planOf("llmlingua", input, *m_scorer, {run["rate"].get<double>(), -1},
                {{"segment", run["iterative_size"]}, {"indexShift", "official"}});
            const std::vector<int32_t> expected = chosen(ids, run["kept"].get<std::vector<int32_t>>());
            const std::vector<int32_t> found = chosen(ids, plan.kept);
            const Json &trace = plan.tables[1].rows;
            QCOMPARE(trace.size(), run["trace"].size());
            equal += found == expected;
            if (found != expected) {
                // Only where an entry is near a threshold: the first difference then moves what comes behind it.
                QVERIFY(std::abs(int64_t(found.size()) - int64_t(expected.size())) <= 3);
                continue;
            }
            for (size_t s = 0; s < trace.size(); ++s) {
                QCOMPARE(trace[s][4].get<int64_t>(), run["trace"][s][0].get<int64_t>());
                QVERIFY(std::abs(trace[s][3].get<double>() - run["trace"][s][1].get<double>()) < 1e-6);
                QVERIFY(std::abs(trace[s][5].get<double>() - run["trace"][s][2].get<double>()) < kNear);
            }
            QCOMPARE(*m_model->tokenizer()->decode(found, false), run["compressed_prompt"].get<std::string>());
        }
    }
    qInfo("%d of 36 outputs are equal", equal);
    QVERIFY(equal >= 34);
}

void PromptGoldenTest::selectiveContextKeepsTheRecordedUnits()
{
    int equal = 0, runs = 0;
    for (const Json &prompt : m_selective["prompts"]) {
        const PromptInput input = textInput(prompt["text"].get<std::string>(), *m_scorer);
        for (const Json &run : prompt["runs"]) {
            const auto start = m_scorer->tokens(run["start_token"].get<std::string>());
            QCOMPARE(start->size(), size_t(1));
            const PromptPlan plan = planOf("selective_context", input, *m_scorer, {1 - run["removed_fraction"].get<double>(), -1},
                {{"level", run["level"] == "sent" ? "sentence" : "token"}, {"sentences", "official"}, {"startToken", start->front().id}});
            const double threshold = run["threshold"].get<double>();
            QVERIFY(std::abs(plan.tables[0].rows[0][5].get<double>() - threshold) < kNear);
            std::vector<int32_t> kept;
            std::vector<double> values;
            for (size_t u = 0; u < plan.tables[0].rows.size(); ++u) {
                values.push_back(plan.tables[0].rows[u][2].get<double>());
                if (plan.tables[0].rows[u][3].get<bool>())
                    kept.push_back(int32_t(u));
            }
            auto expected = run["kept"].get<std::vector<int32_t>>();
            const auto isNear = [&](int32_t unit) { return std::abs(values[size_t(unit)] - threshold) < kNear; };
            ++runs;
            equal += kept == expected;
            const bool same = kept == expected;
            std::erase_if(kept, isNear);
            std::erase_if(expected, isNear);
            QCOMPARE(differences(kept, expected), size_t(0));
            if (same)
                QCOMPARE(plan.text, run["text"].get<std::string>());
        }
    }
    qInfo("%d of %d sets are equal", equal, runs);
}

void PromptGoldenTest::selectiveContextScoresTheRecordedSentences()
{
    for (const Json &prompt : m_selective["prompts"]) {
        const PromptInput input = textInput(prompt["text"].get<std::string>(), *m_scorer);
        for (const Json &run : prompt["runs"]) {
            if (!run.contains("sentence_ids"))
                continue;
            const auto start = m_scorer->tokens(run["start_token"].get<std::string>());
            const auto text = selectiveText(input, {UnitLevel::Token, SentenceRule::Official, false, start->front().id}, *m_scorer, {});
            QVERIFY(text.has_value());
            QCOMPARE(text->sentences.size(), run["sentence_ids"].size());
            size_t token = 0;
            for (size_t i = 0; i < text->sentences.size(); ++i) {
                QCOMPARE(text->sentences[i].ids, run["sentence_ids"][i].get<std::vector<int32_t>>());
                for (const double value : text->sentences[i].information)
                    QVERIFY(std::abs(value - run["self_information"][token++].get<double>()) < kNear);
            }
        }
    }
}

QTEST_GUILESS_MAIN(PromptGoldenTest)
#include "prompt_golden_test.moc"
