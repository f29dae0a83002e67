#include "../support/counting_allocator.h"
#include "../support/random_model.h"
#include "core/model/forward.h"
#include "core/model/load_weights.h"
#include "core/model/memory_forecast.h"

#include <QTest>
#include <c10/core/InferenceMode.h>
#include <cmath>

using namespace winnow;

namespace {

/// A decoder large enough that what a pass allocates is more than its small change: 2 layers, 256 wide, 8 heads.
ModelConfig mediumConfig()
{
    ModelConfig config = test::tinyConfig();
    config.layers = 2;
    config.heads = 8;
    config.kvHeads = 2;
    config.headDim = 32;
    config.hidden = 256;
    config.ffn = 704;
    config.vocab = 2000;
    config.contextLength = 2048;
    config.ropes[0].dim = 32;
    LayerConfig layer;
    layer.ffn = config.ffn;
    config.layerConfigs.assign(2, layer);
    return config;
}

struct Shape {
    const char *name;
    ModelConfig config;
    int tokens;
};

std::vector<Shape> shapes()
{
    std::vector<Shape> all;
    const auto add = [&](const char *name, int tokens, auto change) {
        ModelConfig config = mediumConfig();
        change(config);
        all.push_back({name, config, tokens});
    };
    const auto experts = [](ModelConfig &c) {
        c.moe.experts = 16, c.moe.active = 4, c.moe.expertFfn = 192, c.moe.normalise = true;
        c.layerConfigs[1].experts = true;
    };
    add("grouped queries", 600, [](ModelConfig &) {});
    add("grouped queries, long", 1500, [](ModelConfig &) {});
    add("wide feed-forward", 300, [](ModelConfig &c) { c.ffn = c.layerConfigs[0].ffn = c.layerConfigs[1].ffn = 4096; });
    add("multi-head, not gated, learned positions", 700, [](ModelConfig &c) {
        c.kvHeads = 8, c.norm = NormKind::Layer, c.gatedFfn = false, c.activation = Activation::GeluTanh, c.qkvBias = true;
        c.learnedPositions = true;
        c.ropes.clear();
        for (LayerConfig &layer : c.layerConfigs)
            layer.rope = -1;
    });
    add("one KV head, windows", 900, [](ModelConfig &c) {
        c.kvHeads = 1;
        c.layerConfigs[0].window = c.layerConfigs[1].window = 128;
    });
    add("parallel residual", 600, [](ModelConfig &c) {
        c.norm = NormKind::Layer, c.parallelResidual = true, c.gatedFfn = false, c.activation = Activation::Gelu;
    });
    add("large vocabulary, few tokens", 16, [](ModelConfig &c) { c.vocab = 200000, c.tied = true; });
    add("experts", 600, experts);
    add("shared experts", 900, [&](ModelConfig &c) { experts(c), c.moe.sharedFfn = 512, c.moe.sharedGate = true; });
    add("wide experts in every layer", 1000, [&](ModelConfig &c) {
        experts(c);
        c.heads = 4, c.moe.experts = 64, c.moe.active = 8, c.moe.expertFfn = 1024, c.layerConfigs[0].experts = true;
    });
    const auto latent = [&](ModelConfig &c) {
        experts(c);
        c.moe.score = RouterScore::Sigmoid, c.moe.sharedFfn = 192;
        c.mla.latent = 64, c.mla.queryRank = 96, c.mla.nope = 32, c.mla.rope = 16, c.mla.value = 32;
        c.kvHeads = 8, c.headDim = 48, c.valueDim = 32, c.ropes[0].dim = 16, c.ropePairing = RopePairing::Adjacent;
    };
    add("latent attention, one chunk", 400, latent);
    add("latent attention, chunks", 900, latent);
    add("bf16", 900, [](ModelConfig &c) { c.elementType = ElementType::Bf16; });
    add("f16, few tokens, wide", 60, [](ModelConfig &c) { c.elementType = ElementType::F16, c.ffn = 4096, c.layerConfigs[0].ffn = c.layerConfigs[1].ffn = 4096; });
    add("f16, experts", 600, [&](ModelConfig &c) { experts(c), c.elementType = ElementType::F16; });
    add("bf16, one KV head", 1200, [](ModelConfig &c) { c.elementType = ElementType::Bf16, c.kvHeads = 1; });
    add("bf16, latent attention", 900, [&](ModelConfig &c) { latent(c), c.elementType = ElementType::Bf16; });
    return all;
}

} // namespace

class MemoryForecastTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aPassHoldsWhatIsForecast_data()
    {
        QTest::addColumn<int>("index");
        const auto all = shapes();
        for (int i = 0; i < static_cast<int>(all.size()); ++i)
            QTest::newRow(all[static_cast<size_t>(i)].name) << i;
    }

    /// Within a tenth of what the tensors of a prefill then hold at most; the cache exactly.
    void aPassHoldsWhatIsForecast()
    {
        QFETCH(int, index);
        const c10::InferenceMode inference;
        const Shape shape = shapes()[static_cast<size_t>(index)];
        const auto full = test::randomModel(shape.config);
        const auto model = shape.config.elementType == ElementType::F32
            ? full
            : Model::fromParts(shape.config, *weightsOn(at::kCPU, full->weights(), shape.config.elementType), nullptr);
        std::vector<int32_t> ids;
        for (int i = 0; i < shape.tokens; ++i)
            ids.push_back(static_cast<int32_t>((i * 7919 + 13) % shape.config.vocab));
        test::CountingAllocator counted;
        KvCache cache(model->config());
        cache.reserve(shape.tokens);
        counted.restart();
        const int64_t before = counted.held() - cache.allocatedBytes();
        const auto result = forward(*model, ids, cache, ForwardOptions{}, RunContext{});
        QVERIFY2(result, result ? "" : result.error().message.c_str());
        const auto measured = static_cast<double>(counted.most() - before);
        const int64_t cacheBytes = forecastCacheBytes(model->config(), shape.tokens);
        const auto forecast = static_cast<double>(forecastPassBytes(model->config(), shape.tokens) + cacheBytes);
        if (shape.config.layer(0).window == 0)
            QCOMPARE(cache.allocatedBytes(), cacheBytes);
        qInfo("forecast %.3f MB, measured %.3f MB, %+.1f %%", forecast / 1e6, measured / 1e6, 100 * (forecast / measured - 1));
        QVERIFY(std::abs(forecast / measured - 1) < 0.1);
    }
};

QTEST_GUILESS_MAIN(MemoryForecastTest)
#include "memory_forecast_test.moc"
