#include "core/methods/prompt/lingua_contexts.h"
#include "core/methods/prompt/lingua_tokens.h"
#include "core/methods/prompt/percentile.h"
#include "core/methods/prompt/random_choice.h"
#include "core/methods/prompt/recovery.h"
#include "core/methods/prompt/selective_units.h"
#include "core/methods/prompt/stop_words.h"
#include "core/methods/prompt/text_units.h"
#include "tests/support/prompt_fixture.h"
#include "tests/support/toy_scorer.h"

#include <algorithm>

using namespace winnow;
using namespace winnow::test;

namespace {

/// A scorer that knows the sentences of the Selective-Context example: information of every token, by its text.
class ExampleScorer final : public PromptScorer {
public:
    struct Sentence {
        std::vector<std::string> tokens;
        std::vector<double> information;
    };
    explicit ExampleScorer(std::vector<Sentence> sentences)
        : m_sentences(std::move(sentences))
    {
    }
    int64_t window() const override { return 1000; }
    Result<SequenceScores> score(std::span<const int32_t> ids, const ScoreWish &, const RunContext &) override
    {
        SequenceScores scores;
        scores.information.push_back(0);
        for (size_t t = 1; t < ids.size(); ++t)
            scores.information.push_back(m_sentences[size_t(ids[1]) / 100].information[t - 1]);
        return scores;
    }
    Result<std::vector<ScorerToken>> tokens(std::string_view text) const override
    {
        for (size_t s = 0; s < m_sentences.size(); ++s) {
            std::string joined;
            std::vector<ScorerToken> out;
            for (size_t t = 0; t < m_sentences[s].tokens.size(); ++t) {
                const auto begin = int64_t(joined.size());
                joined += m_sentences[s].tokens[t];
                out.push_back({int32_t(100 * s + t), begin, int64_t(joined.size())});
            }
            if (joined == text)
                return out;
        }
        return fail(ErrorCode::BadInput, "unknown sentence " + std::string(text));
    }
    std::optional<int32_t> startToken() const override { return 9999; }
    const ScorerCosts &costs() const override { return m_costs; }

private:
    std::vector<Sentence> m_sentences;
    ScorerCosts m_costs;
};

const ExampleScorer::Sentence kFirst{{"The", " old", " light", "house", " was", " built", " in", " 18", "92", "."},
    {3.2, 6.1, 5.4, .9, 1.5, 2.8, .7, 4.4, 5.0, 1.1}};
const ExampleScorer::Sentence kSecond{{"It", " guid", "ed", " ships", " past", " the", " re", "ef", "."}, {2.0, 5.2, .4, 3.1, 2.6, .3, 4.7, 1.9, .8}};

PromptInput lighthouse()
{
    PromptInput input;
    for (const auto *sentence : {&kFirst, &kSecond}) {
        for (size_t t = 0; t < sentence->tokens.size(); ++t) {
            const auto begin = int64_t(input.text.size());
            input.text += (t == 0 && begin > 0 ? " " : "") + sentence->tokens[t];
            input.spans.emplace_back(begin, int64_t(input.text.size()));
            input.ids.push_back(int32_t(input.ids.size()));
        }
    }
    input.contexts = {input.text};
    input.contextTokens = {{0, int32_t(input.ids.size())}};
    return input;
}

/// Byte ranges of consecutive pieces.
std::vector<ByteSpan> ranges(const std::vector<std::string> &pieces)
{
    std::vector<ByteSpan> out;
    int64_t at = 0;
    for (const std::string &piece : pieces) {
        out.emplace_back(at, at + int64_t(piece.size()));
        at += int64_t(piece.size());
    }
    return out;
}

LinguaResult lingua(int64_t segment, std::vector<LinguaPart> parts, LinguaPool pool = LinguaPool::Prompt)
{
    ToyScorer scorer;
    const LinguaText text{toyIds(), std::move(parts), {}, {}};
    auto result = compressSegments(text, {segment, pool}, scorer, {});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return *result;
}

/// "(pool, threshold, new tokens)" of each trace line.
void compareTrace(const LinguaResult &result, const std::vector<std::tuple<int64_t, double, std::string>> &expected)
{
    QCOMPARE(result.trace.size(), expected.size());
    for (size_t s = 0; s < expected.size(); ++s) {
        const auto &[pool, threshold, kept] = expected[s];
        QCOMPARE(result.trace[s].pool, pool);
        QCOMPARE(result.trace[s].threshold, threshold);
        std::vector<int32_t> inside;
        for (const int32_t token : result.kept) {
            if (token > 0 && token >= result.trace[s].first && token < result.trace[s].end)
                inside.push_back(token);
        }
        QCOMPARE(inside, indices(kept));
    }
}

} // namespace

/// prompt-compression-baselines.md 8.
class PromptBaselinesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void randomChoices()
    {
        const auto drawn = [](int64_t n, int64_t k, uint64_t seed) {
            SplitMix64 random(seed);
            return randomChoice(n, k, random);
        };
        QCOMPARE(drawn(12, 6, 1), indices("0 2 3 5 7 9"));
        QCOMPARE(drawn(12, 6, 7), indices("1 3 6 8 9 11"));
        QCOMPARE(drawn(24, 12, 1), indices("0 2 3 5 6 11 13 15-19"));
    }

    void truncations()
    {
        ToyScorer scorer;
        PromptInput input = wordInput({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"});
        QCOMPARE(planOf("head", input, scorer, {.5, 5}).kept, indices("0-4"));
        QCOMPARE(planOf("tail", input, scorer, {.5, 5}).kept, indices("7-11"));
        QCOMPARE(planOf("middle", input, scorer, {.5, 5}).kept, indices("0 1 9 10 11"));
        QCOMPARE(planOf("head", input, scorer, {.5, -1}).kept, indices("0-5"));
        QCOMPARE(planOf("random_prompt", input, scorer, {.5, -1}, {{"seed", 7}}).kept, indices("1 3 6 8 9 11"));
        QCOMPARE(scorer.costs().forwards, 0);
    }

    void percentiles()
    {
        QCOMPARE(percentile({1, 2, 4, 8}, 25), 1.75);
        QCOMPARE(percentile({1, 2, 4, 8}, 50), 3.0);
        QVERIFY(std::abs(percentile({1, 2, 4, 8}, 90) - 6.8) < 1e-12);
        QVERIFY(std::isnan(percentile({}, 50)));
    }

    void unitsShareTheInformationOfTheirTokens()
    {
        QCOMPARE(unitValues(ranges({"ab", "cde", "f"}), {2, 6, 1}, ranges({"abc", "de", "f"})), (std::vector<double>{2.5, 3, 1}));
        QCOMPARE(unitValues(ranges({"ab", "cdef"}), {2, 6}, ranges({"abc", "de", "f"})), (std::vector<double>{2, 2, 2}));
    }

    void unitsOfTheLighthouse()
    {
        const auto first = unitValues(ranges(kFirst.tokens), kFirst.information, ranges({"The old lighthouse", " was", " built", " in", " 1892", "."}));
        const auto second = unitValues(ranges(kSecond.tokens), kSecond.information, ranges({"It", " guided", " ships", " past", " the reef", "."}));
        const std::vector<double> expected{3.9, 1.5, 2.8, .7, 4.7, 1.1, 2.0, 2.8, 3.1, 2.6, 2.3, .8};
        std::vector<double> values = first;
        values.insert(values.end(), second.begin(), second.end());
        for (size_t i = 0; i < values.size(); ++i)
            QVERIFY(std::abs(values[i] - expected[i]) < 1e-12);
        const std::vector<std::tuple<double, double, int>> cuts{{.20, 1.18, 9}, {.35, 1.925, 8}, {.50, 2.45, 6}, {.60, 2.72, 5}, {.80, 3.04, 3}};
        for (const auto &[removed, threshold, count] : cuts) {
            const double found = percentile(values, 100 * removed);
            QVERIFY(std::abs(found - threshold) < 1e-9);
            QCOMPARE(int(std::count_if(values.begin(), values.end(), [&](double value) { return value >= found; })), count);
        }
    }

    void selectiveContextOfTheLighthouse()
    {
        ExampleScorer scorer({kFirst, kSecond});
        const PromptInput input = lighthouse();
        const PromptPlan tokens = planOf("selective_context", input, scorer, {.65, -1}, {{"level", "token"}});
        QCOMPARE(tokens.text, std::string("The old light built 1892 It guid ships past reef"));
        QVERIFY(std::abs(tokens.metrics[0].second - 1.62) < 1e-9);
        const PromptPlan sentence = planOf("selective_context", input, scorer, {.65, -1}, {{"level", "sentence"}});
        QCOMPARE(sentence.text, std::string("The old lighthouse was built in 1892."));
        QVERIFY(std::abs(sentence.tables[0].rows[0][2].get<double>() - 3.11) < 1e-9);
        QVERIFY(std::abs(sentence.tables[0].rows[1][2].get<double>() - 21.0 / 9) < 1e-9);
        QCOMPARE(sentence.kept, indices("0-9"));
    }

    void droppedFirstSentenceLeavesNoJoint()
    {
        ExampleScorer scorer({{{"Never", "."}, {1, 1}}, {{"Well", "."}, {3, 3}}, {{"Why", "?"}, {5, 5}}});
        const PromptInput input = wordInput({"Never.", "Well.", "Why?"});
        QCOMPARE(planOf("selective_context", input, scorer, {.6, -1}, {{"level", "sentence"}}).text, std::string("Well. Why?"));
        QCOMPARE(planOf("selective_context", input, scorer, {.6, -1}, {{"level", "sentence"}, {"sentences", "official"}}).text,
            std::string(" Well. Why?")); // the package joins what is left of dropped ones too
    }

    void phrasesAreRunsBetweenStopWords()
    {
        const std::string text = "The old lighthouse was built in 1892, on its steep northern cliff face above two grey stony reefs.";
        std::vector<std::string> found;
        for (const auto &[begin, end] : phrases(text, phraseWords(text)))
            found.push_back(text.substr(size_t(begin), size_t(end - begin)));
        QCOMPARE(found, (std::vector<std::string>{"The old lighthouse", " was", " built", " in", " 1892", ",", " on", " its steep northern cliff face above",
                            " two grey stony reefs", "."}));
    }

    void sentencesEndAtStops()
    {
        const auto parts = [](const std::string &text, SentenceRule rule) {
            std::vector<std::string> out;
            for (const auto &[begin, end] : sentences(text, rule))
                out.push_back(text.substr(size_t(begin), size_t(end - begin)));
            return out;
        };
        using List = std::vector<std::string>;
        QCOMPARE(parts("He met Dr. Who at 5 p.m. today. Why? Go! Now", SentenceRule::Official), (List{"He met Dr. Who at 5 p.m. today.", "Why?", "Go! Now"}));
        QCOMPARE(parts("He met Dr. Who at 5 p.m. today. Why? Go! Now", SentenceRule::Ours), (List{"He met Dr. Who at 5 p.m. today.", "Why?", "Go!", "Now"}));
        QCOMPARE(parts("今天下雨。明天呢？好！", SentenceRule::Ours), (List{"今天下雨。", "明天呢？", "好！"}));
        QCOMPARE(parts("今天下雨。明天呢？好！", SentenceRule::Official), (List{"今天下雨。明天呢？好！"}));
    }

    void linguaBudgets()
    {
        PromptInput input;
        input.instructionTokens = 20;
        input.questionTokens = 10;
        input.contextTokens = {{0, 100}, {101, 251}};
        QCOMPARE(linguaTarget(input, {.5, -1}), 110.0);
        QVERIFY(std::abs(110.0 / (102 + 152 + 1) - .431373) < 5e-7);
        const auto kept = [](double target) {
            std::vector<int32_t> out;
            const auto ranked = rankedContexts({3.1, 2.0, 3.5, 2.8}, {100, 150, 80, 120}, target + 100, RankFirst::Highest);
            for (size_t i = 0; i < ranked.size(); ++i) {
                if (ranked[i].kept)
                    out.push_back(int32_t(i));
            }
            return out;
        };
        QCOMPARE(kept(150), indices("0 2 3"));
        QCOMPARE(kept(200), indices("0-3"));
        const auto compare = [](const std::vector<double> &found, const std::vector<double> &expected) {
            QCOMPARE(found.size(), expected.size());
            for (size_t i = 0; i < found.size(); ++i)
                QVERIFY(std::abs(found[i] - expected[i]) < 1e-12);
        };
        compare(rankDeltas(4, .3), {.3, .1, -.1, -.3});
        compare(rankDeltas(5, .4), {.4, .2, 0, -.2, -.4});
        compare(rankDeltas(1, .4), {0});
    }

    void linguaTokensOfTheWholePool()
    {
        const auto half = lingua(8, {{0, 24, .5}});
        compareTrace(half, {{23, 3.125, "3 5 6 7"}, {20, 2.8125, "8 9 11 13"}, {16, 3.125, "16 20 21"}});
        QCOMPARE(half.kept, indices("0 3 5-9 11 13 16 20 21"));
        const auto third = lingua(8, {{0, 24, .3}});
        compareTrace(third, {{23, 4.625, "3 5 7"}, {19, 4.1875, "9 11"}, {13, 3.625, "20"}});
        QCOMPARE(third.kept, indices("0 3 5 7 9 11 20"));
        const auto whole = lingua(200, {{0, 24, .5}});
        compareTrace(whole, {{23, 3.125, "3 5-9 11 13 20 21"}});
        QCOMPARE(whole.kept, indices("0 3 5-9 11 13 20 21"));
    }

    void linguaTokensOfTheSegmentPool()
    {
        const auto result = lingua(8, {{0, 24, .5}}, LinguaPool::Segment);
        compareTrace(result, {{7, 4.75, "5 7"}, {8, 3.625, "9 11 13"}, {8, 3.125, "16 20 21"}});
        QCOMPARE(result.kept, indices("0 5 7 9 11 13 16 20 21"));
    }

    void linguaTokensOfPartsWithTheirOwnShare()
    {
        const auto result = lingua(8, {{0, 8, .8}, {8, 16, .5}, {16, 24, .2}});
        compareTrace(result, {{23, 1.5, "3-7"}, {21, 3.125, "8 9 11 13"}, {17, 5.75, ""}});
        QCOMPARE(result.kept, indices("0 3-9 11 13"));
    }

    void blankLinesStayHoweverTheyAreCut()
    {
        PromptInput input;
        for (const char *piece : {"net", " income", "\n", "\n", "grew", " by", ".\n\n", "12", " percent", "\n", "in", " May", "\n\n", "1999"}) {
            const auto begin = int64_t(input.text.size());
            input.text += piece;
            input.spans.emplace_back(begin, int64_t(input.text.size()));
            input.ids.push_back(toyIds()[input.ids.size()]);
        }
        input.contexts = {input.text};
        input.contextTokens = {{0, int32_t(input.ids.size())}};
        for (const char *shift : {"off", "official"}) {
            const auto kept = [&](bool keepSplit) {
                ToyScorer scorer;
                return planOf("llmlingua", input, scorer, {.1, -1}, {{"segment", 16}, {"indexShift", shift}, {"keepSplit", keepSplit}}).kept;
            };
            for (const int32_t token : {2, 3, 6, 12})
                QVERIFY(std::ranges::count(kept(true), token) == 1);
        }
        ToyScorer scorer;
        LinguaText text{input.ids, {{0, 14, .1}}, {}, {}};
        const auto without = compressOfficially(text, 7, scorer, {});
        text.isForced.assign(14, 0);
        text.isForced[2] = text.isForced[3] = 1;
        const auto with = compressOfficially(text, 7, scorer, {});
        QVERIFY(without && with);
        QVERIFY(std::ranges::count(without->kept, 2) + std::ranges::count(without->kept, 3) < 2);
        QVERIFY(std::ranges::count(with->kept, 2) == 1 && std::ranges::count(with->kept, 3) == 1);
    }

    void officialShiftSaysThatItHasItsOwnPool()
    {
        ToyScorer scorer;
        const auto notices = [&](const char *pool) {
            return planOf("llmlingua", toyInput(), scorer, {.5, -1}, {{"segment", 16}, {"indexShift", "official"}, {"pool", pool}}).notices.size();
        };
        QCOMPARE(notices("segment"), notices("prompt") + 1);
    }

    void wholeShareKeepsEverything() { QCOMPARE(lingua(8, {{0, 24, 1}}).kept.size(), size_t(24)); }

    /// Independent uniform values: the published pool drifts, that of the segment does not.
    void segmentPoolDoesNotDrift()
    {
        class UniformScorer final : public PromptScorer {
        public:
            int64_t window() const override { return 1 << 20; }
            Result<SequenceScores> score(std::span<const int32_t> ids, const ScoreWish &, const RunContext &) override
            {
                SequenceScores scores;
                for (const int32_t id : ids)
                    scores.information.push_back(SplitMix64(uint64_t(id)).uniform());
                scores.information.front() = std::numeric_limits<double>::quiet_NaN();
                return scores;
            }
            Result<std::vector<ScorerToken>> tokens(std::string_view) const override { return std::vector<ScorerToken>(); }
            std::optional<int32_t> startToken() const override { return 0; }
            const ScorerCosts &costs() const override { return m_costs; }

        private:
            ScorerCosts m_costs;
        };
        UniformScorer scorer;
        LinguaText text;
        for (int32_t i = 0; i < 2000; ++i)
            text.ids.push_back(i + 1);
        text.parts = {{0, 2000, .5}};
        const auto prompt = compressSegments(text, {200, LinguaPool::Prompt}, scorer, {});
        const auto segment = compressSegments(text, {200, LinguaPool::Segment}, scorer, {});
        QVERIFY(prompt && segment);
        QVERIFY(std::abs(double(prompt->kept.size()) / 2000 - .37) < .03);
        QCOMPARE(int64_t(segment->kept.size()), int64_t(1 + 98 + 9 * 99)); // (floor(G tau) - 1) of each, token 0 beside 199 others
    }

    void windowLosesTheOldestKeptTokens()
    {
        ToyScorer scorer;
        LinguaText text;
        for (int32_t i = 0; i < 400; ++i)
            text.ids.push_back(toyIds()[size_t(i) % 24] + i % 7);
        text.parts = {{0, 400, .9}};
        scorer.setWindow(96);
        const auto result = compressSegments(text, {32, LinguaPool::Segment}, scorer, {});
        QVERIFY2(result.has_value(), result ? "" : result.error().message.c_str());
        QVERIFY(result->kept.size() > 200);
        const auto prompt = compressSegments(text, {32, LinguaPool::Prompt}, scorer, {});
        QVERIFY2(prompt.has_value(), prompt ? "" : prompt.error().message.c_str());
    }

    void replyIsRecovered()
    {
        QCOMPARE(recoveredReply("the report says net revenue grew by 12 percent in May", "report net revenue grew 12 percent May", "revenue grew 12"),
            std::string("revenue grew by 12"));
        QCOMPARE(recoveredReply("a b c", "a c", "nothing of it"), std::string("nothing of it"));
        QCOMPARE(recoveredReply("a b c d", "a d", "x a d y"), std::string("x a b c d y"));
    }

    void stopWordsAreKnownInAnyCase()
    {
        for (const char *word : {"The", "the", "\"THE\"", "also", "very,", "should"})
            QVERIFY(isStopWord(word));
        for (const char *word : {"house", "", ",", "thesis"})
            QVERIFY(!isStopWord(word));
        QVERIFY(isDeterminer("their") && !isDeterminer("and"));
    }

    void stopWordsGoFirst()
    {
        ToyScorer scorer;
        const PromptInput input = wordInput({"the", "house", "of", "my", "uncle", "was", "not", "very", "large"});
        const auto kept = planOf("stopword_floor", input, scorer, {.5, 3}).kept;
        QCOMPARE(kept, indices("1 4 8"));
        const auto more = planOf("stopword_floor", input, scorer, {.5, 6}).kept;
        QCOMPARE(more.size(), size_t(6));
        for (const int32_t token : {1, 4, 8})
            QVERIFY(std::find(more.begin(), more.end(), token) != more.end());
        const auto fewer = planOf("stopword_floor", input, scorer, {.5, 2}).kept;
        QCOMPARE(fewer.size(), size_t(2));
        for (const int32_t token : fewer)
            QVERIFY(token == 1 || token == 4 || token == 8);
    }

    void oracleKeepsTheSentenceOfTheAnswer()
    {
        ToyScorer scorer;
        PromptInput input = wordInput({"It", "rained.", "The", "score", "was", "308", "points.", "They", "left."});
        input.answers = {"308"};
        QCOMPARE(planOf("answer_oracle", input, scorer, {.5, 6}).kept, indices("0 2-6"));
        input.answers.clear();
        QVERIFY(!compressed("answer_oracle", input, scorer, {.5, 6}));
    }
};

QTEST_GUILESS_MAIN(PromptBaselinesTest)
#include "prompt_baselines_test.moc"
