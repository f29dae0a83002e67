#include "core/base/iam_plan.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace winnow;

namespace {

const DecoderSizes k05B{24, 14, 2, 64, 896, 4864};
const DecoderSizes k7B{28, 28, 4, 128, 3584, 18944};
const DecoderSizes k72B{80, 64, 8, 128, 8192, 29568};
const DecoderSizes k135M{30, 9, 3, 64, 576, 1536};
const DecoderSizes k360M{32, 15, 5, 64, 960, 2560};
const DecoderSizes k17B{24, 32, 32, 64, 2048, 8192};
constexpr double kHalf = 2; // bytes of a number in fp16

QString ranges(const std::vector<int64_t> &layers) { return QString::fromStdString(layerListText(layers)); }

LayerProfile flatProfile(double value)
{
    LayerProfile profile;
    profile.fill(value);
    return profile;
}

} // namespace

class IamPlanTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // iam.md 8, layers chosen by the published rule
    void publishedRuleChoosesTheTabledLayers_data()
    {
        QTest::addColumn<qint64>("layers");
        QTest::addColumn<qint64>("edge");
        QTest::addColumn<QStringList>("chosen"); // r = .1, .3, .5, .8
        QTest::newRow("80") << qint64(80) << qint64(16) << QStringList{"72-79", "16-23, 64-79", "16-39, 64-79", "16-79"};
        QTest::newRow("32") << qint64(32) << qint64(6) << QStringList{"29-31", "6-9, 26-31", "6-15, 26-31", "6-31"};
        QTest::newRow("30") << qint64(30) << qint64(6) << QStringList{"27-29", "6-8, 24-29", "6-14, 24-29", "6-29"};
        QTest::newRow("28") << qint64(28) << qint64(6) << QStringList{"25-27", "6-7, 22-27", "6-13, 22-27", "6-27"};
        QTest::newRow("24") << qint64(24) << qint64(5) << QStringList{"22-23", "5-6, 19-23", "5-11, 19-23", "5-23"};
    }

    void publishedRuleChoosesTheTabledLayers()
    {
        QFETCH(qint64, layers);
        QFETCH(qint64, edge);
        QFETCH(QStringList, chosen);
        QCOMPARE(qint64(forbiddenLayers(layers)), edge);
        const double ratios[] = {.1, .3, .5, .8};
        for (int i = 0; i < 4; ++i)
            QCOMPARE(ranges(publishedLayers(layers, ratios[i])), chosen[i]);
    }

    void layersGrowWithTheRatioAndNeverReachTheForbiddenOnes()
    {
        for (int64_t layers = 1; layers <= 90; ++layers) {
            size_t before = 0;
            for (int step = 0; step <= 100; ++step) {
                const auto chosen = publishedLayers(layers, step / 100.0);
                QCOMPARE(int64_t(chosen.size()), mappedLayerCount(layers, step / 100.0));
                QVERIFY(chosen.size() >= before);
                before = chosen.size();
                QVERIFY(std::is_sorted(chosen.begin(), chosen.end()));
                QVERIFY(std::adjacent_find(chosen.begin(), chosen.end()) == chosen.end());
                if (!chosen.empty())
                    QVERIFY(chosen.front() >= forbiddenLayers(layers) && chosen.back() < layers);
            }
            QVERIFY(publishedLayers(layers, 0).empty());
        }
    }

    void listsOfLayersReadBackAndSayWhatIsWrong()
    {
        QCOMPARE(parseLayerList("6, 7, 22-27", 28).value(), (std::vector<int64_t>{6, 7, 22, 23, 24, 25, 26, 27}));
        QCOMPARE(parseLayerList(" 9-8 ", 28).has_value(), false);
        QCOMPARE(parseLayerList("5,3, 3-4 ,", 28).value(), (std::vector<int64_t>{3, 4, 5}));
        QVERIFY(parseLayerList("", 28).value().empty());
        QVERIFY(layerListText({}).empty());
        QCOMPARE(layerListText(std::vector<int64_t>{0, 2, 3, 4, 9}), std::string("0, 2-4, 9"));
        for (const char *wrong : {"28", "-1", "3-", "a", "1 2", "2,,3", "27-28", "99999999999999999999"}) {
            const auto read = parseLayerList(wrong, 28);
            QVERIFY2(!read, wrong);
            QVERIFY(read.error().message.find("0 to 27") != std::string::npos);
        }
    }

    void blocksCoverEveryLayerOnce()
    {
        for (int64_t layers = 1; layers <= 90; ++layers) {
            int64_t next = 0;
            for (int block = 0; block < kProfileBlocks; ++block) {
                const LayerBlock range = profileBlock(layers, block);
                QCOMPARE(range.first, next);
                for (; next <= range.last; ++next)
                    QCOMPARE(blockOfLayer(layers, next), block);
            }
            QCOMPARE(next, layers);
        }
    }

    // L = 30: blocks of three layers, e = 6, so blocks 0 and 1 are dropped
    void profileFillsTheCheapestBlocksFromTheirLastLayerBackwards()
    {
        LayerProfile profile{-1, -1, .5, .1, .4, .3, .2, .6, .7, .05};
        QCOMPARE(ranges(profileLayers(30, .1, profile)), QString("27-29")); // block 9
        QCOMPARE(ranges(profileLayers(30, .2, profile)), QString("9-11, 27-29")); // then block 3
        QCOMPARE(ranges(profileLayers(30, .25, profile)), QString("9-11, 19-20, 27-29")); // two of block 6
        QCOMPARE(ranges(profileLayers(30, 1, profile)), QString("6-29"));
    }

    void profileWithoutNumbersTakesNothing()
    {
        QVERIFY(profileLayers(30, .5, flatProfile(std::numeric_limits<double>::quiet_NaN())).empty());
        LayerProfile one = flatProfile(std::numeric_limits<double>::quiet_NaN());
        one[5] = .3;
        QCOMPARE(ranges(profileLayers(30, .5, one)), QString("15-17"));
        QCOMPARE(ranges(profileLayers(30, .2, flatProfile(.1))), QString("6-11")); // equal: the lower block first
    }

    // iam.md 8, cost: r = .5, fp16 cache
    void netSavingIsTheTabledOne_data()
    {
        QTest::addColumn<int>("pair");
        QTest::addColumn<double>("percent");
        QTest::newRow("0.5B to 72B") << 0 << 21.25;
        QTest::newRow("0.5B to 7B") << 1 << 3.57;
        QTest::newRow("135M to 1.7B") << 2 << 13.28;
        QTest::newRow("135M to 360M") << 3 << -31.25;
    }

    void netSavingIsTheTabledOne()
    {
        QFETCH(int, pair);
        QFETCH(double, percent);
        const std::pair<DecoderSizes, DecoderSizes> pairs[] = {{k72B, k05B}, {k7B, k05B}, {k17B, k135M}, {k360M, k135M}};
        const auto &[large, small] = pairs[pair];
        const int64_t mapped = mappedLayerCount(large.layers, .5);
        const double net = netCacheSaving(large, small, mapped, kHalf, kHalf);
        QVERIFY2(std::abs(100 * net - percent) < .005, qPrintable(QString::number(100 * net)));
        QCOMPARE(nominalCacheSaving(large, mapped), .25);
        const MappingCost cost = mappingCost(large, small, small.layers, mapped, 2048, kHalf, kHalf);
        QCOMPARE(cost.netBytes() > 0, percent < 0);
        QVERIFY(std::abs(-cost.netBytes() / (2048 * cacheBytesPerToken(large, 0, kHalf)) - net) < 1e-12);
    }

    // iam.md 8, FLOP of a token at S = 2048, r = .5, in GFLOP: saved, small model, net
    void flopIsTheTabledOne_data()
    {
        QTest::addColumn<int>("pair");
        QTest::addColumn<double>("saved");
        QTest::addColumn<double>("added");
        QTest::addColumn<double>("net");
        QTest::newRow("0.5B to 72B") << 0 << 7.382 << .892 << 6.490;
        QTest::newRow("0.5B to 7B") << 1 << .617 << .892 << -.275;
        QTest::newRow("135M to 1.7B") << 2 << .302 << .354 << -.052;
    }

    void flopIsTheTabledOne()
    {
        QFETCH(int, pair);
        QFETCH(double, saved);
        QFETCH(double, added);
        QFETCH(double, net);
        const std::pair<DecoderSizes, DecoderSizes> pairs[] = {{k72B, k05B}, {k7B, k05B}, {k17B, k135M}};
        const auto &[large, small] = pairs[pair];
        const MappingCost cost
            = mappingCost(large, small, small.layers, mappedLayerCount(large.layers, .5), 2048, kHalf, kHalf);
        QVERIFY(std::abs(cost.skippedFlop / 1e9 - saved) < .0005);
        QVERIFY(std::abs(cost.addedFlop / 1e9 - added) < .0005);
        QVERIFY(std::abs(cost.netFlop() / 1e9 - net) < .0005);
        QCOMPARE(cost.isNetLoss(), net < 0);
    }

    void theNetFlopOfThe72BIsTheTabledShareOfItsLayers()
    {
        const MappingCost cost = mappingCost(k72B, k05B, k05B.layers, 40, 2048, kHalf, kHalf);
        QVERIFY(std::abs(100 * cost.netFlop() / layerFlop(k72B, 2048) - 4.5) < .05);
    }

    // smallkv.md 8, bytes per token, fp16
    void cacheBytesAreTheTabledOnes()
    {
        QCOMPARE(cacheBytesPerToken(k05B, 0, kHalf), 12288.0);
        QCOMPARE(cacheBytesPerToken(k7B, 0, kHalf), 57344.0);
        QCOMPARE(cacheBytesPerToken(k72B, 0, kHalf), 327680.0);
        QCOMPARE(cacheBytesPerToken(k135M, 0, kHalf), 23040.0);
        QCOMPARE(cacheBytesPerToken(k360M, 0, kHalf), 40960.0);
        QCOMPARE(cacheBytesPerToken(k17B, 0, kHalf), 196608.0);
        QCOMPARE(cacheBytesPerToken(k7B, 28, kHalf), 28672.0); // V alone
    }

    void breakEvensAreWhereTheNetChangesItsSign()
    {
        const double weights = 494032768.0 * kHalf;
        const int64_t bytes = bytesBreakEven(k72B, k05B, 40, weights, kHalf, kHalf);
        const auto netBytes = [&](int64_t context) {
            return weights + mappingCost(k72B, k05B, 24, 40, context, kHalf, kHalf).netBytes();
        };
        QVERIFY(netBytes(bytes) <= 0 && netBytes(bytes - 1) > 0);
        QCOMPARE(bytesBreakEven(k360M, k135M, 16, 1, kHalf, kHalf), int64_t(-1));

        QCOMPARE(flopBreakEven(k72B, k05B, 40), int64_t(0));
        // a narrow model with many heads beside a wide one of two layers: the scores pay back what the MLP costs
        const DecoderSizes many{10, 8, 8, 64, 64, 256}, wide{2, 1, 1, 64, 512, 2048};
        const int64_t flop = flopBreakEven(many, wide, 8);
        QVERIFY(flop > 0);
        QVERIFY(mappingCost(many, wide, 2, 8, flop, kHalf, kHalf).netFlop() > 0);
        QVERIFY(mappingCost(many, wide, 2, 8, flop - 1, kHalf, kHalf).netFlop() <= 0);
        QCOMPARE(flopBreakEven(k17B, k135M, 16), int64_t(-1)); // less FLOP at first, but each position costs more than it saves
        QCOMPARE(flopBreakEven(k360M, k135M, 10), int64_t(-1));
    }

    void anEarlyExitOfTheSmallModelCountsOnlyTheLayersThatRun()
    {
        const MappingCost whole = mappingCost(k7B, k05B, 24, 8, 1000, kHalf, kHalf);
        const MappingCost half = mappingCost(k7B, k05B, 12, 8, 1000, kHalf, kHalf);
        QCOMPARE(half.addedFlop * 2, whole.addedFlop);
        QCOMPARE(half.smallCacheBytes * 2, whole.smallCacheBytes);
        QCOMPARE(half.keyBytesSaved, whole.keyBytesSaved);
    }
};

QTEST_GUILESS_MAIN(IamPlanTest)
#include "iam_plan_test.moc"
