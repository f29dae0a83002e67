#include "../support/counting_allocator.h"
#include "../support/random_model.h"
#include "core/eval/capture.h"
#include "core/model/memory_forecast.h"

#include <QTest>
#include <c10/core/InferenceMode.h>
#include <cmath>

using namespace winnow;

class CaptureMemoryTest : public QObject {
    Q_OBJECT

    static ModelConfig config(int64_t heads, int64_t kvHeads, bool latent)
    {
        ModelConfig config = test::tinyConfig();
        config.layers = 4;
        config.heads = heads;
        config.kvHeads = kvHeads;
        config.headDim = 32;
        config.hidden = 192;
        config.contextLength = 2048;
        config.ropes[0].dim = 32;
        config.layerConfigs.assign(4, config.layerConfigs[0]);
        if (latent) {
            config.mla.latent = 64, config.mla.nope = 32, config.mla.rope = 16, config.mla.value = 24;
            config.kvHeads = heads, config.headDim = 48, config.valueDim = 24, config.ropes[0].dim = 16;
            config.ropePairing = RopePairing::Adjacent;
        }
        return config;
    }

private Q_SLOTS:
    void aCaptureHoldsWhatIsForecast_data()
    {
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("kvHeads");
        QTest::addColumn<bool>("latent");
        QTest::addColumn<int>("tokens");
        QTest::addColumn<bool>("everything");
        QTest::newRow("cache alone") << 6 << 2 << false << 700 << false;
        QTest::newRow("grouped queries") << 6 << 2 << false << 700 << true;
        QTest::newRow("multi-head, short") << 6 << 6 << false << 90 << true;
        QTest::newRow("latent attention") << 4 << 4 << true << 600 << true;
    }

    /// The capture exactly, its making within a tenth of what tensors then hold at most.
    void aCaptureHoldsWhatIsForecast()
    {
        QFETCH(int, heads);
        QFETCH(int, kvHeads);
        QFETCH(bool, latent);
        QFETCH(int, tokens);
        QFETCH(bool, everything);
        const auto model = test::randomModel(config(heads, kvHeads, latent));
        const CaptureNeeds needs = everything ? CaptureNeeds{true, true, 64} : CaptureNeeds{};
        std::vector<int32_t> ids;
        for (int i = 0; i < tokens; ++i)
            ids.push_back((i * 37 + 11) % 64);
        test::CountingAllocator counted;
        counted.restart();
        const int64_t before = counted.held();
        const auto capture = captureContext(model, ids, needs, RunContext{});
        QVERIFY2(capture, capture ? "" : capture.error().message.c_str());
        const int64_t forecast = forecastCaptureBytes(model->config(), tokens, needs);
        QCOMPARE((*capture)->bytes, forecast);
        const auto making = static_cast<double>(forecast + forecastPassBytes(model->config(), tokens));
        const auto measured = static_cast<double>(counted.most() - before);
        qInfo("forecast %.3f MB, measured %.3f MB, %+.1f %%", making / 1e6, measured / 1e6, 100 * (making / measured - 1));
        QVERIFY(std::abs(making / measured - 1) < 0.1);
    }
};

QTEST_GUILESS_MAIN(CaptureMemoryTest)
#include "capture_memory_test.moc"
