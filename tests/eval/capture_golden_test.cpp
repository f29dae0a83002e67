#include "core/eval/capture.h"
#include "core/model/forward.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <ATen/TensorOperators.h>

using namespace winnow;
using namespace winnow::test;

/// Streamed statistics against the full maps of golden/attention_smollm2-135m.safetensors (eager attention, T = 512).
class CaptureGoldenTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void columnSumsEntropiesAndLastRowsEqualTheFullMaps();
    void tileEqualsTheLastRow();
    void rowSumsAreOne() { QVERIFY2(m_capture->maxRowSumError < 1e-5, qPrintable(QString::number(m_capture->maxRowSumError))); }

private:
    SafetensorsFile m_golden;
    CapturePtr m_capture;
};

void CaptureGoldenTest::initTestCase()
{
    if (smolPath().empty())
        QSKIP("the default model is not in the model folder (winnow-cli models get smollm2-135m)");
    auto file = SafetensorsFile::open(dataPath("golden/attention_smollm2-135m.safetensors"));
    QVERIFY2(file.has_value(), file ? "" : file.error().message.c_str());
    m_golden = *file;
    auto capture = captureContext(openModel(smolPath()), m_golden.ints("ids"),
        CaptureNeeds{.colSum = true, .queryMoments = true, .window = 64}, RunContext{});
    QVERIFY2(capture.has_value(), capture ? "" : capture.error().message.c_str());
    m_capture = *capture;
    QCOMPARE(m_capture->tokens(), int64_t(512));
}

void CaptureGoldenTest::columnSumsEntropiesAndLastRowsEqualTheFullMaps()
{
    double worstSum = 0, worst = 0;
    for (const int32_t index : m_golden.ints("layers")) {
        const LayerCapture &layer = m_capture->layers[static_cast<size_t>(index)];
        const std::string prefix = std::string("l").append(std::to_string(index)) + ".";
        worstSum = std::max(worstSum, maxDifference(layer.colSum, golden(m_golden, prefix + "colsum")));
        worst = std::max(worst, maxDifference(layer.rowEntropy, golden(m_golden, prefix + "row_entropy")));
        worst = std::max(worst, maxDifference(layer.winRows.select(1, 63), golden(m_golden, prefix + "last_row")));
        worst = std::max(worst, maxDifference(layer.winRows.narrow(1, 32, 32).mean(1), golden(m_golden, prefix + "win_mean")));
    }
    qInfo("column sums %.2g, others %.2g", worstSum, worst);
    QVERIFY2(worstSum < 1e-3, qPrintable(QString::number(worstSum)));
    QVERIFY2(worst < 1e-4, qPrintable(QString::number(worst)));
    double worstMean = 0;
    const at::Tensor entropy = golden(m_golden, "entropy_mean"), sink = golden(m_golden, "sink_mean");
    for (int64_t l = 0; l < m_capture->config.layers; ++l) {
        const LayerCapture &layer = m_capture->layers[static_cast<size_t>(l)];
        worstMean = std::max(worstMean, maxDifference(layer.rowEntropy.mean(1), entropy[l]));
        worstMean = std::max(worstMean, maxDifference(layer.colSum.select(1, 0) / 512, sink[l]));
    }
    QVERIFY2(worstMean < 1e-4, qPrintable(QString::number(worstMean)));
}

void CaptureGoldenTest::tileEqualsTheLastRow()
{
    for (const int64_t l : {0, 14, 29}) {
        const auto tile = attentionTile(*m_capture, l, 4, 500, 512, RunContext{});
        QVERIFY2(tile.has_value(), tile ? "" : tile.error().message.c_str());
        const LayerCapture &layer = m_capture->layers[static_cast<size_t>(l)];
        QVERIFY(maxDifference(*tile, layer.winRows[4].narrow(0, 52, 12)) < 1e-5);
    }
    QVERIFY(!attentionTile(*m_capture, 30, 0, 0, 1, RunContext{}));
    QVERIFY(!attentionTile(*m_capture, 0, 0, 5, 5, RunContext{}));
}

QTEST_GUILESS_MAIN(CaptureGoldenTest)
#include "capture_golden_test.moc"
