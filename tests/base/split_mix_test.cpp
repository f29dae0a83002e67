#include "core/base/split_mix.h"

#include <QtTest>

#include <numeric>
#include <vector>

using winnow::SplitMix64;

class SplitMixTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    // llaca.md 8.
    void givesTheNumbersOfSeedOne()
    {
        SplitMix64 random(1);
        QCOMPARE(random.next(), 0x910a2dec89025cc1ULL);
        QCOMPARE(random.next(), 0xbeeb8da1658eec67ULL);
        QCOMPARE(random.next(), 0xf893a2eefb32555eULL);
    }

    void givesTheFractionsOfSeedOne()
    {
        SplitMix64 random(1);
        QCOMPARE(random.uniform(), .5665615751722809);
        QCOMPARE(random.uniform(), .7457817572627011);
        QCOMPARE(random.uniform(), .9710027535867962);
    }

    void shufflesEightNumbersOfSeedOne()
    {
        std::vector<int> values(8);
        std::iota(values.begin(), values.end(), 0);
        SplitMix64 random(1);
        random.shuffle(std::span(values));
        QCOMPARE(values, (std::vector<int>{4, 3, 2, 7, 5, 6, 0, 1}));
    }

    void shufflesNothing()
    {
        SplitMix64 random(1);
        std::vector<int> none;
        random.shuffle(std::span(none));
        QVERIFY(none.empty());
    }
};

QTEST_GUILESS_MAIN(SplitMixTest)
#include "split_mix_test.moc"
