#include "core/model/router.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/safetensors.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>

namespace winnow {
namespace {

    using test::maxDifference;

    at::Tensor row(std::vector<float> values) { return at::tensor(values).unsqueeze(0); }
    at::Tensor vector(std::vector<float> values) { return at::tensor(values); }

    std::vector<int> idsOf(const Routing &routing, int64_t token = 0)
    {
        const at::Tensor ids = routing.ids[token].contiguous();
        return {ids.data_ptr<int32_t>(), ids.data_ptr<int32_t>() + ids.numel()};
    }

    MoeConfig family(int64_t experts, int64_t active)
    {
        MoeConfig config;
        config.experts = experts;
        config.active = active;
        return config;
    }

    MoeConfig mixtral(int64_t experts = 6, int64_t active = 3)
    {
        MoeConfig config = family(experts, active);
        config.normalise = true;
        return config;
    }

    MoeConfig deepseekV3(int64_t experts = 6, int64_t active = 3)
    {
        MoeConfig config = mixtral(experts, active);
        config.score = RouterScore::Sigmoid;
        config.scale = 2.5;
        return config;
    }

    MoeConfig grouped(MoeConfig config, ExpertGroups ranking, int64_t groups, int64_t kept)
    {
        config.groupRanking = ranking;
        config.groups = groups;
        config.keptGroups = kept;
        return config;
    }

    const std::vector<float> kLogits{1.2F, .3F, -.5F, 2, 0, -1};
    const std::vector<float> kGroupLogits{.5F, -.2F, 1, .1F, -1, .8F, .3F, .6F};
    const std::vector<float> kGroupBias{0, .3F, -.1F, 0, .2F, 0, 0, -.2F};
    const at::Tensor kNoBias;

} // namespace

class RouterTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void familiesWeighAsPublished_data();
    void familiesWeighAsPublished();
    void modesKeepOrRestoreRouterMass();
    void groupsAreRankedByBestOrTwoBest();
    void goldensAgree_data();
    void goldensAgree();
    void equalScoresGoToTheLowerIndex();
    void droppedExpertsAreNeverChosen();
    void zeroMaskGivesOtherGroupsNoWeight();
    void softmaxOfChosenIsModeOn();
    void allExpertsWithoutNormalisingSumToOne();
    void moreThanTheFilesExpertsKeepMoreMass();
    void badOptionsAreRefused();
    void sortingByIdKeepsPairs();
};

void RouterTest::familiesWeighAsPublished_data()
{
    QTest::addColumn<int>("rule");
    QTest::addColumn<QVector<int>>("ids");
    QTest::addColumn<QVector<double>>("weights");
    // model-families.md 8, G5.
    QTest::newRow("mixtral") << 0 << QVector<int>{3, 0, 1} << QVector<double>{.612740, .275322, .111938};
    QTest::newRow("olmoe") << 1 << QVector<int>{3, 0, 1} << QVector<double>{.526532, .236586, .096189};
    QTest::newRow("gating 3") << 2 << QVector<int>{3, 0, 1} << QVector<double>{.612740, .275322, .111938};
    QTest::newRow("ernie") << 3 << QVector<int>{1, 5, 0} << QVector<double>{.267943, .073023, .659034};
    QTest::newRow("deepseek v3") << 4 << QVector<int>{1, 0, 3} << QVector<double>{.645800, .863991, .990210};
}

void RouterTest::familiesWeighAsPublished()
{
    QFETCH(int, rule);
    QFETCH(QVector<int>, ids);
    QFETCH(QVector<double>, weights);
    MoeConfig chosen = family(6, 3);
    chosen.score = RouterScore::SoftmaxOfChosen;
    MoeConfig ernie = mixtral();
    ernie.normaliseFloor = 1e-12;
    const std::vector<MoeConfig> rules{mixtral(), family(6, 3), chosen, ernie, deepseekV3()};
    const at::Tensor bias = rule >= 3 ? vector({0, .2F, 0, -.35F, 0, .25F}) : kNoBias;
    const Routing routing = route(rules[static_cast<size_t>(rule)], row(kLogits), bias);
    QCOMPARE(idsOf(routing), std::vector<int>(ids.begin(), ids.end()));
    for (int j = 0; j < 3; ++j)
        QVERIFY(std::abs(routing.weights[0][j].item<double>() - weights[j]) < 1e-6);
}

void RouterTest::modesKeepOrRestoreRouterMass()
{
    // moe-efficiency.md 8, G1: k0 = 3, k = 2.
    const auto weightsOf = [](const MoeConfig &config, CombineMode mode) {
        return route(config, row(kLogits), kNoBias, RouterOptions{mode, 2, {}});
    };
    const Routing off = weightsOf(mixtral(), CombineMode::Off);
    QVERIFY(maxDifference(off.scores, row({.236586F, .096189F, .043220F, .526532F, .071258F, .026214F})) < 1e-6);
    QVERIFY(maxDifference(off.weights, row({.526532F, .236586F})) < 1e-6);
    QVERIFY(std::abs(off.mass.item<double>() - .763118) < 1e-6);
    QVERIFY(std::abs(off.stockMass.item<double>() - .859307) < 1e-6);
    QVERIFY(std::abs(routerMassKept(off).item<double>() - .763118 / .859307) < 1e-5);
    QVERIFY(maxDifference(weightsOf(family(6, 3), CombineMode::On).weights, row({.689974F, .310026F})) < 1e-6);
    QVERIFY(maxDifference(weightsOf(mixtral(), CombineMode::Rescale).weights, row({.592900F, .266407F})) < 1e-6);
    MoeConfig scaled = mixtral();
    scaled.scale = 2.5;
    QVERIFY(maxDifference(weightsOf(scaled, CombineMode::Default).weights, row({1.724936F, .775064F})) < 1e-6);
    QVERIFY(maxDifference(weightsOf(scaled, CombineMode::Off).weights, 2.5 * off.weights) < 1e-6);
    // The family's rule of a family that does not normalise is the scores as they are.
    QVERIFY(at::equal(weightsOf(family(6, 3), CombineMode::Default).weights, off.weights));
}

void RouterTest::groupsAreRankedByBestOrTwoBest()
{
    // model-families.md 8, G5 (V2), and moe-efficiency.md 8, G2 (V3).
    const Routing v2 = route(grouped(family(8, 3), ExpertGroups::Best, 4, 2), row(kGroupLogits), kNoBias);
    QCOMPARE(idsOf(v2), (std::vector<int>{2, 5, 3}));
    QVERIFY(maxDifference(v2.scores.view({4, 2}).amax(1), vector({.136752F, .225466F, .184596F, .151134F})) < 1e-6);
    QCOMPARE(idsOf(route(family(8, 3), row(kGroupLogits), kNoBias)), (std::vector<int>{2, 5, 7}));
    const MoeConfig v3 = deepseekV3(8, 3);
    const Routing both = route(grouped(v3, ExpertGroups::TwoBest, 4, 2), row(kGroupLogits), vector(kGroupBias));
    QCOMPARE(idsOf(both), (std::vector<int>{1, 5, 0}));
    QVERIFY(maxDifference(both.weights, row({.638497F, .978632F, .882871F})) < 1e-6);
    QCOMPARE(idsOf(route(v3, row(kGroupLogits), vector(kGroupBias))), (std::vector<int>{1, 5, 2}));
    QCOMPARE(idsOf(route(v3, row(kGroupLogits), kNoBias)), (std::vector<int>{2, 5, 7}));
    QCOMPARE(idsOf(route(grouped(v3, ExpertGroups::TwoBest, 4, 2), row(kGroupLogits), kNoBias)), (std::vector<int>{2, 7, 6}));
}

void RouterTest::goldensAgree_data()
{
    QTest::addColumn<int>("active");
    QTest::addColumn<int>("score"); // RouterScore
    QTest::addColumn<bool>("normalise");
    QTest::addColumn<double>("scale");
    QTest::addColumn<int>("groups");
    QTest::addColumn<int>("keptGroups");
    QTest::addColumn<QVector<int>>("layers");
    const QVector<int> both{0, 1};
    QTest::newRow("mixtral") << 2 << 0 << true << 1.0 << 1 << 1 << both;
    QTest::newRow("olmoe") << 4 << 0 << false << 1.0 << 1 << 1 << both;
    QTest::newRow("qwen2-moe") << 3 << 0 << false << 1.0 << 1 << 1 << QVector<int>{0, 2};
    QTest::newRow("qwen3-moe") << 3 << 0 << true << 1.0 << 1 << 1 << both;
    QTest::newRow("ernie4_5-moe") << 3 << 0 << true << 1.0 << 1 << 1 << QVector<int>{1};
    QTest::newRow("granite-moe") << 3 << 2 << false << 1.0 << 1 << 1 << both;
    QTest::newRow("deepseek-v2") << 4 << 0 << false << 1.0 << 1 << 1 << QVector<int>{1};
    QTest::newRow("deepseek-v3") << 4 << 1 << true << 2.5 << 4 << 2 << QVector<int>{1};
}

void RouterTest::goldensAgree()
{
    QFETCH(int, active);
    QFETCH(int, score);
    QFETCH(bool, normalise);
    QFETCH(double, scale);
    QFETCH(int, groups);
    QFETCH(int, keptGroups);
    QFETCH(QVector<int>, layers);
    const auto file = test::SafetensorsFile::open(test::dataPath("models/routers-golden.safetensors"));
    QVERIFY2(file, file ? "" : file.error().message.c_str());
    for (const int layer : layers) {
        const std::string prefix = std::string(QTest::currentDataTag()) + ".layer." + std::to_string(layer) + '.';
        const at::Tensor logits = test::golden(*file, prefix + "router_logits");
        MoeConfig config = family(logits.size(1), active);
        config.score = static_cast<RouterScore>(score);
        config.normalise = normalise;
        config.scale = scale;
        if (groups > 1)
            config = grouped(config, ExpertGroups::TwoBest, groups, keptGroups);
        const bool biased = file->has(prefix + "selection_bias");
        const Routing routing
            = sortedById(route(config, logits, biased ? test::golden(*file, prefix + "selection_bias") : kNoBias));
        const std::vector<int32_t> ids = file->ints(prefix + "topk_ids");
        QVERIFY(at::equal(routing.ids.flatten(), at::tensor(at::ArrayRef<int32_t>(ids), at::kInt)));
        QVERIFY(maxDifference(routing.weights, test::golden(*file, prefix + "topk_weights")) < 1e-6);
    }
}

void RouterTest::equalScoresGoToTheLowerIndex()
{
    QCOMPARE(idsOf(route(mixtral(6, 4), row({0, 1, 1, 0, 1, 0}), kNoBias)), (std::vector<int>{1, 2, 4, 0}));
    const at::Tensor level = at::zeros({3, 64});
    QCOMPARE(idsOf(route(family(64, 5), level, kNoBias), 2), (std::vector<int>{0, 1, 2, 3, 4}));
    // Groups too.
    QCOMPARE(idsOf(route(grouped(deepseekV3(8, 3), ExpertGroups::TwoBest, 4, 2), row({0, 0, 1, 1, 0, 0, 0, 0}), kNoBias)),
        (std::vector<int>{2, 3, 0}));
}

void RouterTest::droppedExpertsAreNeverChosen()
{
    const at::Tensor keep = at::ones({6}, at::kBool);
    keep[3] = false;
    // Softmax over the kept ones: as if the router had no such row.
    const RouterOptions options{CombineMode::Default, 0, keep};
    const Routing softmax = route(family(6, 3), row(kLogits), kNoBias, options);
    const Routing without = route(family(5, 3), row({1.2F, .3F, -.5F, 0, -1}), kNoBias);
    QCOMPARE(idsOf(softmax), (std::vector<int>{0, 1, 4}));
    QVERIFY(maxDifference(softmax.weights, without.weights) < 1e-7);
    const Routing sigmoid = route(deepseekV3(), row(kLogits), vector({0, 0, 0, 9, 0, 0}), options);
    QCOMPARE(idsOf(sigmoid), (std::vector<int>{0, 1, 4}));
    QVERIFY(std::abs(sigmoid.weights.sum().item<double>() - 2.5) < 1e-6);
    // No more experts than are kept; P0 counts those.
    const at::Tensor two = at::zeros({6}, at::kBool);
    two[2] = true;
    two[5] = true;
    const Routing few = route(mixtral(), row(kLogits), kNoBias, RouterOptions{CombineMode::Default, 0, two});
    QCOMPARE(idsOf(few), (std::vector<int>{2, 5}));
    QCOMPARE(routerMassKept(few).item<float>(), 1.0F);
    // A group that lost one of its two experts is ranked by the other.
    const at::Tensor seven = at::ones({8}, at::kBool);
    seven[4] = false;
    const Routing left = route(grouped(deepseekV3(8, 3), ExpertGroups::TwoBest, 4, 2), row({0, 0, 0, 0, 5, 5, 0, 0}),
        vector({0, 0, 0, 0, 0, 1, 0, 0}), RouterOptions{CombineMode::Default, 0, seven});
    QCOMPARE(idsOf(left), (std::vector<int>{5, 0, 1}));
}

void RouterTest::zeroMaskGivesOtherGroupsNoWeight()
{
    // One group of two kept, three experts asked: -inf and 0 agree on the two, only the third differs.
    MoeConfig config = grouped(family(8, 2), ExpertGroups::Best, 4, 1);
    const Routing never = route(config, row(kGroupLogits), kNoBias);
    config.groupMaskZero = true;
    const Routing zero = route(config, row(kGroupLogits), kNoBias);
    QCOMPARE(idsOf(never), (std::vector<int>{2, 3}));
    QCOMPARE(idsOf(zero), idsOf(never));
    QVERIFY(at::equal(zero.weights, never.weights));
    config.active = 3;
    const Routing third = route(config, row(kGroupLogits), kNoBias);
    QCOMPARE(idsOf(third), (std::vector<int>{2, 3, 0}));
    QCOMPARE(third.weights[0][2].item<float>(), 0.0F);
}

void RouterTest::softmaxOfChosenIsModeOn()
{
    MoeConfig chosen = family(6, 3);
    chosen.score = RouterScore::SoftmaxOfChosen;
    const at::Tensor logits = at::randn({40, 6}) * 4;
    const Routing own = route(chosen, logits, kNoBias);
    QVERIFY(maxDifference(own.weights, route(family(6, 3), logits, kNoBias, RouterOptions{CombineMode::On, 0, {}}).weights) < 1e-6);
    QVERIFY(maxDifference(own.weights.sum(1), at::ones({40})) < 1e-6);
    // Weights survive where the softmax over all is 0 in f32.
    const Routing far = route(chosen, row({200, 0, 1, 2, -5, -5}), kNoBias, RouterOptions{CombineMode::Off, 0, {}});
    QCOMPARE(far.weights[0][1].item<float>(), 0.0F);
    QCOMPARE(idsOf(far), (std::vector<int>{0, 3, 2}));
}

void RouterTest::allExpertsWithoutNormalisingSumToOne()
{
    const Routing all = route(mixtral(9, 4), at::randn({17, 9}), kNoBias, RouterOptions{CombineMode::Off, 9, {}});
    QVERIFY(maxDifference(all.weights.sum(1), at::ones({17})) < 1e-6);
}

void RouterTest::moreThanTheFilesExpertsKeepMoreMass()
{
    const at::Tensor logits = at::randn({25, 9});
    QVERIFY(maxDifference(routerMassKept(route(mixtral(9, 4), logits, kNoBias)), at::ones({25})) < 1e-7);
    QVERIFY(routerMassKept(route(mixtral(9, 4), logits, kNoBias, RouterOptions{CombineMode::On, 3, {}})).lt(1).all().item<bool>());
    QVERIFY(routerMassKept(route(mixtral(9, 4), logits, kNoBias, RouterOptions{CombineMode::On, 6, {}})).gt(1).all().item<bool>());
}

void RouterTest::badOptionsAreRefused()
{
    const MoeConfig config = mixtral();
    QVERIFY(checkRouterOptions(config, {}).has_value());
    const auto tooMany = checkRouterOptions(config, RouterOptions{CombineMode::On, 7, {}});
    QVERIFY(!tooMany && tooMany.error().message.find("expected 1 to 6, found 7") != std::string::npos);
    QVERIFY(!checkRouterOptions(config, RouterOptions{CombineMode::On, -1, {}}));
    QVERIFY(!checkRouterOptions(config, RouterOptions{CombineMode::On, 0, at::ones({5}, at::kBool)}));
    QVERIFY(!checkRouterOptions(config, RouterOptions{CombineMode::On, 0, at::ones({6})}));
    QVERIFY(!checkRouterOptions(config, RouterOptions{CombineMode::On, 0, at::zeros({6}, at::kBool)}));
    MoeConfig uneven = grouped(deepseekV3(), ExpertGroups::TwoBest, 4, 2);
    QVERIFY(!checkMoeConfig(uneven));
    uneven.groups = 3;
    QVERIFY(checkMoeConfig(uneven).has_value());
    uneven.keptGroups = 4;
    QVERIFY(!checkMoeConfig(uneven));
    QVERIFY(!checkMoeConfig(family(4, 5)));
}

void RouterTest::sortingByIdKeepsPairs()
{
    const Routing ranked = route(mixtral(7, 4), at::randn({12, 7}), kNoBias);
    const Routing sorted = sortedById(ranked);
    const at::Tensor dense = at::zeros({12, 7}), other = at::zeros({12, 7});
    dense.scatter_(1, ranked.ids.to(at::kLong), ranked.weights);
    other.scatter_(1, sorted.ids.to(at::kLong), sorted.weights);
    QVERIFY(at::equal(dense, other));
    QVERIFY(sorted.ids.diff(1, 1).gt(0).all().item<bool>());
}

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::RouterTest)
#include "router_test.moc"
