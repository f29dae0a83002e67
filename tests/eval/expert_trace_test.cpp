#include "core/eval/expert_trace.h"
#include "core/model/moe.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>

#include <cmath>

namespace winnow {
namespace {

    ModelConfig someConfig()
    {
        ModelConfig config;
        config.layers = 3;
        config.hidden = 8;
        config.moe.experts = 5;
        config.moe.active = 2;
        config.moe.expertFfn = 4;
        config.moe.normalise = true;
        config.layerConfigs.resize(3);
        config.layerConfigs[1].experts = true;
        config.layerConfigs[2].experts = true;
        return config;
    }

    MoeWeights someExperts(const ModelConfig &config)
    {
        MoeWeights weights;
        weights.router = at::randn({config.moe.experts, config.hidden});
        for (int64_t e = 0; e < config.moe.experts; ++e) {
            FfnWeights expert;
            expert.gateUp = WeightMatrix(at::randn({2 * config.moe.expertFfn, config.hidden}));
            expert.down = WeightMatrix(at::randn({config.hidden, config.moe.expertFfn}));
            weights.experts.push_back(std::move(expert));
        }
        return weights;
    }

} // namespace

class ExpertTraceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void countsAndMassFollowTheRouting();
    void modelsWithoutExpertsAreNotWatched();
};

void ExpertTraceTest::countsAndMassFollowTheRouting()
{
    const c10::InferenceMode inference;
    at::manual_seed(3);
    const ModelConfig config = someConfig();
    const MoeWeights weights = someExperts(config);
    Hooks hooks;
    ExpertTrace trace(config);
    trace.watch(hooks);
    const RunContext context;
    std::vector<int32_t> counts(15, 0);
    std::vector<double> mass(15, 0.0);
    // Two parts of an input in layer 1; layer 2 runs with one expert for each token.
    for (const int64_t rows : {6, 3}) {
        const at::Tensor x = at::randn({rows, config.hidden});
        QVERIFY(moeBlock(config, weights, x, MoeSite{context, &hooks, 1, 0, {}}));
        QVERIFY(moeBlock(config, weights, x, MoeSite{context, &hooks, 2, 0, RouterOptions{CombineMode::Off, 1, {}}}));
        const at::Tensor logits = at::mm(x, weights.router.t());
        const auto expect = [&](int64_t layer, const Routing &routing) {
            for (int64_t t = 0; t < rows; ++t) {
                for (int64_t j = 0; j < routing.ids.size(1); ++j) {
                    const auto at = static_cast<size_t>(layer * 5 + routing.ids[t][j].item<int>());
                    ++counts[at];
                    mass[at] += routing.weights[t][j].item<double>();
                }
            }
        };
        expect(1, route(config.moe, logits, {}));
        expect(2, route(config.moe, logits, {}, RouterOptions{CombineMode::Off, 1, {}}));
    }
    const ExpertUsage usage = trace.usage();
    QCOMPARE(usage.layers, int64_t(3));
    QCOMPARE(usage.experts, int64_t(5));
    QCOMPARE(usage.tokens, int64_t(9));
    QCOMPARE(usage.counts, counts);
    QCOMPARE(usage.active, (std::vector<float>{0, 2, 1}));
    double total = 0;
    for (size_t i = 0; i < mass.size(); ++i) {
        QVERIFY(std::abs(static_cast<double>(usage.mass[i]) - mass[i]) < 1e-5);
        total += i < 10 ? static_cast<double>(usage.mass[i]) : 0.0;
    }
    QVERIFY(std::abs(total - 9) < 1e-5); // layer 1 normalises: one unit a token
}

void ExpertTraceTest::modelsWithoutExpertsAreNotWatched()
{
    ModelConfig config = someConfig();
    config.moe = MoeConfig{};
    for (LayerConfig &layer : config.layerConfigs)
        layer.experts = false;
    Hooks hooks;
    ExpertTrace trace(config);
    trace.watch(hooks);
    for (int64_t l = 0; l < 3; ++l)
        QVERIFY(!hooks.wants(HookPoint::ExpertIds, l));
}

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::ExpertTraceTest)
#include "expert_trace_test.moc"
