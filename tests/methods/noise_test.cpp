#include "core/methods/noise.h"

#include <QtTest>

using namespace winnow;

/// Values of kv-eviction-baselines.md 8, R8.
class NoiseTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void bitsAreThePublishedMix()
    {
        QCOMPARE(noiseBits(1234, {0, 0, 0, 0}), 0x4d9c8471574608d2ULL);
        QCOMPARE(noiseBits(1234, {0, 0, 0, 1}), 0xe0ed4d4b421d0c2aULL);
        QCOMPARE(noiseBits(1234, {29, 2, 511, 300}), 0xc110a1c48562a850ULL);
    }

    void uniformAndGumbelFollow()
    {
        const auto near = [](double found, double expected) { return std::abs(found - expected) < 1e-6; }; // 6 digits given
        QVERIFY(near(noiseUniform(1234, {0, 0, 0, 0}), .303169515));
        QVERIFY(near(noiseGumbel(1234, {0, 0, 0, 0}), -.176859));
        QVERIFY(near(noiseUniform(1234, {0, 0, 0, 1}), .878620940));
        QVERIFY(near(noiseGumbel(1234, {0, 0, 0, 1}), 2.044834));
        QVERIFY(near(noiseUniform(1234, {29, 2, 511, 300}), .754160033));
        QVERIFY(near(noiseGumbel(1234, {29, 2, 511, 300}), 1.265314));
    }

    void everyPartOfTheSiteCounts()
    {
        const uint64_t base = noiseBits(1, {1, 1, 1, 1});
        QVERIFY(base != noiseBits(2, {1, 1, 1, 1}));
        QVERIFY(base != noiseBits(1, {2, 1, 1, 1}));
        QVERIFY(base != noiseBits(1, {1, 2, 1, 1}));
        QVERIFY(base != noiseBits(1, {1, 1, 2, 1}));
        QVERIFY(base != noiseBits(1, {1, 1, 1, 2}));
    }
};

QTEST_GUILESS_MAIN(NoiseTest)
#include "noise_test.moc"
