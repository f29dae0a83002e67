#include "core/model/rope.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace winnow;
using namespace winnow::test;

/// Rotations by the computed values of model-families.md 8 (G2, G3, G4) and by hand.
class RopeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pairingsTurnTheirChannels();
    void lastChannelsTurnUnderLatentAttention();
    void llama3FactorsAreThePublishedOnes();
    void yarnRampIsThePublishedOne();
    void yarnScalesRows();
    void longRopeChoosesByLength();
    void layersChooseTheirRotation();
};

namespace {

at::Tensor tensorOf(const std::vector<float> &values) { return at::tensor(at::ArrayRef<float>(values), at::kFloat); }

RopeConfig ropeOf(int64_t dim, double theta = 1e4)
{
    RopeConfig config;
    config.dim = dim;
    config.theta = theta;
    return config;
}

at::Tensor turned(const RopeTable &table, const std::vector<float> &channels, int32_t position)
{
    at::Tensor x = tensorOf(channels).view({1, 1, -1});
    table.rotate(x, table.angles({&position, 1}, position + 1, at::kCPU));
    return x.view({-1});
}

const std::vector<float> kAdjacent{-1.272233F, -1.838865F, 1.683929F, 4.707907F, 4.817777F, 6.147278F, 6.975969F, 8.020964F};

} // namespace

void RopeTest::pairingsTurnTheirChannels()
{
    // G2: D = 8, theta 1e4, position 3, x = 1..8.
    const std::vector<float> x{1, 2, 3, 4, 5, 6, 7, 8};
    QVERIFY(maxDifference(turned(RopeTable(ropeOf(8), RopePairing::Adjacent, 8), x, 3), tensorOf(kAdjacent)) < 2e-6);
    const at::Tensor half = tensorOf({-1.695593F, .137552F, 2.788682F, 3.975982F, -4.808842F, 6.323059F, 7.086837F, 8.011964F});
    QVERIFY(maxDifference(turned(RopeTable(ropeOf(8), RopePairing::Half, 8), x, 3), half) < 2e-6);
    // The split form turns adjacent pairs and writes first members first.
    const at::Tensor split = turned(RopeTable(ropeOf(8), RopePairing::AdjacentSplit, 8), x, 3);
    for (int64_t j = 0; j < 4; ++j) {
        QVERIFY(std::abs(split[j].item<float>() - kAdjacent[static_cast<size_t>(2 * j)]) < 2e-6F);
        QVERIFY(std::abs(split[j + 4].item<float>() - kAdjacent[static_cast<size_t>(2 * j + 1)]) < 2e-6F);
    }
    // The table of pairs says the same.
    for (const RopePairing pairing : {RopePairing::Half, RopePairing::Adjacent, RopePairing::AdjacentSplit}) {
        const RopeTable table(ropeOf(8), pairing, 8);
        const at::Tensor all = turned(table, x, 3);
        for (int64_t j = 0; j < 4; ++j) {
            const RopePair pair = table.pair(j);
            const double angle = 3 * std::pow(1e4, -static_cast<double>(j) / 4);
            const double a = x[static_cast<size_t>(pair.fromA)], b = x[static_cast<size_t>(pair.fromB)];
            QVERIFY(std::abs(all[pair.toA].item<double>() - (a * std::cos(angle) - b * std::sin(angle))) < 2e-6);
            QVERIFY(std::abs(all[pair.toB].item<double>() - (a * std::sin(angle) + b * std::cos(angle))) < 2e-6);
        }
    }
}

void RopeTest::lastChannelsTurnUnderLatentAttention()
{
    const RopeTable table(ropeOf(8), RopePairing::Adjacent, 11, 3);
    const at::Tensor x = turned(table, {9, 9, 9, 1, 2, 3, 4, 5, 6, 7, 8}, 3);
    QVERIFY(maxDifference(x.narrow(0, 3, 8), tensorOf(kAdjacent)) < 2e-6);
    QVERIFY(x.narrow(0, 0, 3).eq(9).all().item<bool>());
    // Partial rotation leaves the channels behind.
    const at::Tensor partial = turned(RopeTable(ropeOf(8), RopePairing::Half, 11), {1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9}, 3);
    QVERIFY(std::abs(partial[0].item<float>() + 1.695593F) < 2e-6F);
    QVERIFY(partial.narrow(0, 8, 3).eq(9).all().item<bool>());
}

void RopeTest::llama3FactorsAreThePublishedOnes()
{
    RopeConfig config = ropeOf(64, 5e5);
    const std::vector<float> plain = inverseFrequencies(config, 0);
    config.scaling = RopeScaling::Llama3;
    config.factor = 32;
    config.originalContext = 8192;
    const std::vector<float> scaled = inverseFrequencies(config, 0);
    for (size_t j = 0; j < 32; ++j) { // G3
        const double factor = static_cast<double>(plain[j]) / static_cast<double>(scaled[j]);
        const double expected = j <= 14 ? 1 : j == 15 ? 1.6513 : j == 16 ? 3.2923 : j == 17 ? 9.6667 : 32;
        QVERIFY2(std::abs(factor - expected) < 1e-4 * expected, qPrintable(QString("%1: %2").arg(j).arg(factor)));
    }
}

void RopeTest::yarnRampIsThePublishedOne()
{
    RopeConfig config = ropeOf(64);
    const std::vector<float> plain = inverseFrequencies(config, 0);
    config.scaling = RopeScaling::Yarn;
    config.factor = 40;
    config.originalContext = 4096;
    const std::vector<float> scaled = inverseFrequencies(config, 0);
    for (size_t j = 0; j < 32; ++j) { // G4: lo 10, hi 23
        const double ratio = static_cast<double>(scaled[j]) / static_cast<double>(plain[j]);
        const double ramp = std::clamp((static_cast<double>(j) - 10) / 13, 0.0, 1.0);
        QVERIFY(std::abs(ratio - (1 - ramp + ramp / 40)) < 1e-6);
    }
    for (const auto &[j, ratio] : {std::pair(10, 1.0), {11, .925}, {15, .625}, {22, .1}, {23, .025}, {31, .025}})
        QVERIFY(std::abs(static_cast<double>(scaled[static_cast<size_t>(j)] / plain[static_cast<size_t>(j)]) - ratio) < 1e-6);
}

void RopeTest::yarnScalesRows()
{
    RopeConfig config = ropeOf(8);
    config.rowScale = 1.25;
    const at::Tensor x = turned(RopeTable(config, RopePairing::Adjacent, 8), {1, 2, 3, 4, 5, 6, 7, 8}, 3);
    QVERIFY(maxDifference(x, tensorOf(kAdjacent) * 1.25) < 4e-6);
}

void RopeTest::longRopeChoosesByLength()
{
    ModelConfig config;
    config.headDim = 4;
    RopeConfig rope = ropeOf(4);
    rope.scaling = RopeScaling::LongRope;
    rope.originalContext = 24;
    rope.factors = {1, 2};
    rope.longFactors = {3, 5};
    config.ropes = {rope};
    config.layerConfigs.resize(1);
    const ModelRope model(config);
    QCOMPARE(model.switchLength(), int64_t(24));
    const std::vector<float> plain = inverseFrequencies(ropeOf(4), 0);
    QCOMPARE(model.table(0)->inverse(24)[1], plain[1] / 2);
    QCOMPARE(model.table(0)->inverse(25)[0], plain[0] / 3);
    QCOMPARE(model.table(0)->inverse(25)[1], plain[1] / 5);
    // Rows take the factors of the sequence they belong to; alone, that of their own end.
    const int32_t position = 10;
    const auto angle = [&](int64_t length) { return model.rows({&position, 1}, at::kCPU, length).tables[0].sin[0][0].item<float>(); };
    QCOMPARE(angle(0), std::sin(10.0F));
    QCOMPARE(angle(30), std::sin(10.0F * (1.0F / 3.0F)));
}

void RopeTest::layersChooseTheirRotation()
{
    ModelConfig config;
    config.headDim = 4;
    config.ropes = {ropeOf(4), ropeOf(4, 100)};
    config.layerConfigs.resize(3);
    config.layerConfigs[1].rope = 1;
    config.layerConfigs[2].rope = -1;
    const ModelRope model(config);
    QVERIFY(!model.table(2));
    QCOMPARE(model.switchLength(), std::numeric_limits<int64_t>::max());
    const int32_t position = 7;
    const RopeRows rows = model.rows({&position, 1}, at::kCPU);
    for (int64_t layer = 0; layer < 3; ++layer) {
        at::Tensor x = tensorOf({0, 1, 0, 0}).view({1, 1, 4});
        model.rotate(layer, x, rows);
        const double angle = layer == 2 ? 0 : 7 / (layer == 0 ? 100.0 : 10.0);
        QVERIFY(std::abs(x[0][0][1].item<double>() - std::cos(angle)) < 1e-6);
        QVERIFY(std::abs(x[0][0][3].item<double>() - std::sin(angle)) < 1e-6);
    }
}

QTEST_GUILESS_MAIN(RopeTest)
#include "rope_test.moc"
