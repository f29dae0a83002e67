#include "core/eval/head_match.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <set>

using namespace winnow;

class HeadMatchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// smallkv.md 8: T = {0,2,5}; small sets {0,5,7}, {0,2,5}, {1,3,9}.
    void jaccardOfTheWorkedSets()
    {
        const auto sums = [](std::initializer_list<int> set) {
            std::vector<float> values(10, 0.25F);
            for (const int column : set)
                values[size_t(column)] = 1;
            return values;
        };
        const auto large = sums({0, 2, 5});
        std::vector<float> small;
        for (const auto &set : {sums({0, 5, 7}), sums({0, 2, 5}), sums({1, 3, 9})})
            small.insert(small.end(), set.begin(), set.end());
        const auto table = jaccardTable(large, small, 1, 3, 10, 3, 0);
        QCOMPARE(table, (std::vector<float>{0.5F, 1.0F, 0.0F}));
        const HeadMatch match = matchHeads(table, {1, 1}, {3, 1});
        QCOMPARE(match.f, std::vector<int32_t>{1});
        QCOMPARE(match.score[0], 1.0F);
        QCOMPARE(match.margin[0], 0.5F);
    }

    /// smallkv.md 8: L = 4, l = 3 (depth .875); equal scores at layers 0 and 1 of Ls = 2 -> layer 1.
    void tiesGoToTheNearestDepth()
    {
        std::vector<float> table(4 * 2, 0.7F);
        const HeadMatch match = matchHeads(table, {4, 1}, {2, 1});
        QCOMPARE(match.f, (std::vector<int32_t>{0, 0, 1, 1}));
        QCOMPARE(match.margin, (std::vector<float>(4, 0.0F)));
        // depth gap the same for both heads of a layer: the first
        QCOMPARE(matchHeads(std::vector<float>(4, 0.1F), {1, 1}, {2, 2}).f, std::vector<int32_t>{0});
        // both layers equally far from the middle one of 3: the first
        QCOMPARE(matchHeads(std::vector<float>(3 * 2, 0.1F), {3, 1}, {2, 1}).f[1], 0);
    }

    void differencesBelowAMillionthAreTies()
    {
        const std::vector<float> near{0.5F, 0.5F - 5e-7F}, apart{0.5F, 0.5F - 2e-6F};
        const std::vector<int32_t> last{3};
        QCOMPARE(matchHeads(near, last, 4, {2, 1}).f[0], 1);
        QCOMPARE(matchHeads(apart, last, 4, {2, 1}).f[0], 0);
        QVERIFY(matchHeads(near, last, 4, {2, 1}).margin[0] > 0);
    }

    void chosenRowsMatchAsAmongAllRows()
    {
        std::vector<float> table(4 * 6);
        for (size_t i = 0; i < table.size(); ++i)
            table[i] = float(i * 7 % 5);
        const HeadMatch all = matchHeads(table, {4, 1}, {3, 2});
        const std::vector<float> two(table.begin() + 2 * 6, table.end());
        const HeadMatch some = matchHeads(two, std::vector<int32_t>{2, 3}, 4, {3, 2});
        QCOMPARE(some.f, std::vector<int32_t>(all.f.begin() + 2, all.f.end()));
    }

    void oneColumnHasNoMargin()
    {
        const HeadMatch match = matchHeads(std::vector<float>{0.3F}, {1, 1}, {1, 1});
        QCOMPARE(match.margin[0], 0.0F);
        QCOMPARE(match.f[0], 0);
    }

    void topSetsKeepLowerColumnsAmongEqualsAndSkipSinks()
    {
        const std::vector<float> sums{9, 1, 3, 3, 3, 2};
        QCOMPARE(topSet(sums, 3, 0), (std::vector<int32_t>{0, 2, 3}));
        QCOMPARE(topSet(sums, 3, 1), (std::vector<int32_t>{2, 3, 4}));
        QCOMPARE(topSet(sums, 9, 1).size(), size_t(5));
        QCOMPARE(topSet(sums, 2, 8).size(), size_t(0));
    }

    void topCountFollowsTheSpan()
    {
        QCOMPARE(topCount(200, 0.2), int64_t(40));
        QCOMPARE(topCount(512, 0.2), int64_t(102));
        QCOMPARE(topCount(20, 0.2), int64_t(8));
        QCOMPARE(topCount(9, 0.2, 4), int64_t(5));
    }

    /// smallkv.md 8: n = 200, Kt = 40: .1122, best of 336 .2297, best of 270 .2265.
    void chanceLevelsOfTheWorkedSpan()
    {
        QVERIFY(std::abs(chanceJaccard(200, 40) - 0.1122) < 5e-5);
        QVERIFY(std::abs(bestOfChance(200, 40, 336) - 0.2297) < 5e-5);
        QVERIFY(std::abs(bestOfChance(200, 40, 270) - 0.2265) < 5e-5);
        QVERIFY(std::abs(bestOfChance(200, 40, 1) - chanceJaccard(200, 40)) < 1e-12);
        QCOMPARE(chanceJaccard(8, 8), 1.0);
        QCOMPARE(chanceJaccard(4, 8), 0.0);
    }

    void chanceIsWhatRandomSetsReach()
    {
        constexpr int64_t n = 60, kt = 12, heads = 40;
        std::vector<float> ramp(size_t(heads * n));
        for (size_t i = 0; i < ramp.size(); ++i)
            ramp[i] = float(i % size_t(n));
        const auto table = jaccardTable(shuffleSums(ramp, heads, n, 0, 1), shuffleSums(ramp, heads, n, 0, 2), heads, heads, n, kt, 0);
        double sum = 0;
        for (const float value : table)
            sum += double(value);
        QVERIFY(std::abs(sum / double(table.size()) - chanceJaccard(n, kt)) < 0.01); // 1600 pairs, deviation .07
    }

    void controlsMoveEveryHead()
    {
        constexpr HeadShape kShape{5, 7};
        for (const MapControl control : {MapControl::PermuteHeads, MapControl::ShuffleLayers}) {
            const auto map = controlMap(control, kShape, 1234);
            QCOMPARE(std::set<int32_t>(map.begin(), map.end()).size(), size_t(35));
            for (size_t i = 0; i < map.size(); ++i) {
                QVERIFY(map[i] != int32_t(i));
                const bool sameLayer = map[i] / 7 == int32_t(i) / 7, sameHead = map[i] % 7 == int32_t(i) % 7;
                QCOMPARE(sameLayer, control == MapControl::PermuteHeads);
                QCOMPARE(sameHead, control == MapControl::ShuffleLayers);
            }
            QVERIFY(controlMap(control, kShape, 1234) == map);
            QVERIFY(controlMap(control, kShape, 1235) != map);
        }
        QCOMPARE(controlMap(MapControl::None, {1, 3}, 1), (std::vector<int32_t>{0, 1, 2}));
        QCOMPARE(controlMap(MapControl::ShuffleLayers, {1, 3}, 1), (std::vector<int32_t>{0, 1, 2}));
    }

    void shufflesKeepSinksInPlace()
    {
        const auto map = shuffledColumns(3, 50, 4, 9);
        for (int32_t v = 0; v < 4; ++v)
            QCOMPARE(map[size_t(v)], v);
        QVERIFY(!std::is_sorted(map.begin(), map.end()));
        QCOMPARE(std::set<int32_t>(map.begin(), map.end()).size(), size_t(50));
        QVERIFY(shuffledColumns(4, 50, 4, 9) != map);
    }

    void layersTakeTheBestOrTheMean()
    {
        const std::vector<float> table{1, 2, 3, 4, 5, 6, 7, 8}; // one layer of 2 heads; 2 layers of 2 heads
        QCOMPARE(layerTable(table, {1, 2}, {2, 2}, HeadReduction::Max), (std::vector<float>{6, 8}));
        QCOMPARE(layerTable(table, {1, 2}, {2, 2}, HeadReduction::Mean), (std::vector<float>{3.5F, 5.5F}));
    }

    void consistencyCountsAndWeighs()
    {
        const std::vector<float> later{0.5F, 1.0F, 0.4F, 0.2F};
        const std::vector<int32_t> f{0, 0}, laterF{1, 0};
        QCOMPARE(hardConsistency(f, laterF), 0.5);
        QCOMPARE(softConsistency(later, f), 0.75);
    }
};

QTEST_GUILESS_MAIN(HeadMatchTest)
#include "head_match_test.moc"
