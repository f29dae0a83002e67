#include "core/model/forward.h"
#include "core/model/generate.h"
#include "core/model/load_weights.h"
#include "core/model/memory_forecast.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/random_model.h"

#include <c10/core/InferenceMode.h>

using namespace winnow;
using namespace winnow::test;

namespace {

ModelConfig latentConfig()
{
    for (const auto &[name, config] : tinyConfigs()) {
        if (name == "latent attention")
            return config;
    }
    qFatal("no configuration with latent attention");
}

std::vector<int32_t> someIds(int64_t count, int64_t vocab)
{
    std::vector<int32_t> ids;
    for (int64_t i = 0; i < count; ++i)
        ids.push_back(static_cast<int32_t>((i * 7919 + 13) % vocab));
    return ids;
}

at::Tensor pass(const Model &model, std::span<const int32_t> ids, KvCache &cache, const Hooks *hooks = nullptr)
{
    auto result = forward(model, ids, cache, ForwardOptions{.logits = LogitsRows::All, .hooks = hooks}, RunContext{});
    if (!result)
        qFatal("%s", result.error().message.c_str());
    return result->logits;
}

} // namespace

/// The model's own cache of latent attention: latents and shared key parts, keys and values of heads made where they are used.
class LatentCacheTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void models_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("random") << QString();
        QTest::newRow("deepseek-v2") << "zoo/deepseek-v2";
        QTest::newRow("deepseek-v3") << "zoo/deepseek-v3";
    }
    std::shared_ptr<const Model> model(const QString &folder)
    {
        return folder.isEmpty() ? randomModel(latentConfig(), 5) : openModel(dataPath(folder.toStdString()));
    }

    void holdsLatentsAndCountsTheirBytes_data() { models_data(); }
    void holdsLatentsAndCountsTheirBytes()
    {
        QFETCH(QString, folder);
        const auto latent = model(folder);
        const ModelConfig &config = latent->config();
        const auto ids = someIds(30, config.vocab);
        KvCache cache(config);
        cache.reserve(30);
        pass(*latent, ids, cache);
        QVERIFY(cache.layer(0).isLatent());
        QCOMPARE(cache.layer(0).heads(), int64_t{1});
        QCOMPARE(cache.layer(0).keys().size(2), config.mla.latent + config.mla.rope);
        QCOMPARE(cache.allocatedBytes(), 30 * config.layers * (config.mla.latent + config.mla.rope) * 4);
        QCOMPARE(cache.allocatedBytes(), config.ownCacheBytes(30));
        QCOMPARE(forecastCacheBytes(config, 30), config.ownCacheBytes(30));
        QVERIFY(config.ownCacheBytes(30) < config.fullCacheBytes(30));
    }

    /// Prefill makes heads of the latents, single tokens bring their queries to them.
    void decodeEqualsPrefill_data() { models_data(); }
    void decodeEqualsPrefill()
    {
        QFETCH(QString, folder);
        const auto latent = model(folder);
        const auto ids = someIds(40, latent->config().vocab);
        KvCache whole(latent->config()), pieces(latent->config());
        const at::Tensor expected = pass(*latent, ids, whole);
        for (size_t first = 0; first < ids.size();) {
            const size_t count = first == 0 ? 17 : first % 3 == 0 ? 5 : 1;
            const auto piece = std::span(ids).subspan(first, std::min(count, ids.size() - first));
            const at::Tensor logits = pass(*latent, piece, pieces);
            const at::Tensor rows = expected.narrow(0, static_cast<int64_t>(first), static_cast<int64_t>(piece.size()));
            QVERIFY2(maxDifference(logits, rows) < 5e-5, qPrintable(QStringLiteral("%1: %2").arg(first).arg(maxDifference(logits, rows))));
            first += piece.size();
        }
    }

    /// Keys of heads are no latents: a pass whose hooks may replace them leaves a cache of heads, and the same numbers.
    void hooksOnHeadsMakeACacheOfHeads_data() { models_data(); }
    void hooksOnHeadsMakeACacheOfHeads()
    {
        QFETCH(QString, folder);
        const auto latent = model(folder);
        const ModelConfig &config = latent->config();
        const auto ids = someIds(24, config.vocab);
        Hooks hooks;
        int seen = 0;
        const HookScope scope = hooks.add(HookPoint::KeyRope, 1, [&](const at::Tensor &keys, const HookSite &) -> std::optional<at::Tensor> {
            seen += keys.size(0) == config.heads;
            return {};
        });
        KvCache plain(config), watched(config);
        const auto first = std::span(ids).first(20), rest = std::span(ids).subspan(20);
        QVERIFY(maxDifference(pass(*latent, first, plain), pass(*latent, first, watched)) < 5e-5);
        QVERIFY(maxDifference(pass(*latent, rest, plain), pass(*latent, rest, watched, &hooks)) < 5e-5);
        QCOMPARE(seen, 1);
        QVERIFY(watched.layer(0).isLatent() && !watched.layer(1).isLatent());
        QCOMPARE(watched.layer(1).keys().size(0), config.heads);
        QCOMPARE(watched.layer(1).keys().size(1), int64_t{24});
    }

    void replacedLatentsAndSharedKeysReachTheCache()
    {
        const auto latent = model({});
        const ModelConfig &config = latent->config();
        for (const HookPoint point : {HookPoint::Latent, HookPoint::LatentKeyRope}) {
            Hooks hooks;
            const HookScope scope = hooks.add(point, 0, [](const at::Tensor &value, const HookSite &) { return std::optional(value * 2); });
            KvCache plain(config), changed(config);
            const auto ids = someIds(12, config.vocab);
            pass(*latent, ids, plain);
            pass(*latent, ids, changed, &hooks);
            const bool shared = point == HookPoint::LatentKeyRope;
            const auto part = [&](const KvCache &cache) {
                return cache.layer(0).keys().narrow(2, shared ? config.mla.latent : 0, shared ? config.mla.rope : config.mla.latent);
            };
            QCOMPARE(maxDifference(part(changed), part(plain) * 2), 0.0);
        }
    }

    /// What a failed pass added is taken back, what a plan keeps stays where it was.
    void rowsLeaveAsFromAnyOtherCache()
    {
        const auto latent = model({});
        const auto ids = someIds(12, latent->config().vocab);
        KvCache cache(latent->config());
        pass(*latent, ids, cache);
        LayerCache &layer = cache.layer(0);
        layer.forgetFrom(10);
        QCOMPARE(layer.maxCount(), int64_t{10});
        const at::Tensor third = layer.keys()[0][3].clone();
        layer.keepEach({{1, 3, 7}});
        QVERIFY(layer.isLatent());
        QCOMPARE(layer.maxCount(), int64_t{3});
        QVERIFY(layer.keys()[0][1].equal(third));
    }

    /// Latents of two bytes, half the bytes, close to f32.
    void typesOfTwoBytesHoldHalf()
    {
        ModelConfig config = latentConfig();
        const auto full = randomModel(config, 5);
        const auto ids = someIds(24, config.vocab);
        KvCache whole(config);
        const at::Tensor expected = pass(*full, ids, whole);
        for (const auto &[type, bound] : {std::pair{ElementType::Bf16, 0.05}, {ElementType::F16, 0.008}}) {
            config.elementType = type;
            const auto half = Model::fromParts(config, *weightsOn(at::kCPU, full->weights(), type), nullptr);
            KvCache cache(config);
            cache.reserve(24);
            pass(*half, std::span(ids).first(23), cache);
            const at::Tensor last = pass(*half, std::span(ids).last(1), cache);
            QCOMPARE(cache.allocatedBytes(), config.ownCacheBytes(24));
            QCOMPARE(2 * cache.allocatedBytes(), full->config().ownCacheBytes(24));
            const double error = (last - expected.narrow(0, 23, 1)).norm().item<double>() / expected.narrow(0, 23, 1).norm().item<double>();
            QVERIFY2(error > 0 && error < bound, qPrintable(QString::number(error)));
        }
    }
};

QTEST_GUILESS_MAIN(LatentCacheTest)
#include "latent_cache_test.moc"
