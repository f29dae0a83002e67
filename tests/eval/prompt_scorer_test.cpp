#include "core/eval/prompt_metrics.h"
#include "core/eval/prompt_scorer.h"
#include "core/eval/capture.h"
#include "core/eval/matched_length.h"
#include "core/eval/prompt_answer.h"
#include "core/eval/score.h"

#include "tests/support/prompt_fixture.h"
#include "tests/support/random_model.h"
#include "tests/support/toy_scorer.h"

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr int64_t kTokens = 420;

std::vector<int32_t> someIds(int64_t count)
{
    std::vector<int32_t> ids;
    for (int64_t i = 0; i < count; ++i)
        ids.push_back(int32_t((i * 37 + i * i % 11 + 5) % 64));
    return ids;
}

/// Without some tokens from `first` on.
std::vector<int32_t> shortened(std::vector<int32_t> ids, size_t first)
{
    std::vector<int32_t> out;
    for (size_t i = 0; i < ids.size(); ++i) {
        if (i < first || i % 3 != 0)
            out.push_back(ids[i]);
    }
    return out;
}

std::shared_ptr<const Model> longModel(ModelConfig config)
{
    config.contextLength = 1024;
    return randomModel(config);
}

double largestDifference(const std::vector<double> &a, const std::vector<double> &b)
{
    if (a.size() != b.size())
        return INFINITY;
    double largest = 0;
    for (size_t i = 0; i < a.size(); ++i)
        largest = std::isnan(a[i]) && std::isnan(b[i]) ? largest : std::max(largest, std::abs(a[i] - b[i]));
    return largest;
}

SequenceScores scored(ModelScorer &scorer, const std::vector<int32_t> &ids, bool attention, std::span<const HeadIndex> heads = {})
{
    auto scores = scorer.score(ids, ScoreWish{attention, heads}, {});
    if (!scores)
        qFatal("%s", scores.error().message.c_str());
    return *scores;
}

} // namespace

class PromptScorerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void informationIsTheNegativeLogLikelihood()
    {
        const auto model = longModel(tinyConfig());
        ModelScorer scorer(model);
        const auto ids = someIds(90);
        const auto expected = scoreTokens(*model, ids, {}, {});
        QVERIFY(expected.has_value());
        const SequenceScores found = scored(scorer, ids, false);
        QVERIFY(std::isnan(found.information[0]));
        for (size_t t = 1; t < ids.size(); ++t)
            QVERIFY(std::abs(found.information[t] - double(expected->nll[t - 1])) < 1e-5);
    }

    void columnSumsAreThoseOfACapture()
    {
        const auto model = longModel(tinyConfig());
        const auto ids = someIds(kTokens);
        CaptureNeeds needs;
        needs.colSum = true;
        const auto capture = captureContext(model, ids, needs, {});
        QVERIFY(capture.has_value());
        ModelScorer scorer(model);
        const SequenceScores found = scored(scorer, ids, true);
        for (size_t t = 0; t < ids.size(); ++t) {
            double sum = 0;
            for (const LayerCapture &layer : (*capture)->layers) {
                for (int64_t h = 0; h < 4; ++h)
                    sum += double(layer.colSum[h][int64_t(t)].item<float>());
            }
            QVERIFY(std::abs(found.attention[t] - sum / 12) < 1e-4);
        }
        QVERIFY(std::abs(std::accumulate(found.attention.begin(), found.attention.end(), 0.0) - kTokens) < 1e-3);
    }

    void reusedPrefixesGiveTheNumbersOfAFullPass_data()
    {
        QTest::addColumn<QString>("config");
        for (const auto &[name, config] : tinyConfigs())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }

    void reusedPrefixesGiveTheNumbersOfAFullPass()
    {
        QFETCH(QString, config);
        const auto all = tinyConfigs();
        const auto named = std::find_if(all.begin(), all.end(), [&](const auto &entry) { return QString::fromStdString(entry.first) == config; });
        const auto model = longModel(named->second);
        ModelScorer reusing(model), fresh(model, ReusePrefix::No);
        const auto whole = someIds(kTokens);
        for (const auto &[ids, attention] : std::vector<std::pair<std::vector<int32_t>, bool>>{{whole, true}, {shortened(whole, 300), true},
                 {shortened(shortened(whole, 300), 150), true}, {shortened(whole, 40), false}, {shortened(whole, 30), true},
                 {std::vector<int32_t>(whole.begin(), whole.begin() + 200), true}, {whole, false}}) {
            const SequenceScores a = scored(reusing, ids, attention), b = scored(fresh, ids, attention);
            QVERIFY2(largestDifference(a.information, b.information) < 1e-4, qPrintable(QString::number(largestDifference(a.information, b.information))));
            if (attention)
                QVERIFY(largestDifference(a.attention, b.attention) < 1e-4);
        }
        QVERIFY(named->second.ropes.empty() || named->second.ropes[0].scaling == RopeScaling::LongRope
            || reusing.costs().tokensProcessed < fresh.costs().tokensProcessed);
    }

    void rowsBeforeTheFirstChangeStay()
    {
        ModelScorer scorer(longModel(tinyConfig()));
        const auto whole = someIds(kTokens), cut = shortened(whole, 301);
        scored(scorer, whole, true);
        scorer.startCounting();
        scored(scorer, cut, true);
        QCOMPARE(scorer.costs().tokensProcessed, int64_t(cut.size()) - 288); // blocks of 16 rows
        scorer.startCounting();
        std::vector<int32_t> longer = cut;
        longer.insert(longer.end(), {1, 2, 3});
        scored(scorer, longer, true);
        QCOMPARE(scorer.costs().tokensProcessed, 3);
        scorer.startCounting();
        scored(scorer, std::vector<int32_t>(longer.begin(), longer.end() - 1), false);
        QCOMPARE(scorer.costs().forwards, 0);
    }

    void columnsOfALongSequenceTakeSixteenMegabytesAtMost()
    {
        for (const int64_t tokens : {300, 5000, 32768}) {
            RunningSequence sequence;
            sequence.wantColumns({}, tokens);
            sequence.growColumns(tokens, at::kCPU);
            QVERIFY(sequence.bytes() <= int64_t{16} << 20);
            QVERIFY(sequence.columns.size(0) >= std::min<int64_t>(tokens / 16, 64));
            // Blocks that are too fine for a longer text are not gone on from.
            sequence.summed = tokens;
            sequence.wantColumns({}, 65536);
            QCOMPARE(sequence.summed, 0);
        }
    }

    void watchedTokensLeaveTheirAttention()
    {
        const auto model = longModel(tinyConfig());
        const auto ids = someIds(kTokens);
        ModelScorer plain(model), watching(model);
        const SequenceScores expected = scored(plain, ids, true);
        watching.watch(ids);
        const SequenceScores found = scored(watching, ids, false);
        QVERIFY(largestDifference(found.information, expected.information) < 1e-9);
        QVERIFY(watching.unaskedMs() > 0 && watching.costs().ms > 0);
        QCOMPARE(watching.costs().attentionMs, 0.0); // the method asked for none
        watching.startCounting();
        QVERIFY(largestDifference(scored(watching, ids, true).attention, expected.attention) < 1e-6);
        QCOMPARE(watching.costs().forwards, 0);
        // What was read for something else gathers nothing: only what is asked is run.
        const auto longer = someIds(kTokens + 8);
        watching.watch(longer);
        scored(watching, longer, false);
        QCOMPARE(watching.costs().tokensProcessed, 8);
        QCOMPARE(watching.unaskedMs(), 0.0);
        QVERIFY(largestDifference(scored(watching, longer, true).attention, scored(plain, longer, true).attention) < 1e-6);
    }

    void chosenHeadsAreAveraged()
    {
        const auto model = longModel(tinyConfig());
        ModelScorer scorer(model);
        const auto ids = someIds(200);
        std::vector<double> mean(ids.size(), 0.0);
        for (int32_t l = 0; l < 3; ++l) {
            for (int32_t h = 0; h < 4; ++h) {
                const std::vector<HeadIndex> one{{l, h}};
                const auto scores = scored(scorer, ids, true, one);
                for (size_t t = 0; t < ids.size(); ++t)
                    mean[t] += scores.attention[t] / 12;
            }
        }
        QVERIFY(largestDifference(mean, scored(scorer, ids, true).attention) < 1e-4);
        const std::vector<HeadIndex> outside{{3, 0}};
        QVERIFY(!scorer.score(ids, ScoreWish{true, outside}, {}));
    }

    void missingRowsAreThoseThatWouldRun()
    {
        ModelScorer scorer(longModel(tinyConfig()));
        const auto ids = someIds(100);
        QCOMPARE(scorer.missingRows(ids), 100);
        QVERIFY(scorer.logits(ids, 99, {}).has_value());
        QCOMPARE(scorer.missingRows(ids), 0);
        const auto cut = shortened(ids, 51);
        QCOMPARE(scorer.missingRows(cut), int64_t(cut.size()) - 51);
        scorer.startCounting();
        scored(scorer, cut, false);
        QCOMPARE(scorer.costs().tokensProcessed, int64_t(cut.size()) - 51);
        scorer.releaseCaches();
        QCOMPARE(scorer.missingRows(cut), 0); // of the table
        QCOMPARE(scorer.missingRows(ids), 100);
    }

    void knownScoresCostNothing()
    {
        ModelScorer scorer(longModel(tinyConfig()));
        const auto ids = someIds(100);
        scored(scorer, ids, true);
        scorer.startCounting();
        scored(scorer, ids, true);
        scored(scorer, ids, false);
        QCOMPARE(scorer.costs().forwards, 0);
        QCOMPARE(scorer.costs().tokensProcessed, 0);
        QCOMPARE(scorer.costs().tokensAsked, 200);
    }

    void badSequencesAreRefused()
    {
        ModelScorer scorer(longModel(tinyConfig()));
        QVERIFY(!scorer.score(std::vector<int32_t>{}, {}, {}));
        QVERIFY(!scorer.score(std::vector<int32_t>{1, 64}, {}, {}));
        QVERIFY(!scorer.score(someIds(1025), {}, {}));
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(scorer.score(someIds(50), {}, RunContext{stop.get_token(), nullptr}).error().code, ErrorCode::Cancelled);
        QVERIFY(scorer.score(someIds(50), {}, {}).has_value());
    }

    void answersAreMeasuredUnderBothPrompts()
    {
        const auto model = longModel(tinyConfig());
        ModelScorer full(model), cut(model);
        const auto prompt = someIds(60), rest = shortened(prompt, 20);
        const std::vector<int32_t> answer{3, 9, 27};
        const auto measure = measureAnswer(full, cut, prompt, rest, answer, {});
        QVERIFY(measure.has_value());
        const auto nllOf = [&](std::vector<int32_t> ids) {
            ids.insert(ids.end(), answer.begin(), answer.end());
            const auto scores = scoreTokens(*model, ids, {}, {});
            return double(scores->nll.end()[-1] + scores->nll.end()[-2] + scores->nll.end()[-3]) / 3;
        };
        QVERIFY(std::abs(measure->nll - nllOf(rest)) < 1e-4);
        QVERIFY(std::abs(measure->fullNll - nllOf(prompt)) < 1e-4);
        QVERIFY(measure->kl > 0);
        const auto same = measureAnswer(full, cut, prompt, prompt, answer, {});
        QVERIFY(std::abs(same->kl) < 1e-9 && std::abs(same->nll - same->fullNll) < 1e-9);
        QVERIFY(!measureAnswer(full, cut, prompt, rest, std::vector<int32_t>{}, {}));
    }

    void halfCharactersDoNotBreakAWord()
    {
        PromptInput input;
        for (const char *piece : {"one", " \xE4", "\xBD\xA0", "\xE5\xA5\xBD", " t", "wo"}) {
            const auto begin = int64_t(input.text.size());
            input.text += piece;
            input.spans.emplace_back(begin, int64_t(input.text.size()));
            input.ids.push_back(int32_t(input.ids.size()));
        }
        const auto broken = [&](std::vector<int32_t> kept) {
            PromptPlan plan;
            plan.kept = std::move(kept);
            PromptMetrics metrics;
            addSizes(input, plan, metrics);
            return metrics.at("brokenWords");
        };
        QCOMPARE(broken({0, 1, 4, 5}), 0.0); // a byte of a word is no character of it
        QCOMPARE(broken({0, 1, 3, 4, 5}), 100.0 / 3);
        QCOMPARE(broken({0, 1, 2, 3, 4}), 100.0 / 3);
        QCOMPARE(broken({0, 1, 2, 3, 4, 5}), 0.0);
    }

    void lengthsAreMatchedToOnePercent()
    {
        ToyScorer scorer;
        std::vector<std::string> words(600, "w");
        SplitMix64 random(1);
        std::vector<int32_t> ids;
        for (size_t i = 0; i < words.size(); ++i)
            ids.push_back(int32_t(random.below(50)));
        const PromptInput input = wordInput(words, ids);
        for (const char *method : {"llmlingua", "head"}) {
            int64_t runs = 0;
            const auto compress = [&](double rate) {
                ++runs;
                return compressed(method, input, scorer, {rate, -1});
            };
            const auto count = [](const std::string &text) -> Result<int64_t> { return int64_t(std::count(text.begin(), text.end(), 'w')); };
            for (const double rate : {.33, .5, .66}) {
                runs = 0;
                const auto found = matchLength(rate, rate * 600, compress, count);
                QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
                QVERIFY(runs <= 12 && runs == found->runs);
                QCOMPARE(found->matched, std::abs(double(found->readerTokens) - rate * 600) <= rate * 6);
                // A threshold of few different values cannot meet every length.
                if (std::string(method) == "head")
                    QVERIFY(found->matched);
            }
        }
    }
};

QTEST_GUILESS_MAIN(PromptScorerTest)
#include "prompt_scorer_test.moc"
