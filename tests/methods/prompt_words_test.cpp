#include "core/methods/prompt/logistic.h"
#include "core/methods/prompt/word_filter.h"
#include "core/methods/prompt/word_labels.h"
#include "tests/support/prompt_fixture.h"
#include "tests/support/toy_scorer.h"

using namespace winnow;
using namespace winnow::test;

namespace {

struct Example {
    std::string text;
    std::vector<ValuedWord> words;
};

/// The words of prompt-compression-baselines.md 8 with their values and reader tokens.
Example example()
{
    const std::vector<std::tuple<std::string, double, int>> words{{"The", .20, 1}, {"report", .91, 1}, {"says", .35, 1}, {"revenue", .88, 2},
        {"grew", .77, 1}, {"by", .15, 1}, {"12", .62, 1}, {"percent", .70, 2}, {"in", .10, 1}, {"May", .81, 1}, {".", .55, 1}};
    Example out;
    for (const auto &[word, value, tokens] : words) {
        out.text += out.text.empty() || word == "." ? "" : " ";
        const auto begin = int64_t(out.text.size());
        out.text += word;
        out.words.push_back({{begin, int64_t(out.text.size())}, value, tokens, false, false, 0, 0, {}});
    }
    return out;
}

std::vector<std::string> split(const std::string &text)
{
    std::vector<std::string> out;
    for (const QString &word : QString::fromStdString(text).split(' ', Qt::SkipEmptyParts))
        out.push_back(word.toStdString());
    return out;
}

std::string digits(const std::vector<uint8_t> &values)
{
    std::string out;
    for (const uint8_t value : values)
        out += char('0' + value);
    return out;
}

} // namespace

/// prompt-compression-baselines.md 8: LLMLingua-2, labels, the stand-in.
class PromptWordsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void wordsAboveThePercentileStay_data()
    {
        QTest::addColumn<double>("rate");
        QTest::addColumn<bool>("forced");
        QTest::addColumn<double>("threshold");
        QTest::addColumn<QString>("kept");
        QTest::addColumn<int>("tokens");
        QTest::newRow(".50") << .50 << false << .70 << "report revenue grew May" << 5;
        QTest::newRow(".33") << .33 << false << .7764 << "report revenue May" << 4;
        QTest::newRow(".50 forced") << .50 << true << .7748 << "report revenue 12 May ." << 6;
        QTest::newRow(".33 forced") << .33 << true << .88 << "report 12 ." << 3;
        QTest::newRow(".10 forced") << .10 << true << .9928 << "12 ." << 2;
    }

    void wordsAboveThePercentileStay()
    {
        QFETCH(double, rate);
        QFETCH(bool, forced);
        QFETCH(double, threshold);
        QFETCH(QString, kept);
        QFETCH(int, tokens);
        Example given = example();
        const ForcedWords rules{forced ? std::vector<std::string>{"."} : std::vector<std::string>(), forced, false};
        forceWords(given.text, rules, given.words);
        const auto thresholds = filterWords(given.text, 1 - rate, rules, given.words);
        QVERIFY2(std::abs(thresholds[0] - threshold) < 1e-9, qPrintable(QString::number(thresholds[0], 'g', 12)));
        QStringList words;
        int count = 0;
        for (const ValuedWord &word : given.words) {
            if (!word.kept)
                continue;
            words << QString::fromStdString(given.text.substr(size_t(word.bytes.first), size_t(word.bytes.second - word.bytes.first)));
            count += word.tokens;
        }
        QCOMPARE(words.join(' '), kept);
        QCOMPARE(count, tokens);
    }

    void forcedWordsCollapse()
    {
        std::vector<ValuedWord> words{{{0, 1}, .1, 1, false, false, 0, 0, {}}, {{1, 2}, .1, 1, false, false, 0, 0, {}}, {{2, 3}, .9, 1, false, false, 0, 0, {}}};
        const ForcedWords rules{{"."}, false, true};
        forceWords("..x", rules, words);
        filterWords("..x", .2, rules, words);
        QVERIFY(words[0].kept);
        QVERIFY(!words[1].kept);
    }

    void forcedListsHaveLineBreaksAndCommas()
    {
        QCOMPARE(forcedList("\\n ? ! . comma"), (std::vector<std::string>{"\n", "?", "!", ".", ","}));
        QVERIFY(forcedList(" , ").empty());
    }

    void contextsOfLowValueGo()
    {
        std::vector<ValuedWord> words;
        for (const auto &[context, value] : std::vector<std::pair<int, double>>{{0, .2}, {0, .4}, {1, .9}, {2, .5}, {3, .1}})
            words.push_back({{0, 1}, value, 1, false, false, 0, context, {}});
        // r = .5: percentile 25 of .3 .9 .5 .1 is .25.
        QCOMPARE(digits(coarseContexts(words, 4, coarseShare({.5, -1}, 100))), std::string("1110"));
    }

    void contextsAreAimedAtTwiceTheTypedTokens()
    {
        QCOMPARE(coarseShare({.5, -1}, 1000), .75);
        QCOMPARE(coarseShare({.2, 200}, 1000), .4);
        QCOMPARE(coarseShare({.8, 800}, 1000), 1.0);
    }

    void labelsAreAligned()
    {
        const auto original = split("item 15 supports the city with item 23 and the budget of the city");
        const WordLabels first = alignLabels(original, split("item 15 supports city item 23 city budget"));
        QCOMPARE(digits(first.keep), std::string("11101011001001"));
        QCOMPARE(first.variation, 0.0);
        QVERIFY(std::abs(first.hitting - .571429) < 5e-7 && std::abs(first.matching - .571429) < 5e-7);
        const WordLabels second = alignLabels(original, split("item 15 supports town item 23 budget city city"));
        QCOMPARE(digits(second.keep), std::string("11101011001001"));
        QVERIFY(std::abs(second.variation - .111111) < 5e-7);
        const WordLabels third = alignLabels(original, split("item 15 item 15 city city budget"));
        QCOMPARE(digits(third.keep), std::string("11001010001001"));
        QVERIFY(std::abs(third.hitting - .5) < 1e-12 && std::abs(third.matching - .428571) < 5e-7 && std::abs(third.gap - .071429) < 5e-7);
    }

    void pairsOfBadQualityGo()
    {
        std::vector<WordLabels> pairs(20);
        for (size_t i = 0; i < pairs.size(); ++i) {
            pairs[i].variation = i == 3 || i == 7 ? .5 : 0;
            pairs[i].gap = .01 * double(i);
        }
        const auto kept = keptPairs(pairs);
        QVERIFY(!kept[3] && !kept[7]);
        QVERIFY(!kept[19] && kept[0] && kept[10]);
    }

    void regressionSeparatesWhatIsSeparable()
    {
        std::vector<std::vector<double>> rows;
        std::vector<uint8_t> labels;
        SplitMix64 random(1);
        for (int i = 0; i < 200; ++i) {
            rows.push_back({random.uniform(), random.uniform(), 7});
            labels.push_back(rows.back()[0] > .5);
        }
        const LogisticModel model = fitLogistic(rows, labels);
        std::vector<double> scores;
        for (const auto &row : rows)
            scores.push_back(model.probability(row));
        QVERIFY(areaUnderCurve(scores, labels) > .99);
        QVERIFY(std::abs(model.weights[2]) < 1e-9); // a feature that does not vary
    }

    void areaOfRandomScoresIsAHalf()
    {
        QCOMPARE(areaUnderCurve({1, 1, 1, 1}, {0, 1, 0, 1}), .5);
        QCOMPARE(areaUnderCurve({1, 2, 3, 4}, {0, 0, 1, 1}), 1.0);
        QCOMPARE(areaUnderCurve({4, 3, 2, 1}, {0, 0, 1, 1}), 0.0);
        QVERIFY(std::isnan(areaUnderCurve({1, 2}, {1, 1})));
    }

    void standInLearnsFromItsTeacher()
    {
        PromptInput input;
        SplitMix64 random(2);
        std::vector<std::string> words;
        std::vector<int32_t> ids;
        for (int i = 0; i < 400; ++i) {
            words.push_back("w" + std::to_string(random.below(40)));
            ids.push_back(int32_t(random.below(60)));
        }
        input = wordInput(words, ids);
        ToyScorer scorer;
        const PromptPlan plan = planOf("tagger", input, scorer, {.5, -1}, {{"teacher", "entropy"}});
        const auto area = std::find_if(plan.metrics.begin(), plan.metrics.end(), [](const auto &metric) { return metric.first == "heldOutAuc"; });
        QVERIFY(area != plan.metrics.end());
        QVERIFY2(area->second > .95, qPrintable(QString::number(area->second)));
        QVERIFY(std::abs(double(plan.kept.size()) / 400 - .5) < .05);
    }

    void encoderWithoutFolderIsRefused()
    {
        ToyScorer scorer;
        const auto plan = compressed("llmlingua2", toyInput(), scorer, {.5, -1});
        QVERIFY(!plan);
        QVERIFY(plan.error().message.find("folder") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(PromptWordsTest)
#include "prompt_words_test.moc"
