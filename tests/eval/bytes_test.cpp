#include "core/eval/bytes.h"

#include <QTest>

using namespace winnow;

namespace {

/// SmolLM2-135M in fp16.
const CacheShape kSmol{30, 9, 3, 64, 2};

KvPlan uniformPlan(int64_t heads, int64_t tokens, int64_t count, const CacheShape &shape)
{
    KvPlan plan;
    plan.kept = KeptTokens::sized(shape.layers, heads, tokens);
    for (int64_t l = 0; l < shape.layers; ++l)
        for (int64_t h = 0; h < heads; ++h)
            for (int64_t t = 0; t < count; ++t)
                plan.kept.setKept(l, h, t);
    plan.budget = count;
    plan.inactive = count == tokens;
    return plan;
}

} // namespace

class BytesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void countsTheKindsOfTheReferenceModel()
    {
        // kv-evaluation.md 8: N = 1000, 200 slots.
        const CacheBytes bytes = planBytes(uniformPlan(3, 1000, 200, kSmol), kSmol);
        QCOMPARE(bytes.full, 23040000.0);
        QCOMPARE(bytes.nominal, 4608000.0);
        QCOMPARE(bytes.stored, 4608000.0);
        QCOMPARE(bytes.unfolded, 13824000.0);
        QCOMPARE(bytes.metadata, 4.0 * 200 * 3 * 30);
    }

    void queryHeadSetsAreStoredAsUnionsWithMasks()
    {
        // kv-evaluation.md 8: 200 slots per query head whose unions hold 460 per kv head.
        KvPlan plan;
        plan.kept = KeptTokens::sized(30, 9, 1000);
        for (int64_t l = 0; l < 30; ++l)
            for (int64_t h = 0; h < 9; ++h)
                for (int64_t t = 0; t < 200; ++t)
                    plan.kept.setKept(l, h, 130 * (h % 3) + t); // 0..199, 130..329, 260..459
        const CacheBytes bytes = planBytes(plan, kSmol);
        QCOMPARE(bytes.nominal, 4608000.0);
        QCOMPARE(bytes.unfolded, 13824000.0);
        QCOMPARE(bytes.stored, 10598400.0);
        QCOMPARE(bytes.metadata, 165600.0 + 41400.0);
        QCOMPARE(bytes.native, 10805400.0);
    }

    void latentsAreOneRowOfAllHeads()
    {
        // DeepSeek-V2-Lite in bf16, model-families.md 5: 31,104 bytes a token, 276,480 with plain heads.
        const CacheShape lite{27, 16, 16, 192, 2, 128, 576};
        const CacheBytes layer = planBytes(uniformPlan(1, 1000, 200, lite), lite);
        QCOMPARE(layer.full, 31104.0 * 1000);
        QCOMPARE(layer.nominal, 31104.0 * 200);
        QCOMPARE(layer.stored, 31104.0 * 200);
        QCOMPARE(layer.keys, 31104.0 * 200);
        QCOMPARE(layer.unfolded, 276480.0 * 200);
        QCOMPARE(layer.metadata, 4.0 * 200 * 27);
        KvPlan heads; // 200 slots a head, all sixteen together 950: a latent is there as long as any head sees it
        heads.kept = KeptTokens::sized(27, 16, 1000);
        for (int64_t l = 0; l < 27; ++l)
            for (int64_t h = 0; h < 16; ++h)
                for (int64_t t = 0; t < 200; ++t)
                    heads.kept.setKept(l, h, 50 * h + t);
        const CacheBytes bytes = planBytes(heads, lite);
        QCOMPARE(bytes.nominal, 31104.0 * 200);
        QCOMPARE(bytes.stored, 31104.0 * 950);
        QCOMPARE(bytes.unfolded, 276480.0 * 200);
        QCOMPARE(bytes.metadata, (4.0 + 2.0) * 950 * 27); // a position and 16 bits
        QCOMPARE(planBytesAfter(heads, lite, 64).stored, 31104.0 * 1014);
        QCOMPARE(planBytesAfter(heads, lite, 64).unfolded, 276480.0 * 264);
        const CacheBytes whole = planBytes(uniformPlan(16, 1000, 1000, lite), lite);
        QCOMPARE(whole.native, whole.full);
        QCOMPARE(forecastPeakBytes(uniformPlan(1, 1000, 200, lite), lite, 0), (26.0 * 200 + 1000 + 200) * 1152);
    }

    void metadataFollowsWhatTheMethodStores()
    {
        KvPlan plan = uniformPlan(3, 1000, 200, kSmol);
        plan.storesScores = true; // h2o
        QCOMPARE(planBytes(plan, kSmol).metadata, 8.0 * 200 * 3 * 30);
        plan.storesScores = plan.storesPositions = false; // streaming_llm
        QCOMPARE(planBytes(plan, kSmol).metadata, 0.0);
        KvPlan layer = uniformPlan(1, 1000, 200, kSmol); // tova: one set per layer
        QCOMPARE(planBytes(layer, kSmol).metadata, 4.0 * 200 * 30);
        QCOMPARE(planBytes(layer, kSmol).stored, 4608000.0);
        KvPlan ragged = uniformPlan(3, 1000, 200, kSmol);
        ragged.kept.setKept(7, 1, 999);
        QCOMPARE(planBytes(ragged, kSmol).metadata, 4.0 * (200 * 3 * 30 + 1) + 4.0 * 4);
    }

    void aFullBudgetIsTheFullCacheWithoutMetadata()
    {
        const CacheBytes bytes = planBytes(uniformPlan(3, 1000, 1000, kSmol), kSmol);
        QCOMPARE(bytes.native, bytes.full);
        QCOMPARE(bytes.metadata, 0.0);
    }

    void growthIsReportedAtTheEnd()
    {
        KvPlan plan = uniformPlan(3, 1000, 200, kSmol);
        QCOMPARE(planBytesAfter(plan, kSmol, 64).stored, 264.0 * 90 * 256);
        plan.decodeRule = DecodeRule::Hold;
        QCOMPARE(planBytesAfter(plan, kSmol, 64).stored, 200.0 * 90 * 256);
        plan.decodeRule = DecodeRule::Interval;
        plan.interval = 48;
        QCOMPARE(planBytesAfter(plan, kSmol, 64).stored, 216.0 * 90 * 256);
    }

    void peakIsTheLastLayerBeforeItIsCutOrTheEndOfDecoding()
    {
        const KvPlan plan = uniformPlan(3, 1000, 200, kSmol);
        QCOMPARE(forecastPeakBytes(plan, kSmol, 0), (29.0 * 200 + 1000 + 200) * 3 * 256);
        QCOMPARE(forecastPeakBytes(plan, kSmol, 64), 30.0 * 264 * 3 * 256);
    }

    void equalBytesFindsTheLargestCountThatFits()
    {
        const auto native = [](int64_t count) -> Result<double> { return 90.0 * 260 * static_cast<double>(count); };
        const auto found = countForBytes(5.0 * 1024 * 1024, 1000, native);
        QVERIFY(found.has_value());
        QCOMPARE(found->count, int64_t(224)); // 224 * 23400 = 5241600 <= 5242880 < 225 * 23400
        QCOMPARE(found->remainder, 1280.0);
        QCOMPARE(countForBytes(1e12, 1000, native)->count, int64_t(1000));
        QCOMPARE(countForBytes(23400, 1000, native)->count, int64_t(1));
        const auto none = countForBytes(23399, 1000, native);
        QVERIFY(!none);
        QVERIFY(none.error().message.find("unreachable") != std::string::npos);
    }

    void theBadgeNeedsFivePercent()
    {
        QVERIFY(!isNominalOnly(105, 100));
        QVERIFY(isNominalOnly(105.1, 100));
    }
};

QTEST_GUILESS_MAIN(BytesTest)
#include "bytes_test.moc"
