#include "core/model/forward.h"
#include "core/model/generate.h"
#include "core/model/layer_pass.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/random_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/xlogy.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

using namespace winnow;
using namespace winnow::test;

/// Every switch of a configuration on a tiny random decoder.
class SwitchesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void prefillEqualsStepByStepDecoding_data() { addConfigs(); }
    void prefillEqualsStepByStepDecoding();
    void hooksDoNotChangeThePass_data() { addConfigs(); }
    void hooksDoNotChangeThePass();
    void windowSeesItsLastKeys();
    void windowLayersLetSlotsGo();
    void windowsCountOriginalPositions();
    void statisticsOfWindowsEqualTheMap();
    void capsBoundScoresAndLogits();
    void crossingTheLimitOfLongRopeEqualsOnePass();
    void crossingIsRefusedWhenSlotsAreGone();
    void cancelledCrossingLeavesTheCacheAsItWas();
    void learnedPositionsEndTheContext();
    void parallelBranchesReadTheSameInput();
    void queryKeyNormsActBeforeRotation();

private:
    static void addConfigs()
    {
        QTest::addColumn<int>("index");
        for (size_t i = 0; i < tinyConfigs().size(); ++i)
            QTest::newRow(tinyConfigs()[i].first.c_str()) << static_cast<int>(i);
    }
};

namespace {

std::shared_ptr<const Model> modelNamed(const std::string &name)
{
    for (const NamedConfig &entry : tinyConfigs()) {
        if (entry.first == name)
            return randomModel(entry.second);
    }
    qFatal("no tiny model is called %s", name.c_str());
}

std::vector<int32_t> someIds(int count)
{
    std::vector<int32_t> ids;
    for (int i = 0; i < count; ++i)
        ids.push_back((i * 37 + 11) % 64);
    return ids;
}

at::Tensor logitsOf(const Model &model, const std::vector<int32_t> &ids, const Hooks *hooks = nullptr)
{
    KvCache cache(model.config());
    const auto result = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All, .hooks = hooks}, RunContext{});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return result->logits;
}

/// Attention map of one layer [H, T, T].
at::Tensor mapOf(const Model &model, const std::vector<int32_t> &ids, int64_t layer)
{
    const auto tokens = static_cast<int64_t>(ids.size());
    at::Tensor map = at::zeros({model.config().heads, tokens, tokens});
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::Probabilities, layer, [&](const at::Tensor &p, const HookSite &site) {
        map.narrow(0, site.firstHead, p.size(0)).narrow(1, site.firstRow, p.size(1)).narrow(2, 0, p.size(2)).copy_(p);
        return std::optional<at::Tensor>();
    });
    logitsOf(model, ids, &hooks);
    return map;
}

} // namespace

void SwitchesTest::prefillEqualsStepByStepDecoding()
{
    QFETCH(int, index);
    const c10::InferenceMode inference;
    const auto model = randomModel(tinyConfigs()[static_cast<size_t>(index)].second);
    const std::vector<int32_t> ids = someIds(90); // more than a block of attention rows
    const at::Tensor expected = logitsOf(*model, ids);
    QVERIFY(expected.isfinite().all().item<bool>());
    KvCache cache(model->config());
    double worst = 0;
    for (size_t t = 0; t < ids.size(); ++t) {
        const auto step = forward(*model, std::span(&ids[t], 1), cache, ForwardOptions{}, RunContext{});
        QVERIFY2(step.has_value(), step ? "" : step.error().message.c_str());
        // With LongRope each length has its own pass.
        const at::Tensor row = model->rope().switchLength() < 90
            ? logitsOf(*model, std::vector<int32_t>(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(t) + 1))[static_cast<int64_t>(t)]
            : expected[static_cast<int64_t>(t)];
        worst = std::max(worst, maxDifference(step->logits[0], row));
    }
    QVERIFY2(worst < 1e-4, qPrintable(QString::number(worst)));
}

void SwitchesTest::hooksDoNotChangeThePass()
{
    QFETCH(int, index);
    const c10::InferenceMode inference;
    const auto model = randomModel(tinyConfigs()[static_cast<size_t>(index)].second);
    const std::vector<int32_t> ids = someIds(70);
    Hooks hooks;
    std::vector<HookScope> scopes;
    int seen = 0;
    for (const HookPointInfo &info : hookPoints())
        scopes.push_back(hooks.add(info.point, kEveryLayer, [&](const at::Tensor &, const HookSite &) {
            ++seen;
            return std::nullopt;
        }));
    QVERIFY(maxDifference(logitsOf(*model, ids, &hooks), logitsOf(*model, ids)) < 1e-5);
    QVERIFY(seen > 0);
}

void SwitchesTest::windowSeesItsLastKeys()
{
    // G9: a window of 3 over 6 tokens; row 5 sees 3, 4, 5.
    const c10::InferenceMode inference;
    ModelConfig config = tinyConfig();
    config.layerConfigs[1].window = 3;
    const auto model = randomModel(config);
    const at::Tensor map = mapOf(*model, someIds(6), 1);
    for (int64_t t = 0; t < 6; ++t) {
        for (int64_t s = 0; s < 6; ++s)
            QCOMPARE(map[0][t][s].item<float>() > 0, s <= t && t - s < 3);
        QVERIFY(std::abs(map[0][t].sum().item<float>() - 1) < 1e-6F);
    }
    // W = 512, T = 2048: 917,760 visible pairs of 2,098,176.
    const ScoreRule rule{1, 0, 512};
    int64_t pairs = 0;
    for (int64_t t = 0; t < 2048; ++t)
        pairs += t + 1 - rule.firstSeen(t);
    QCOMPARE(pairs, int64_t(917760));
    // A window of the whole input is none.
    config.layerConfigs[1].window = 6;
    const auto wide = randomModel(config);
    QCOMPARE(maxDifference(logitsOf(*wide, someIds(6)), logitsOf(*randomModel(tinyConfig()), someIds(6))), 0.0);
}

void SwitchesTest::windowLayersLetSlotsGo()
{
    const c10::InferenceMode inference;
    const auto model = modelNamed("windows"); // 7 in layers 0 and 2
    KvCache cache(model->config());
    cache.reserve(120);
    const std::vector<int32_t> ids = someIds(120);
    QVERIFY(forward(*model, std::span(ids).first(60), cache, ForwardOptions{}, RunContext{}).has_value());
    QCOMPARE(cache.layer(0).head(0).count(), int64_t(6)); // the next row brings the seventh
    QCOMPARE(cache.layer(0).head(0).positions.front(), 54);
    QCOMPARE(cache.layer(1).head(0).count(), int64_t(60));
    for (size_t t = 60; t < 120; ++t)
        QVERIFY(forward(*model, std::span(&ids[t], 1), cache, ForwardOptions{}, RunContext{}).has_value());
    QVERIFY(cache.layer(0).allocatedBytes() <= (7 + 16 + 1) * model->config().kvHeads * model->config().slotBytes(4));
    QCOMPARE(cache.layer(1).head(0).count(), int64_t(120));
}

void SwitchesTest::windowsCountOriginalPositions()
{
    // Without slots 2..4 a window of 3 still ends at the same position: row 6 sees 5 and 6, not what came before the gap.
    const c10::InferenceMode inference;
    ModelConfig config = tinyConfig();
    LayerCache cache(config, at::kCPU);
    const std::vector<int32_t> positions{0, 1, 5, 6};
    const at::Tensor k = at::randn({4, 2, 8});
    cache.append(k, at::ones({4, 2, 8}), positions);
    at::Tensor weights;
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::Probabilities, 0, [&](const at::Tensor &p, const HookSite &site) {
        if (site.firstHead == 0)
            weights = p.clone();
        return std::optional<at::Tensor>();
    });
    QVERIFY(attend(at::randn({1, 4, 8}), cache, ScoreRule{0.3, 0, 3}, AttentionProbe{nullptr, &hooks, 0}, RunContext{}).has_value());
    QCOMPARE(weights.size(2), int64_t(4));
    QCOMPARE(weights.narrow(2, 0, 2).abs().sum().item<float>(), 0.0F);
    QVERIFY(weights.narrow(2, 2, 2).gt(0).all().item<bool>());
}

void SwitchesTest::statisticsOfWindowsEqualTheMap()
{
    const c10::InferenceMode inference;
    const auto model = modelNamed("caps and windows");
    const std::vector<int32_t> ids = someIds(100);
    const at::Tensor map = mapOf(*model, ids, 1);
    const std::vector<int32_t> positions = positionsFrom(0, 100);
    const RunContext context;
    LayerPass pass{*model, model->rope().rows(positions, at::kCPU), positions, context};
    at::Tensor x = embedRows(*model, ids, positions);
    for (int64_t l = 0; l < 2; ++l) {
        AttentionStatistics statistics{at::zeros({4, 100}), at::zeros({4, 100}), at::zeros({4, 20, 100})};
        pass.statistics = &statistics;
        LayerCache cache(model->config(), at::kCPU);
        QVERIFY(runLayer(pass, l, cache, x).has_value());
        if (l == 0)
            continue;
        QVERIFY(maxDifference(statistics.colSum, map.sum(1)) < 1e-5);
        QVERIFY(maxDifference(statistics.rowEntropy, -at::xlogy(map, map).sum(2)) < 1e-5);
        QVERIFY(maxDifference(statistics.winRows, map.narrow(1, 80, 20)) < 1e-6);
        QVERIFY(statistics.maxRowSumError < 1e-5);
    }
}

void SwitchesTest::capsBoundScoresAndLogits()
{
    const c10::InferenceMode inference;
    const auto model = modelNamed("caps");
    QVERIFY(logitsOf(*model, someIds(20)).abs().max().item<float>() < 3.0F);
    // Scores within +-1.5: no weight is more than e^3 times another.
    const at::Tensor row = mapOf(*model, someIds(20), 0)[2][19];
    QVERIFY(row.max().item<float>() / row.min().item<float>() < std::exp(3.0F));
    QCOMPARE(ScoreRule({1, 30, 0}).capped(10), static_cast<float>(9.645382)); // G7
}

void SwitchesTest::crossingTheLimitOfLongRopeEqualsOnePass()
{
    const c10::InferenceMode inference;
    const auto model = modelNamed("long rope"); // 16 positions
    const std::vector<int32_t> ids = someIds(30);
    KvCache cache(model->config());
    QVERIFY(forward(*model, std::span(ids).first(10), cache, ForwardOptions{}, RunContext{}).has_value());
    const auto crossed = forward(*model, std::span(ids).subspan(10), cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{});
    QVERIFY(crossed.has_value());
    QVERIFY(maxDifference(crossed->logits, logitsOf(*model, ids).narrow(0, 10, 20)) < 1e-5);
    QCOMPARE(cache.nextPosition(), int64_t(30));
    QCOMPARE(cache.layer(0).head(0).count(), int64_t(30));
    // Greedy tokens are those of a pass over the whole text at every step.
    std::vector<int32_t> text(ids.begin(), ids.begin() + 12);
    const auto generated = generate(*model, text, GenerateOptions{.maxNew = 10, .endTokens = EndTokens::Ignore}, nullptr, RunContext{});
    QVERIFY(generated.has_value());
    for (const int32_t id : generated->ids) {
        QCOMPARE(id, static_cast<int32_t>(logitsOf(*model, text)[static_cast<int64_t>(text.size()) - 1].argmax().item<int64_t>()));
        text.push_back(id);
    }
}

void SwitchesTest::crossingIsRefusedWhenSlotsAreGone()
{
    const c10::InferenceMode inference;
    const auto model = modelNamed("long rope");
    const std::vector<int32_t> ids = someIds(30), gone{3};
    KvCache cache(model->config());
    QVERIFY(forward(*model, std::span(ids).first(10), cache, ForwardOptions{}, RunContext{}).has_value());
    cache.layer(1).drop(0, gone);
    const auto crossed = forward(*model, std::span(ids).subspan(10), cache, ForwardOptions{}, RunContext{});
    QVERIFY(!crossed);
    QCOMPARE(crossed.error().code, ErrorCode::Unsupported);
    QVERIFY(crossed.error().message.find("16") != std::string::npos);
}

void SwitchesTest::cancelledCrossingLeavesTheCacheAsItWas()
{
    const c10::InferenceMode inference;
    const auto model = modelNamed("long rope");
    const std::vector<int32_t> ids = someIds(30);
    KvCache cache(model->config());
    QVERIFY(forward(*model, std::span(ids).first(10), cache, ForwardOptions{}, RunContext{}).has_value());
    const at::Tensor before = cache.layer(2).keys().clone();
    std::stop_source source;
    source.request_stop();
    const auto stopped = forward(*model, std::span(ids).subspan(10), cache, ForwardOptions{}, RunContext{source.get_token(), nullptr});
    QVERIFY(!stopped);
    QCOMPARE(cache.nextPosition(), int64_t(10));
    QVERIFY(cache.layer(2).keys().equal(before));
}

void SwitchesTest::learnedPositionsEndTheContext()
{
    const c10::InferenceMode inference;
    ModelConfig config;
    for (const NamedConfig &entry : tinyConfigs()) {
        if (entry.first == "learned positions")
            config = entry.second;
    }
    Weights weights = RandomWeights(config, 3).make();
    weights.positions = weights.positions.narrow(0, 0, 20).clone(); // offset 2: positions 0 to 17
    const auto model = Model::fromParts(config, std::move(weights), nullptr);
    QCOMPARE(model->config().contextLength, int64_t(18));
    KvCache cache(model->config());
    QVERIFY(forward(*model, someIds(18), cache, ForwardOptions{}, RunContext{}).has_value());
    const int32_t next = 1;
    const auto beyond = forward(*model, std::span(&next, 1), cache, ForwardOptions{}, RunContext{});
    QVERIFY(!beyond);
    QVERIFY(beyond.error().message.find("19") != std::string::npos);
    // Row 2 of the table stands for position 0.
    const at::Tensor x = embedRows(*model, std::span(&next, 1), positionsFrom(0, 1));
    QVERIFY(maxDifference(x[0], model->weights().embedding.dense()[1] + model->weights().positions[2]) == 0.0);
}

void SwitchesTest::parallelBranchesReadTheSameInput()
{
    const c10::InferenceMode inference;
    const auto model = modelNamed("parallel residual");
    Hooks hooks;
    at::Tensor entering, attention, mlp, leaving;
    const auto keep = [](at::Tensor &to) {
        return [&to](const at::Tensor &value, const HookSite &) {
            to = value.clone();
            return std::nullopt;
        };
    };
    const HookScope a = hooks.add(HookPoint::Hidden, 1, keep(entering)), b = hooks.add(HookPoint::AttentionOutput, 1, keep(attention));
    const HookScope c = hooks.add(HookPoint::MlpOutput, 1, keep(mlp)), d = hooks.add(HookPoint::Hidden, 2, keep(leaving));
    logitsOf(*model, someIds(9), &hooks);
    QVERIFY(maxDifference(entering + attention + mlp, leaving) < 1e-5);
    const LayerWeights &layer = model->layer(1);
    const at::Tensor normed = at::layer_norm(entering, {32}, layer.ffnNorm.weight, layer.ffnNorm.bias, 1e-5);
    const at::Tensor inner = at::gelu(at::linear(normed, layer.ffn.gateUp.dense(), layer.ffn.gateUpBias));
    QVERIFY(maxDifference(mlp, at::linear(inner, layer.ffn.down.dense(), layer.ffn.downBias)) < 1e-5);
}

void SwitchesTest::queryKeyNormsActBeforeRotation()
{
    const c10::InferenceMode inference;
    for (const char *name : {"post norms", "full width norm"}) {
        const auto model = modelNamed(name);
        const ModelConfig &config = model->config();
        const at::Tensor x = at::randn({5, 32});
        const at::Tensor plain = at::mm(x, model->layer(0).qkv.dense().t());
        const Projections parts = projectQkv(*model, 0, x);
        const auto normed = [&](const at::Tensor &heads, const at::Tensor &weight) {
            const bool full = config.queryKeyNorm == QueryKeyNorm::FullWidth;
            const at::Tensor rows = full ? heads.reshape({5, 1, -1}) : heads;
            at::Tensor out = rows * at::rsqrt(rows.square().mean(-1, true) + config.normEps) * weight;
            if (config.clipQkv > 0)
                out = out.clamp(-config.clipQkv, config.clipQkv);
            return out.reshape(heads.sizes());
        };
        QVERIFY(maxDifference(parts.q, normed(plain.narrow(1, 0, 32).reshape({5, 4, 8}), model->layer(0).queryNorm)) < 1e-5);
        QVERIFY(maxDifference(parts.k, normed(plain.narrow(1, 32, 16).reshape({5, 2, 8}), model->layer(0).keyNorm)) < 1e-5);
    }
}

QTEST_GUILESS_MAIN(SwitchesTest)
#include "switches_test.moc"
