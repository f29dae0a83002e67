// labels: slow
#include "core/eval/score.h"
#include "core/model/generate.h"

#include <QtTest>

#include "tests/support/golden.h"

using namespace winnow;
using namespace winnow::test;

/// Perplexity windows and greedy continuations of golden/forward_smollm2-135m.json.
class ScoreGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void perplexityWindowsEqualTheReference();
    void sixtyFourGreedyTokensEqualTheReference();
    void topLogitsAreTheLastRow();

private:
    std::shared_ptr<const Model> m_model;
    Json m_golden;
};

void ScoreGoldenTest::initTestCase()
{
    if (smolPath().empty())
        QSKIP("the default model is not in the model folder (winnow-cli models get smollm2-135m)");
    m_golden = readJson("golden/forward_smollm2-135m.json");
    m_model = openModel(smolPath());
}

void ScoreGoldenTest::perplexityWindowsEqualTheReference()
{
    std::vector<int32_t> ids; // four windows of 512 one after the other
    for (const Json &window : m_golden["ppl512"]) {
        const auto part = window["ids"].get<std::vector<int32_t>>();
        ids.insert(ids.end(), part.begin(), part.end());
    }
    ids.push_back(1); // a tail that is dropped
    const auto scored = scoreTokens(*m_model, ids, ScoreOptions{.window = 512}, RunContext{});
    QVERIFY2(scored.has_value(), scored ? "" : scored.error().message.c_str());
    QCOMPARE(scored->windows.size(), m_golden["ppl512"].size());
    for (size_t i = 0; i < scored->windows.size(); ++i) {
        const Json &expected = m_golden["ppl512"][i];
        QCOMPARE(scored->windows[i].count, expected["count"].get<int64_t>());
        QVERIFY(std::abs(scored->windows[i].perplexity / expected["ppl"].get<double>() - 1) < 1e-4);
        QVERIFY(std::abs(scored->windows[i].sumNll / expected["sum_nll"].get<double>() - 1) < 1e-5);
    }
    const Json &single = m_golden["ppl2048"];
    const auto whole = scoreTokens(*m_model, single["ids"].get<std::vector<int32_t>>(), ScoreOptions{}, RunContext{});
    QVERIFY2(whole.has_value(), whole ? "" : whole.error().message.c_str());
    QVERIFY(std::abs(whole->perplexity / single["ppl"].get<double>() - 1) < 1e-4);
}

void ScoreGoldenTest::sixtyFourGreedyTokensEqualTheReference()
{
    for (const Json &entry : m_golden["greedy"]) {
        const auto generated = generate(*m_model, entry["prompt_ids"].get<std::vector<int32_t>>(),
            GenerateOptions{.maxNew = 64, .endTokens = EndTokens::Ignore}, nullptr, RunContext{});
        QVERIFY2(generated.has_value(), generated ? "" : generated.error().message.c_str());
        const auto expected = entry["ids"].get<std::vector<int32_t>>();
        QCOMPARE(entry["safe_prefix"].get<size_t>(), expected.size()); // no near tie: all must be equal
        QCOMPARE(generated->ids, expected);
    }
}

void ScoreGoldenTest::topLogitsAreTheLastRow()
{
    const Json &text = m_golden["texts"][0];
    const auto scored = scoreTokens(*m_model, text["ids"].get<std::vector<int32_t>>(), ScoreOptions{.top = 20}, RunContext{});
    QVERIFY2(scored.has_value(), scored ? "" : scored.error().message.c_str());
    const auto expected = text["last_top20_logits"].get<std::vector<double>>();
    for (size_t i = 0; i < expected.size(); ++i)
        QVERIFY(std::abs(static_cast<double>(scored->topLogits[i]) - expected[i]) < 2e-3);
    QCOMPARE(scored->topIds, text["last_top20_ids"].get<std::vector<int32_t>>());
}

QTEST_GUILESS_MAIN(ScoreGoldenTest)
#include "score_golden_test.moc"
