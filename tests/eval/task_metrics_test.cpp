#include "core/eval/task_metrics.h"

#include <QtTest>

namespace winnow {
namespace {

    using Words = std::vector<std::string>;

    std::optional<bool> survives(const std::string &answer, const std::string &text, TextUnits units = TextUnits::Words)
    {
        const Words answers{answer};
        return answerSurvives(answers, text, units);
    }

    std::optional<bool> inOrder(const std::string &answer, const std::string &text, int64_t gap = 10)
    {
        const Words answers{answer};
        return answerSurvivesInOrder(answers, text, TextUnits::Words, gap);
    }

} // namespace

class TaskMetricsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // Values of prompt-compression-baselines.md 8.
    void publishedTaskValuesAreMet()
    {
        QVERIFY(std::abs(qaF1("The defense gave up 308 points.", "308") - 1.0 / 3) < 1e-12);
        QVERIFY(std::abs(rougeL("the cat sat on the mat", "the cat is on a mat") - 2.0 / 3) < 1e-12);
        QCOMPARE(codeSimilarity("return x+1", "return x + 1"), 0.91);
    }

    void answersAreComparedWithoutCasePunctuationAndArticles()
    {
        QCOMPARE(exactMatch("The  Eiffel-Tower!", "eiffeltower"), 1.0);
        QCOMPARE(exactMatch("an apple", "apple the"), 1.0);
        QCOMPARE(exactMatch("and", "d"), 0.0); // "an" inside a word is no article
        QCOMPARE(normalisedAnswer("\xC3\x89t\xC3\xA9 a\xE2\x80\x93z", TextUnits::Words), std::string("\xC3\xA9t\xC3\xA9 \xE2\x80\x93z"));
        QCOMPARE(qaF1("x x y", "x y y"), 2.0 / 3);
        QCOMPARE(qaF1("the", "a"), 1.0); // neither has units
        QCOMPARE(qaF1("", "x"), 0.0);
    }

    void chineseAnswersAreCharactersWithoutPunctuation()
    {
        QCOMPARE(answerUnits("北 京，Ａb！", TextUnits::Characters), (Words{"北", "京", "ａ", "b"}));
        QCOMPARE(exactMatch("《红楼梦》。", "红楼梦", TextUnits::Characters), 1.0);
        QVERIFY(std::abs(qaF1("三百零八分", "308分", TextUnits::Characters) - 2.0 / 9) < 1e-12);
        QVERIFY(std::abs(rougeL("今天 天气好", "天气很好", TextUnits::Characters) - 2.0 * 3 / 9) < 1e-12);
        QCOMPARE(textUnitsOf("", "在 2015 年 NBA 决赛中"), TextUnits::Characters);
        QCOMPARE(textUnitsOf("auto", "The 2015 finals"), TextUnits::Words);
        QCOMPARE(textUnitsOf("ko", "서울"), TextUnits::Words);
    }

    void classesFoundInTheReplyShareThePoint()
    {
        const Words classes{"date", "update", "city", "Other city"};
        QCOMPARE(classificationScore("a city", "city", classes), 1.0);
        QCOMPARE(classificationScore("a date in a city", "city", classes), 0.5);
        QCOMPARE(classificationScore("Other city", "Other city", classes), 1.0); // "city" is a part of the gold
        QCOMPARE(classificationScore("Other city", "city", classes), 0.5); // and no part of it the other way round
        QCOMPARE(classificationScore("update", "city", classes), 0.0);
    }

    void numbersOfTheReplyAreShared()
    {
        QCOMPARE(numberShare("There are 7 or 8 of 7.", "7"), 2.0 / 3);
        QCOMPARE(numberShare("Paragraph 12", "Paragraph 12"), 1.0);
        QCOMPARE(numberShare("段落１２", "段落12"), 1.0);
        QCOMPARE(numberShare("none", "7"), 0.0);
    }

    void codeIsTheFirstLineWithoutMarks()
    {
        QCOMPARE(codeSimilarity("\n# comment\n`x`\n// note\nreturn x\nmore", "return x"), 1.0);
        QCOMPARE(codeSimilarity("# only", "return x"), 0.0);
        QCOMPARE(codeSimilarity("a", "abbbbbb"), 0.25);
        QCOMPARE(codeSimilarity("a", "abbbbbbbbbbbbbb"), 0.12); // 12.5 % goes to the even percent
    }

    void arithmeticAnswersAreTheLastNumber()
    {
        QCOMPARE(gsm8kAnswer("9 * 2 = 18\nThe answer is $1,234.\nQ: 99"), std::string("1234"));
        QCOMPARE(gsm8kAnswer("so .5 or 12.75."), std::string("12.75"));
        QCOMPARE(gsm8kAnswer("she has .5"), std::string(".5"));
        QCOMPARE(gsm8kAnswer("1.2.3"), std::string(".3")); // 1.2, then .3
        QCOMPARE(gsm8kAnswer("no number"), std::string());
        QCOMPARE(gsm8kMatch("The answer is 10", "-10"), 1.0); // signs are ignored
        QCOMPARE(gsm8kMatch("The answer is", "18"), 0.0);
    }

    void hardQuestionsAreReadBehindTheirMark()
    {
        QCOMPARE(bbhAnswer("Thus (C). So the answer is (B) or (A).", BbhKind::Options), std::string("(B)"));
        QCOMPARE(bbhAnswer("So the answer is True. More. Text", BbhKind::Free), std::string("True"));
        QCOMPARE(bbhAnswer(" No", BbhKind::Free), std::string("No"));
        QCOMPARE(bbhKind("(F)"), BbhKind::Options);
        QCOMPARE(bbhKind("valid"), BbhKind::Free);
        QCOMPARE(bbhMatch("the answer is (D).", "(D)"), 1.0);
        QCOMPARE(bbhMatch("the answer is 8.", "8"), 1.0);
    }

    void bestOfSeveralAnswersCounts()
    {
        const Words answers{"Marie Curie", "Curie"};
        QCOMPARE(taskScore(TaskMetric::QaF1, "curie", answers, {}, TextUnits::Words), 1.0);
        for (int i = 0; i <= static_cast<int>(TaskMetric::Bbh); ++i)
            QCOMPARE(taskMetricFromName(taskMetricName(TaskMetric(i))), TaskMetric(i));
        QCOMPARE(firstReplyLine("\n\nfirst\nsecond"), std::string_view("first"));
    }

    void answersSurviveVerbatimOrInOrder()
    {
        QCOMPARE(survives("The Panthers", "panthers, defense"), std::optional(true));
        QCOMPARE(survives("gave up", "gave points up"), std::optional(false));
        QCOMPARE(survives("the", "anything"), std::optional<bool>());
        QCOMPARE(survives("第一", "（第 一）名", TextUnits::Characters), std::optional(true));
        QCOMPARE(inOrder("gave up", "gave 1 2 3 4 5 6 7 8 9 10 up"), std::optional(true));
        QCOMPARE(inOrder("gave up", "gave 0 1 2 3 4 5 6 7 8 9 10 up"), std::optional(false));
        QCOMPARE(inOrder("up gave", "gave up"), std::optional(false));
        // The first "x" is too far from "z", the second is not; "y" lies between both.
        QCOMPARE(inOrder("x y z", "x y x y z", 0), std::optional(true));
    }

    void numbersAndNamesSurviveOnceEach()
    {
        QCOMPARE(numbersOf("1,234 and 3.50, 1,2 then 12,3456."), (Words{"1234", "3.50", "1", "2", "12", "3456"}));
        QCOMPARE(*numberSurvival("5 and 5 and 70,000", "5 70000"), 2.0 / 3);
        QCOMPARE(numberSurvival("none", "5"), std::optional<double>());
        QCOMPARE(capitalisedWords("The Élan of \"Paris\", iPhone and U.S."), (Words{"The", "Élan", "Paris", "U", "S"}));
        QCOMPARE(*capitalSurvival("Ann met Bob", "met Bob"), 0.5);
    }

    void evidenceIsComparedWithTheRest()
    {
        const EvidenceRetention found = evidenceRetention({0, 1, 1, 0, 0, 0}, {0, 1, 2, 5});
        QCOMPARE(found.inside, 1.0);
        QCOMPARE(found.outside, 0.5);
        QCOMPARE(found.insideTokens, 2);
        QVERIFY(std::isnan(evidenceRetention({0, 0}, {0}).inside));
    }

    // Values of prompt-compression-baselines.md 8.
    void percentilesInterpolate()
    {
        QCOMPARE(percentile({1, 8, 2, 4}, 25), 1.75);
        QCOMPARE(percentile({1, 2, 4, 8}, 50), 3.0);
        QVERIFY(std::abs(percentile({1, 2, 4, 8}, 90) - 6.8) < 1e-12);
    }

    void intervalsArePairedAndRepeat()
    {
        const std::vector<double> a{0, 1, 0, 1, 1, 0}, b{1, 1, 1, 1, 0, 1};
        const MeanInterval one = pairedBootstrap(a, b), two = pairedBootstrap(a, b);
        QVERIFY(std::abs(one.mean - 2.0 / 6) < 1e-12);
        QVERIFY(one.low < one.mean && one.high > one.mean && one.low == two.low && one.high == two.high);
        const MeanInterval same = pairedBootstrap(a, a);
        QVERIFY(same.mean == 0 && same.low == 0 && same.high == 0);
        QVERIFY(std::isnan(bootstrapMean({}).mean));
    }
};

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::TaskMetricsTest)

#include "task_metrics_test.moc"
