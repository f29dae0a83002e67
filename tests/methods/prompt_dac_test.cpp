#include "core/base/split_mix.h"
#include "core/methods/prompt/fusion.h"
#include "core/methods/prompt/schedule.h"
#include "core/methods/prompt/staged.h"
#include "core/methods/prompt/staged_plan.h"
#include "core/methods/prompt/token_choice.h"
#include "tests/support/toy_scorer.h"

#include <QtTest>

using namespace winnow;
using namespace winnow::test;

namespace {

const std::vector<double> kInformation{2.0, .1, 5.0, .3, .2, 7.5, 1.0, .4, 3.0, .05, .6, 4.0};
const std::vector<double> kAttention{.9, .8, .1, .05, .5, .2, .02, .03, .3, .04, .6, .1};

std::vector<int64_t> counts(StageSchedule schedule, double removed, int64_t stages, int64_t scored)
{
    const double d = stageFraction(removed, stages);
    std::vector<int64_t> out{scored};
    for (int64_t stage = 1; stage <= stages && out.back() > 1; ++stage)
        out.push_back(keptAfterStage(schedule, d, stage, out.back(), scored));
    return out;
}

StagedResult deleted(StageRules rules)
{
    ToyScorer scorer;
    auto result = deleteInStages({toyIds()}, rules, scorer, {});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return *result;
}

void compare(const std::vector<double> &found, const std::vector<double> &expected, double tolerance)
{
    QCOMPARE(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i)
        QVERIFY2(std::abs(found[i] - expected[i]) <= tolerance, qPrintable(QString("%1: %2, expected %3").arg(i).arg(found[i]).arg(expected[i])));
}

} // namespace

/// dac.md 8.
class PromptDacTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void partsOfAStage()
    {
        const std::vector<std::tuple<double, int, double>> cases{
            {.5, 10, .066967}, {.9, 10, .205672}, {.9, 15, .142304}, {.8, 10, .148660}, {.3, 10, .035039}, {.5, 5, .129449}, {.5, 4, .159104}};
        for (const auto &[c, n, d] : cases)
            QVERIFY(std::abs(stageFraction(c, n) - d) < 5e-7);
    }

    void countsOfTheFloorSchedule()
    {
        using List = std::vector<int64_t>;
        const auto floor = StageSchedule::Floor;
        QCOMPARE(counts(floor, .5, 10, 1000), (List{1000, 933, 870, 811, 756, 705, 657, 613, 571, 532, 496}));
        QCOMPARE(counts(floor, .9, 10, 1000), (List{1000, 794, 630, 500, 397, 315, 250, 198, 157, 124, 98}));
        QCOMPARE(counts(floor, .9, 15, 1000), (List{1000, 857, 735, 630, 540, 463, 397, 340, 291, 249, 213, 182, 156, 133, 114, 97}));
        QCOMPARE(counts(floor, .5, 4, 23), (List{23, 19, 15, 12, 10}));
        QCOMPARE(counts(floor, .9, 4, 23), (List{23, 12, 6, 3, 1}));
        QCOMPARE(counts(floor, .5, 3, 10), (List{10, 7, 5, 3}));
        QCOMPARE(counts(floor, .8, 5, 50), (List{50, 36, 26, 18, 13, 9}));
        QCOMPARE(counts(floor, .9, 1, 1000), (List{1000, 100}));
    }

    void countsOfTheCumulativeSchedule()
    {
        using List = std::vector<int64_t>;
        const auto cumulative = StageSchedule::Cumulative;
        QCOMPARE(counts(cumulative, .5, 10, 1000), (List{1000, 933, 870, 812, 757, 707, 659, 615, 574, 535, 500}));
        QCOMPARE(counts(cumulative, .5, 4, 23), (List{23, 19, 16, 13, 11}));
        QCOMPARE(counts(cumulative, .5, 3, 10), (List{10, 7, 6, 5}));
    }

    void tokensProcessedOfAThousand()
    {
        const auto processed = [](double c, int64_t n) {
            const auto list = counts(StageSchedule::Floor, c, n, 1000);
            int64_t sum = 0;
            for (size_t i = 0; i + 1 < list.size(); ++i)
                sum += list[i] + 1;
            return sum;
        };
        QCOMPARE(processed(.5, 10), 7458);
        QCOMPARE(processed(.9, 10), 4375);
        QCOMPARE(processed(.9, 15), 6315);
    }

    void automaticStagesFollowTheLength()
    {
        QCOMPARE(automaticStages(3), 1);
        QCOMPARE(automaticStages(199), 1);
        QCOMPARE(automaticStages(1000), 10);
        QCOMPARE(automaticStages(9000), 15);
    }

    void additiveScores()
    {
        compare(fuse(Fusion::Additive, .8, kInformation, kAttention),
            {.8523, .7104, .2056, .0340, .4404, .3636, .0255, .0185, .3337, .0182, .5420, .1788}, 5e-5);
    }

    void multiplicativeScores()
    {
        compare(fuse(Fusion::Multiplicative, .8, kInformation, kAttention), {1.8, .08, .5, .015, .1, 1.5, .02, .012, .9, .002, .36, .4}, 1e-9);
    }

    void neighbourRules_data()
    {
        QTest::addColumn<QString>("fusion");
        QTest::addColumn<double>("d");
        QTest::addColumn<QString>("off");
        QTest::addColumn<QString>("add");
        QTest::addColumn<QString>("exact");
        QTest::addColumn<double>("deleted");
        QTest::newRow("additive .25") << "additive" << .25 << "0-5 8 10-11" << "0-5 7-8 10-11" << "0-2 4-6 8 10-11" << .070653;
        QTest::newRow("additive .50") << "additive" << .50 << "0-1 4-5 8 10" << "0-1 3-5 7-8 10" << "0 2 4 6 8 10" << 1.323490;
        QTest::newRow("additive .75") << "additive" << .75 << "0-1 10" << "0-1 3 5 7 9-10" << "0 2 4 6 8 10" << 1.323490;
        QTest::newRow("multiplicative .25") << "multiplicative" << .25 << "0-2 4-6 8 10-11" << "0-2 4-6 8 10-11" << "0-2 4-6 8 10-11" << .029;
        QTest::newRow("multiplicative .50") << "multiplicative" << .50 << "0 2 5 8 10-11" << "0 2 4-5 7-8 10-11" << "0 2 4 6 8 10" << 2.009;
        QTest::newRow("multiplicative .75") << "multiplicative" << .75 << "0 5 8" << "0 2 4-5 7-8 10" << "0 2 4 6 8 10" << 2.009;
    }

    void neighbourRules()
    {
        QFETCH(QString, fusion);
        QFETCH(double, d);
        QFETCH(QString, off);
        QFETCH(QString, add);
        QFETCH(QString, exact);
        QFETCH(double, deleted);
        const auto scores = fuse(fusion == "additive" ? Fusion::Additive : Fusion::Multiplicative, .8, kInformation, kAttention);
        const auto chosen = largest(scores, keptAfterStage(StageSchedule::Floor, d, 1, 12, 12));
        QCOMPARE(withNeighbourRule(NeighbourRule::Off, scores, chosen), indices(off.toStdString()));
        QCOMPARE(withNeighbourRule(NeighbourRule::Add, scores, chosen), indices(add.toStdString()));
        const auto kept = withNeighbourRule(NeighbourRule::Exact, scores, chosen);
        QCOMPARE(kept, indices(exact.toStdString()));
        double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
        for (const int32_t i : kept)
            sum -= scores[size_t(i)];
        QVERIFY(std::abs(sum - deleted) < 1e-6);
    }

    void exactRuleIsTheBestOfAllChoices()
    {
        SplitMix64 random(3);
        for (int round = 0; round < 40; ++round) {
            const size_t m = 1 + random.below(11);
            std::vector<double> scores(m);
            for (double &score : scores)
                score = random.uniform();
            const size_t k = random.below(m + 1);
            const size_t removed = std::min(m - k, (m + 1) / 2);
            double best = std::numeric_limits<double>::infinity();
            for (uint32_t set = 0; set < (1U << m); ++set) {
                if (size_t(std::popcount(set)) != removed || (set & (set << 1)))
                    continue;
                double sum = 0;
                for (size_t i = 0; i < m; ++i)
                    sum += (set >> i & 1) ? scores[i] : 0;
                best = std::min(best, sum);
            }
            double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
            const auto kept = withNeighbourRule(NeighbourRule::Exact, scores, largest(scores, int64_t(k)));
            for (const int32_t i : kept)
                sum -= scores[size_t(i)];
            QCOMPARE(kept.size(), m - removed);
            QVERIFY(std::abs(sum - best) < 1e-12);
        }
    }

    void toySignals()
    {
        const auto result = deleted({.removed = .5, .stages = 1});
        const StageRecord &stage = result.stages[0];
        compare(stage.information,
            {.4375, .1875, 4.75, 2.625, 6, 4.625, 6, 3.625, 4.4375, 2.8125, 6, 1.125, 4.1875, 2.125, .1875, 1.9375, 3.125, .75, 2.6875, 5.75,
                3.625, 2.1875, 1.5},
            1e-12);
        compare(stage.attention,
            {2.9768, 2.6690, 1.6390, 2.1964, 1.6224, .9647, .8788, .9582, .7472, 1.0551, .8613, .8424, .7686, .3461, .5992, .4166, .3668, .2034,
                .3555, .1383, .1003, .0222, .0353},
            5e-5);
        compare(stage.fused,
            {.8086, .7167, .5948, .6726, .6333, .4079, .4320, .3717, .3425, .3700, .4272, .2543, .3397, .1544, .1562, .1670, .1944, .0684, .1763,
                .2228, .1394, .0688, .0487},
            5e-5);
        QVERIFY(std::abs(24 - std::accumulate(stage.attention.begin(), stage.attention.end(), 0.0) - 3.236505) < 5e-7);
    }

    void toyStages()
    {
        const auto result = deleted({.removed = .5, .stages = 4, .finalScore = FinalScore::On});
        QCOMPARE(result.stages.size(), size_t(5));
        const std::vector<std::string> kept{"0-17 19 20", "0-13 17 20", "0-11 13", "0-9 11"};
        const std::vector<double> r{-.137543, -.336391, -.442028, -.643204};
        for (size_t s = 0; s < 4; ++s) {
            QCOMPARE(result.stages[s].kept, indices(kept[s]));
            QVERIFY(std::abs(pearson(result.stages[s].information, result.stages[s].attention) - r[s]) < 5e-7);
        }
        compare(result.stages[4].information, {.4375, .1875, 4.75, 2.625, 6, 4.625, 6, 3.625, 4.4375, .9375}, 1e-12);
        QVERIFY(std::abs(entropyShift(result.stages[0], result.stages[4]).correlation - .731735) < 5e-7);
        QCOMPARE(result.stageOf[18], 1);
        QCOMPARE(result.stageOf[0], 0);
        QCOMPARE(result.stageOf[17], 3);
    }

    void toyKeptSets_data()
    {
        QTest::addColumn<QString>("rule");
        QTest::addColumn<int>("stages");
        QTest::addColumn<QString>("kept");
        QTest::newRow("N=1") << "" << 1 << "0-11";
        QTest::newRow("N=4 a=0") << "a0" << 4 << "0 5-9 11 17 19-21";
        QTest::newRow("N=4 a=1") << "a1" << 4 << "0-10";
        QTest::newRow("N=1 a=0") << "a0" << 1 << "0 3 5-9 11 13 17 20 21";
        QTest::newRow("N=1 a=1") << "a1" << 1 << "0-8 10-12";
        QTest::newRow("N=4 multiplicative") << "multiplicative" << 4 << "0 1 3-11";
        QTest::newRow("N=4 add") << "add" << 4 << "0-11 15 20";
        QTest::newRow("N=4 exact") << "exact" << 4 << "0-9 15";
        QTest::newRow("N=4 once") << "once" << 4 << "0-8 10 11";
        QTest::newRow("N=1 add") << "add" << 1 << "0-11 13 15 17 19 21 23";
        QTest::newRow("N=1 exact") << "exact" << 1 << "0 2 4 6 8 10 12 14 16 18 20 22";
        QTest::newRow("N=4 per row") << "per_row" << 4 << "0-5 7 10 12 13 17";
        QTest::newRow("N=1 per row") << "per_row" << 1 << "0-5 7 8 10 11 13 19";
        QTest::newRow("c=.9 N=4") << "c9" << 4 << "0 1";
    }

    void toyKeptSets()
    {
        QFETCH(QString, rule);
        QFETCH(int, stages);
        QFETCH(QString, kept);
        StageRules rules{.removed = rule == "c9" ? .9 : .5, .stages = stages};
        rules.attentionWeight = rule == "a0" ? 0 : rule == "a1" ? 1 : .8;
        rules.fusion = rule == "multiplicative" ? Fusion::Multiplicative : Fusion::Additive;
        rules.neighbours = rule == "add" ? NeighbourRule::Add : rule == "exact" ? NeighbourRule::Exact : NeighbourRule::Off;
        rules.refresh = rule == "once" ? AttentionRefresh::Once : AttentionRefresh::EveryStage;
        rules.columnScale = rule == "per_row" ? ColumnScale::PerRow : ColumnScale::Sum;
        QCOMPARE(deleted(rules).kept, indices(kept.toStdString()));
    }

    void cumulativeScheduleMeetsTheBudget()
    {
        for (const double removed : {.1, .34, .5, .67, .9}) {
            for (const int64_t stages : {1, 3, 4, 7}) {
                const auto kept = deleted({.removed = removed, .stages = stages, .schedule = StageSchedule::Cumulative}).kept;
                QCOMPARE(int64_t(kept.size()), 1 + std::max<int64_t>(1, int64_t(std::floor(23 * (1 - removed) + 1e-9))));
            }
        }
    }

    void protectedTokensStayWhileTheBudgetAllows()
    {
        ToyScorer scorer;
        std::vector<uint8_t> mask(24, 0);
        for (const size_t token : {18, 22, 23})
            mask[token] = 1;
        const auto result = deleteInStages({toyIds(), mask}, {.removed = .8, .stages = 4}, scorer, {});
        QVERIFY(result.has_value());
        for (const int32_t token : {18, 22, 23})
            QVERIFY(std::find(result->kept.begin(), result->kept.end(), token) != result->kept.end());
    }

    void wholeWordsStayOrGo()
    {
        ToyScorer scorer;
        std::vector<int32_t> words;
        for (int32_t i = 0; i < 24; ++i)
            words.push_back(i / 3);
        const auto result = deleteInStages({toyIds(), {}, words}, {.removed = .5, .stages = 2}, scorer, {});
        QVERIFY(result.has_value());
        QVERIFY(result->kept.size() <= 12);
        for (int32_t word = 1; word < 8; ++word) {
            int present = 0;
            for (int32_t i = 0; i < 3; ++i)
                present += std::find(result->kept.begin(), result->kept.end(), 3 * word + i) != result->kept.end();
            QVERIFY(present == 0 || present == 3);
        }
    }

    void wordsAreTakenUntilOneWouldExceedTheBudget()
    {
        // means .5, .9, .2; the word of mean .5 does not fit beside that of .9 into 3 tokens.
        QCOMPARE(largestWords(std::vector<double>{.5, .5, .9, .9, .2}, std::vector<int32_t>{0, 0, 1, 1, 2}, 3), (std::vector<int32_t>{2, 3}));
        QCOMPARE(largestWords(std::vector<double>{.5, .5, .9, .9, .2}, std::vector<int32_t>{0, 0, 1, 1, 2}, 1), (std::vector<int32_t>{2, 3}));
    }

    void choiceIgnoresScale()
    {
        for (const Fusion fusion : {Fusion::Additive, Fusion::Multiplicative}) {
            std::vector<double> information = kInformation, attention = kAttention;
            const auto before = largest(fuse(fusion, .8, information, attention), 6);
            for (double &value : information)
                value *= 7;
            for (double &value : attention)
                value *= .01;
            QCOMPARE(largest(fuse(fusion, .8, information, attention), 6), before);
        }
    }

    void shortTextsAndNoDeletionAreGivenBackWithoutAPass()
    {
        ToyScorer scorer;
        const std::vector<int32_t> two{4, 5};
        QCOMPARE(deleteInStages({two}, {.removed = .9}, scorer, {})->kept, (std::vector<int32_t>{0, 1}));
        QCOMPARE(deleteInStages({toyIds()}, {.removed = 0}, scorer, {})->kept.size(), size_t(24));
        QCOMPARE(scorer.costs().forwards, 0);
    }

    void constantSignalsAreNoSignals()
    {
        QCOMPARE(normalised(std::vector<double>{3, 3, 3}), (std::vector<double>{0, 0, 0}));
        QCOMPARE(largest(std::vector<double>{0, 0, 0, 0}, 2), (std::vector<int32_t>{0, 1}));
    }
};

QTEST_GUILESS_MAIN(PromptDacTest)
#include "prompt_dac_test.moc"
