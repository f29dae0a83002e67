#include "core/eval/bytes.h"
#include "core/methods/mapped_layers.h"

#include "tests/support/method_fixture.h"

#include <cmath>

using namespace winnow;
using namespace winnow::test;

namespace {

ModelConfig sized(const char *family, int64_t layers, int64_t vocab)
{
    ModelConfig config;
    config.family = family;
    config.layers = layers;
    config.vocab = vocab;
    return config;
}

Result<LayerChoice> chosen(const Json &given, int64_t asked, const ModelConfig &large, const ModelConfig &small)
{
    return chooseLayers(large, small, parametersOf("iam", given), asked);
}

std::vector<int64_t> range(int64_t first, int64_t last)
{
    std::vector<int64_t> layers;
    for (int64_t layer = first; layer <= last; ++layer)
        layers.push_back(layer);
    return layers;
}

} // namespace

/// What IAM decides before a model runs: layers, budget, costs (iam.md 3 step 0, 4, 10).
class IamMethodTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void listsOfLayersAreRead()
    {
        QCOMPARE(*parseLayers(" 6, 7,22-24 ,6", 28), (std::vector<int64_t>{6, 7, 22, 23, 24}));
        QVERIFY(parseLayers("", 28)->empty());
        for (const char *bad : {"28", "5-3", "x", "-1", "3-", "1;2"}) {
            const auto list = parseLayers(bad, 28);
            QVERIFY2(!list, bad);
            QVERIFY(list.error().message.find("0 to 27") != std::string::npos);
        }
    }

    void profilesAreReadAndWritten()
    {
        const auto profile = parseProfile("0.5,1,-0.25,-,2e-3,0,0,0,0,9");
        QVERIFY(profile.has_value() && profile->has_value());
        QCOMPARE((**profile)[2], -0.25);
        QVERIFY(std::isnan((**profile)[3]));
        QCOMPARE(profileText(**profile), std::string("0.5,1,-0.25,-,0.002,0,0,0,0,9"));
        QVERIFY(!parseProfile("")->has_value());
        QVERIFY(!parseProfile("1,2"));
        QVERIFY(!parseProfile("1,2,3,4,5,6,7,8,9,ten"));
    }

    void publishedRuleFillsTheEndThenTheMiddle()
    {
        const ModelConfig qwen = sized("qwen2", 28, 151936);
        QCOMPARE(chosen({}, 8, qwen, qwen)->layers, (std::vector<int64_t>{6, 7, 22, 23, 24, 25, 26, 27}));
        QVERIFY(chosen({}, 8, qwen, qwen)->notices.empty());
        QVERIFY(chosen({}, 0, qwen, qwen)->layers.empty());
        const auto most = chosen({}, 28, qwen, qwen);
        QCOMPARE(most->layers, range(6, 27));
        QCOMPARE(most->notices.size(), size_t(2)); // fewer than asked, more than half
    }

    void llamaPairsNeedAProfileForManyLayers()
    {
        const ModelConfig large = sized("llama", 80, 128256), small = sized("llama", 16, 128256);
        QCOMPARE(chosen({}, 40, large, small)->layers, range(64, 79));
        QVERIFY(!chosen({}, 40, large, small)->notices.empty());
        QCOMPARE(chosen({}, 8, large, small)->layers, range(72, 79));
        const Json profile{{"profile", "9,9,9,9,1,9,9,2,9,9"}};
        QCOMPARE(chosen(profile, 16, large, small)->layers, (std::vector<int64_t>{32, 33, 34, 35, 36, 37, 38, 39, 56, 57, 58, 59, 60, 61, 62, 63}));
        const ModelConfig smol = sized("llama", 30, 49152); // SmolLM2 is not meant
        QCOMPARE(chosen({}, 9, smol, smol)->layers, (std::vector<int64_t>{6, 7, 8, 24, 25, 26, 27, 28, 29}));
    }

    void profileRuleAsksForAProfile()
    {
        const ModelConfig qwen = sized("qwen2", 28, 151936);
        QVERIFY(!chosen({{"layerRule", "profile"}}, 8, qwen, qwen));
        const auto byDelta = chosen({{"layerRule", "profile"}, {"profile", "0,0,0,5,4,3,2,1,6,7"}}, 3, qwen, qwen);
        QCOMPARE(byDelta->layers, range(19, 21)); // block 7 covers layers 19 to 21
    }

    void manualRuleMapsItsListWhateverTheRatio()
    {
        const ModelConfig qwen = sized("qwen2", 28, 151936);
        const auto list = chosen({{"layerRule", "manual"}, {"layers", "3, 20"}}, 8, qwen, qwen);
        QCOMPARE(list->layers, (std::vector<int64_t>{3, 20}));
        QCOMPARE(list->notices.size(), size_t(2)); // another count, an edge layer
        QVERIFY(chosen({{"layerRule", "manual"}, {"layers", "3, 20"}}, 0, qwen, qwen)->layers.empty());
        QVERIFY(!chosen({{"layerRule", "manual"}}, 8, qwen, qwen));
    }

    void theBudgetIsTheShareOfReplacedLayers()
    {
        const BudgetSpec &budget = findMethod("iam")->budget;
        QCOMPARE(budget.parameter, std::string_view("mappingRatio"));
        QCOMPARE(budgetCount({BudgetKind::Fraction, 0.3}, budget.meaning, 1000, 28), int64_t(8));
        QCOMPARE(budgetCount({BudgetKind::Fraction, 0}, budget.meaning, 1000, 28), int64_t(0));
        QCOMPARE(budgetCount({BudgetKind::Count, 9}, budget.meaning, 1000, 28), int64_t(9));
        QCOMPARE(stayingCount(budget.meaning, 8, 28), int64_t(20));
        QCOMPARE(countOfStaying(budget.meaning, 20, 28), int64_t(8));
        QVERIFY(saysNone("0%") && saysNone(" 0 ") && saysNone("0t") && !saysNone("10%") && !saysNone("0 MiB x") && !saysNone(""));
    }

    void moreLayersTakeFewerBytesAndNoneIsTheIdentity()
    {
        const Capture capture = noiseCapture(10, 4, 2, 4, 120);
        const Ranked ranked = rankMethod("iam", capture);
        double before = 0;
        for (int64_t staying = 1; staying <= 10; ++staying) {
            const KvPlan plan = ranked.plan(staying);
            const double bytes = planBytes(plan, CacheShape::of(capture.config)).native;
            QVERIFY(bytes >= before);
            before = bytes;
            const MappedPlan *mapped = mappedPlanOf(plan);
            QCOMPARE(mapped ? mapped->mappedLayers() : 0, std::min<int64_t>(10 - staying, 8));
            QCOMPARE(plan.inactive, staying == 10);
            for (int64_t i = 0; mapped && i < 40; ++i)
                QCOMPARE(mapped->serving[size_t(i)] >= 0, mapped->isMapped(i / 4));
        }
    }

    void netLossIsSaid()
    {
        ModelConfig large = sized("llama", 28, 10), small = sized("llama", 24, 10);
        large.heads = 12, large.kvHeads = 2, large.headDim = 128, large.hidden = 1536, large.ffn = 8960;
        small.heads = 14, small.kvHeads = 2, small.headDim = 64, small.hidden = 896, small.ffn = 4864;
        MappedPlan plan;
        plan.mapped.assign(28, 0);
        plan.serving.assign(28 * 12, -1);
        for (const int64_t layer : publishedLayers(28, 0.3))
            plan.mapped[size_t(layer)] = 1;
        plan.serving[0] = 24 * 14 - 1;
        plan.span = 200;
        QCOMPARE(costNotices(plan, large, small, 512).size(), size_t(1)); // bytes and work in one
        QVERIFY(costNotices(plan, large, small, 512).front().starts_with("net loss: "));
        QVERIFY(costNotices(plan, large, small, 512).front().find("GFLOP") != std::string::npos);
        QCOMPARE(costNotices(plan, large, small, 150).size(), size_t(2));
        small.layers = 1;
        plan.serving[0] = 0;
        small.kvHeads = 1, small.ffn = 10;
        QVERIFY(costNotices(plan, large, small, 512).empty());
    }
};

QTEST_GUILESS_MAIN(IamMethodTest)
#include "iam_test.moc"
