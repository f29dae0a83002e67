#include "core/model/attention.h"

#include <QtTest>

#include "tests/support/parity_device.h"
#include "tests/support/random_model.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <numeric>

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr int64_t kHeads = 6, kKvHeads = 2, kWidth = 8;

/// What a cache holds before the rows of the test come.
enum class Past { None, Whole, Ragged, SameCounts };

LayerCache cacheOf(Past past)
{
    ModelConfig config = tinyConfig();
    config.heads = kHeads;
    config.kvHeads = kKvHeads;
    config.headDim = kWidth;
    LayerCache cache(config, at::kCPU);
    if (past == Past::None)
        return cache;
    std::vector<int32_t> positions(40);
    std::iota(positions.begin(), positions.end(), 0);
    cache.append(at::randn({40, kKvHeads, kWidth}), at::randn({40, kKvHeads, kWidth}), positions);
    const std::vector<int32_t> some{0, 1, 7, 20, 33, 39}, others{2, 3, 30, 31, 32, 39}, fewer{5, 39};
    if (past == Past::Ragged)
        cache.keepEach({some, fewer});
    if (past == Past::SameCounts)
        cache.keepEach({some, others});
    return cache;
}

/// One pass with its statistics (without a past) and what a hook saw of the weights.
struct Seen {
    at::Tensor out, weights;
    AttentionStatistics statistics;
};

using Attend = Result<at::Tensor> (*)(const at::Tensor &, const LayerCache &, const ScoreRule &, const AttentionProbe &, const RunContext &);

Seen runWith(Attend attend, const at::Tensor &queries, const LayerCache &cache, const ScoreRule &rule, Past past)
{
    const int64_t rows = queries.size(0), slots = cache.maxCount();
    Seen seen;
    seen.weights = at::zeros({kHeads, rows, slots});
    seen.statistics.colSum = at::zeros({kHeads, rows});
    seen.statistics.rowEntropy = at::zeros({kHeads, rows});
    seen.statistics.winRows = at::zeros({kHeads, 5, rows});
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::Probabilities, kEveryLayer, [&](const at::Tensor &value, const HookSite &site) {
        seen.weights.narrow(0, site.firstHead, value.size(0)).narrow(1, site.firstRow, value.size(1)).narrow(2, 0, value.size(2)).copy_(value);
        return std::optional<at::Tensor>();
    });
    auto out = attend(queries, cache, rule, AttentionProbe{past == Past::None ? &seen.statistics : nullptr, &hooks, 0}, RunContext{});
    if (!out)
        qFatal("%s", out.error().message.c_str());
    seen.out = *out;
    return seen;
}

} // namespace

/// Attention of operators, which other devices run, against the kernels of the CPU, both on the CPU.
class AttentionOperatorsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void operatorsEqualTheKernels_data();
    void operatorsEqualTheKernels();
    void aHookReplacesWeightsOfOneKvHeadAtATime();
};

void AttentionOperatorsTest::operatorsEqualTheKernels_data()
{
    QTest::addColumn<int>("past");
    QTest::addColumn<int>("rows");
    QTest::addColumn<double>("cap");
    QTest::addColumn<int>("window");
    for (const auto &[name, past] : {std::pair{"prefill", Past::None}, {"more rows", Past::Whole}, {"ragged", Past::Ragged}, {"equal counts", Past::SameCounts}}) {
        for (const int rows : {1, 5, 150}) {
            for (const int window : {0, 4, 70, 1000})
                QTest::addRow("%s, %d rows, window %d", name, rows, window) << int(past) << rows << (window == 4 ? 1.5 : 0.0) << window;
        }
    }
}

void AttentionOperatorsTest::operatorsEqualTheKernels()
{
    QFETCH(int, past);
    QFETCH(int, rows);
    QFETCH(double, cap);
    QFETCH(int, window);
    LayerCache cache = cacheOf(Past(past));
    std::vector<int32_t> positions(static_cast<size_t>(rows));
    std::iota(positions.begin(), positions.end(), Past(past) == Past::None ? 0 : 40);
    cache.append(at::randn({rows, kKvHeads, kWidth}), at::randn({rows, kKvHeads, kWidth}), positions);
    const at::Tensor queries = at::randn({rows, kHeads, kWidth});
    const ScoreRule rule{0.4, cap, window};
    const Seen expected = runWith(attend, queries, cache, rule, Past(past)), found = runWith(attendOperators, queries, cache, rule, Past(past));
    QVERIFY(parityError(found.out, expected.out) < 2e-6);
    QVERIFY(parityError(found.weights, expected.weights) < 2e-6);
    QVERIFY(parityError(found.statistics.colSum, expected.statistics.colSum) < 2e-6);
    QVERIFY(parityError(found.statistics.rowEntropy, expected.statistics.rowEntropy) < 2e-6);
    if (rows >= 5)
        QVERIFY(parityError(found.statistics.winRows, expected.statistics.winRows) < 2e-6);
    QVERIFY(found.statistics.maxRowSumError < 1e-5);
}

void AttentionOperatorsTest::aHookReplacesWeightsOfOneKvHeadAtATime()
{
    LayerCache cache = cacheOf(Past::None);
    std::vector<int32_t> positions(20);
    std::iota(positions.begin(), positions.end(), 0);
    cache.append(at::randn({20, kKvHeads, kWidth}), at::randn({20, kKvHeads, kWidth}), positions);
    const at::Tensor queries = at::randn({20, kHeads, kWidth});
    Hooks hooks;
    std::vector<int64_t> heads;
    const HookScope scope = hooks.add(HookPoint::Probabilities, kEveryLayer, [&](const at::Tensor &value, const HookSite &site) {
        heads.push_back(site.firstHead);
        return std::optional<at::Tensor>(site.firstHead == 0 ? value : at::zeros(value.sizes()));
    });
    const AttentionProbe probe{nullptr, &hooks, 0};
    const auto out = attendOperators(queries, cache, ScoreRule{0.4, 0, 0}, probe, RunContext{});
    const auto plain = attend(queries, cache, ScoreRule{0.4, 0, 0}, AttentionProbe{}, RunContext{});
    QCOMPARE(heads, (std::vector<int64_t>{0, kHeads / kKvHeads}));
    const int64_t half = kHeads / 2 * kWidth;
    QVERIFY(parityError(out->narrow(1, 0, half), plain->narrow(1, 0, half)) < 2e-6);
    QCOMPARE(out->narrow(1, half, half).abs().max().item<double>(), 0.0);
}

QTEST_GUILESS_MAIN(AttentionOperatorsTest)
#include "attention_operators_test.moc"
