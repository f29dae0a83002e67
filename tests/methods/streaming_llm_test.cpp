#include "core/model/rope.h"
#include "tests/support/toy_head.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <array>

using namespace winnow;
using namespace winnow::test;

/// Worked values of kv-eviction-baselines.md 8.
class StreamingLlmTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void streamingKeepsSinksAndTheNewest()
    {
        const Capture capture = toyHead();
        QCOMPARE(keptBy("streaming_llm", capture, {{"sinks", 2}}, 4), (Positions{0, 1, 4, 5}));
        QCOMPARE(keptBy("streaming_llm", capture, {{"sinks", 9}}, 4), (Positions{0, 1, 2, 5})); // s = C - 1
        QCOMPARE(keptBy("streaming_llm", capture, {{"sinks", 4}}, 1), (Positions{5}));
    }

    void streamingShiftPacksTheSlots()
    {
        const Capture capture = noiseCapture(1, 1, 1, 4, 10);
        const Ranked ranked = rankMethod("streaming_llm", capture, {{"sinks", 2}});
        const KvPlan plan = ranked.plan(6);
        QCOMPARE(plan.positions, PositionMode::Shift);
        const Positions kept = keptPositions(plan.kept, 0, 0);
        QCOMPARE(kept, (Positions{0, 1, 6, 7, 8, 9}));
        Positions deltas;
        for (size_t j = 0; j < kept.size(); ++j)
            deltas.push_back(int32_t(j) - kept[j]);
        QCOMPARE(deltas, (Positions{0, 0, -4, -4, -4, -4}));
    }

    void aKeyMovedByADeltaTurnsByThatDelta()
    {
        RopeConfig config;
        config.dim = 2; // one pair of frequency 1
        const RopeTable rope(config, RopePairing::Half, 2);
        const at::Tensor key = at::zeros({1, 1, 2});
        key[0][0][0] = 1.0F;
        const std::array<int32_t, 1> delta{-2};
        rope.rotate(key, rope.angles(delta, 1, key.device()));
        QVERIFY(std::abs(key[0][0][0].item<float>() + .416147F) < 1e-6F);
        QVERIFY(std::abs(key[0][0][1].item<float>() + .909297F) < 1e-6F);
    }

    void streamingDropsTheOldestWindowTokenBeforeTheRow()
    {
        const Capture capture = noiseCapture(1, 1, 1, 4, 10);
        const Ranked ranked = rankMethod("streaming_llm", capture, {{"sinks", 2}});
        const KvPlan plan = ranked.plan(6);
        const auto policy = ranked.policy(plan, 0);
        const Positions slots{0, 1, 6, 7, 8, 9, 10};
        const std::vector<float> weights(slots.size(), .1F);
        std::vector<int32_t> drop;
        policy->before(decodeRow(slots, weights), drop);
        QCOMPARE(drop, (Positions{2})); // slot 2 holds position 6
        policy->after(decodeRow(slots, weights), drop);
        QVERIFY(drop.empty());
    }
};

QTEST_GUILESS_MAIN(StreamingLlmTest)
#include "streaming_llm_test.moc"
