#include "core/eval/evaluate.h"
#include "core/model/sha256.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/token_loop.h"

#include <algorithm>
#include <cmath>
#include <random>

using namespace winnow;
using namespace winnow::test;

namespace {

/// Drops the oldest slot after two sinks before the row attends, as a sliding window does.
class OldestPolicy : public DecodePolicy {
public:
    void before(const DecodeRow &row, std::vector<int32_t> &drop) override
    {
        drop.clear();
        if (row.slots > 2)
            drop.push_back(2);
    }
    bool wants(int64_t) const override { return false; }
};

/// Drops the slot with the least attention; every third row it reads keys, values and the last two queries.
class LeastPolicy : public DecodePolicy {
public:
    bool needsRows() const override { return true; }
    int64_t queryRows() const override { return 2; }
    void after(const DecodeRow &row, std::vector<int32_t> &drop) override
    {
        drop.clear();
        std::vector<float> scores(static_cast<size_t>(row.slots));
        for (int64_t i = 0; i < row.slots; ++i) {
            float &score = scores[static_cast<size_t>(i)];
            for (int64_t h = 0; h < row.heads; ++h)
                score += row.weights[h * row.slots + i];
            if (row.row % 3 == 2) {
                for (int64_t d = 0; d < row.headDim; ++d) {
                    for (int64_t g = 0; g < row.kvHeads; ++g)
                        score += 0.01F * row.keys[g * row.kvStride + i * row.headDim + d] * row.values[g * row.kvStride + i * row.headDim + d];
                    for (int64_t r = 0; r < row.queryRows * row.heads; ++r)
                        score += 0.001F * row.queries[r * row.headDim + d] * row.keys[i * row.headDim + d];
                }
            }
        }
        const auto least = std::min_element(scores.begin(), scores.end());
        m_score = *least;
        drop.push_back(static_cast<int32_t>(least - scores.begin()));
    }
    float dropScore(size_t) const override { return m_score; }

private:
    float m_score = 0;
};

template <typename Policy>
class PolicyMethod : public Method {
public:
    CaptureNeeds needs(const Parameters &) const override { return {}; }
    Result<std::unique_ptr<const Ranking>> rank(const Capture &, const Parameters &, const RunContext &) const override
    {
        return std::make_unique<const Ranking>();
    }
    Result<KvPlan> select(const Capture &, const Ranking &, const Parameters &, int64_t) const override { return KvPlan{}; }
    std::unique_ptr<DecodePolicy> decodePolicy(const Capture &, const Ranking &, const KvPlan &, const Parameters &, int64_t) const override
    {
        return std::make_unique<Policy>();
    }
};

const PolicyMethod<OldestPolicy> kOldest;
const PolicyMethod<LeastPolicy> kLeast;

std::vector<int32_t> randomIds(size_t n, unsigned seed, int64_t vocab)
{
    std::mt19937 generator(seed);
    std::vector<int32_t> ids(n);
    for (int32_t &id : ids)
        id = static_cast<int32_t>(generator() % static_cast<unsigned>(vocab));
    return ids;
}

} // namespace

class EvaluateTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void fullCellEqualsThePlainForwardPass();
    void layerMajorEqualsTokenByToken_data();
    void layerMajorEqualsTokenByToken();
    void maskingEqualsDropping();
    void resultsDoNotDependOnBatchOrOrder();
    void twoRunsAreBitEqual();
    void blocksOfRowsEqualOneBlock();
    void fullBudgetIsTheFullCache();
    void lostMassIsTheFullRunsAttentionOnWhatIsMissing();
    void evaluationLeavesTheContextCacheAlone();
    void badRequestsSaySo();
    void cancelStops();

private:
    EvaluationCell cell(int64_t sets, int64_t count, unsigned seed) const;
    std::vector<EvaluationCell> mixedCells() const;
    std::vector<CellResult> run(const std::vector<EvaluationCell> &cells, const EvaluationOptions &options = {}) const;
    std::vector<float> loopNll(const EvaluationCell &cell, TokenLoop &loop) const;

    std::shared_ptr<const Model> m_model;
    CapturePtr m_capture;
    std::vector<int32_t> m_continuation;
};

void EvaluateTest::initTestCase()
{
    m_model = openModel(dataPath("models/llama-f16.gguf"));
    const int64_t vocab = m_model->config().vocab;
    auto capture = captureContext(m_model, randomIds(40, 1, vocab), CaptureNeeds{.colSum = true, .queryMoments = true, .window = 64}, RunContext{});
    QVERIFY2(capture.has_value(), capture ? "" : capture.error().message.c_str());
    m_capture = *capture;
    m_continuation = randomIds(17, 2, vocab); // T = 16
}

/// Random sets of `count` tokens that always hold the first two and the newest.
EvaluationCell EvaluateTest::cell(int64_t sets, int64_t count, unsigned seed) const
{
    const int64_t tokens = m_capture->tokens();
    std::mt19937 generator(seed);
    EvaluationCell result;
    result.plan.kept = KeptTokens::sized(m_model->config().layers, sets, tokens);
    result.plan.budget = count;
    for (int64_t l = 0; l < m_model->config().layers; ++l) {
        for (int64_t s = 0; s < sets; ++s) {
            std::vector<int64_t> order(static_cast<size_t>(tokens - 3));
            std::iota(order.begin(), order.end(), int64_t{2});
            std::shuffle(order.begin(), order.end(), generator);
            order.insert(order.begin(), {0, 1, tokens - 1});
            for (int64_t i = 0; i < count; ++i)
                result.plan.kept.setKept(l, s, order[static_cast<size_t>(i)]);
        }
    }
    return result;
}

std::vector<EvaluationCell> EvaluateTest::mixedCells() const
{
    const ModelConfig &config = m_model->config();
    const auto ranking = std::make_shared<const Ranking>();
    std::vector<EvaluationCell> cells;
    for (int64_t sets : {config.kvHeads, config.heads, int64_t(1)}) {
        cells.push_back(cell(sets, 11, 7));
        EvaluationCell least = cell(sets, 12, 8);
        least.method = &kLeast;
        least.ranking = ranking;
        least.plan.decodeRule = DecodeRule::Hold;
        cells.push_back(least);
        EvaluationCell oldest = cell(sets, 10, 9);
        oldest.method = &kOldest;
        oldest.ranking = ranking;
        oldest.plan.decodeRule = DecodeRule::Hold;
        cells.push_back(oldest);
        oldest.plan.positions = PositionMode::Shift;
        cells.push_back(oldest);
        EvaluationCell packed = cell(sets, 9, 10);
        packed.plan.positions = PositionMode::Shift;
        cells.push_back(packed);
    }
    EvaluationCell ragged = cell(config.kvHeads, 8, 11);
    for (int64_t v = 0; v < 30; v += 2)
        ragged.plan.kept.setKept(0, 1, v);
    cells.push_back(ragged);
    return cells;
}

std::vector<CellResult> EvaluateTest::run(const std::vector<EvaluationCell> &cells, const EvaluationOptions &options) const
{
    auto results = evaluate(*m_capture, m_continuation, cells, options, {}, RunContext{});
    if (!results)
        qFatal("%s", results.error().message.c_str());
    return *results;
}

std::vector<float> EvaluateTest::loopNll(const EvaluationCell &, TokenLoop &loop) const
{
    std::vector<float> nll;
    for (size_t t = 0; t + 1 < m_continuation.size(); ++t)
        nll.push_back(-loop.step(m_continuation[t]).log_softmax(0)[m_continuation[t + 1]].item<float>());
    return nll;
}

void EvaluateTest::fullCellEqualsThePlainForwardPass()
{
    KvCache cache(m_model->config());
    QVERIFY(forward(*m_model, m_capture->ids, cache, ForwardOptions{}, RunContext{}).has_value());
    const auto pass = forward(*m_model, std::span(m_continuation).first(16), cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{});
    QVERIFY(pass.has_value());
    const CellResult full = run({}).back();
    const at::Tensor logp = pass->logits.log_softmax(1);
    for (int64_t t = 0; t < 16; ++t)
        QVERIFY(std::abs(full.series.nll[static_cast<size_t>(t)] + logp[t][m_continuation[static_cast<size_t>(t + 1)]].item<float>()) < 1e-5F);
    QCOMPARE(full.metrics.at("kl"), 0.0);
    QCOMPARE(full.metrics.at("top1Agreement"), 1.0);
    QCOMPARE(full.metrics.at("lostMass"), 0.0);
    for (const Check &check : full.checks)
        QVERIFY2(check.ok, check.id.c_str());
}

void EvaluateTest::layerMajorEqualsTokenByToken_data()
{
    QTest::addColumn<int>("index");
    for (int i = 0; i < static_cast<int>(mixedCells().size()); ++i)
        QTest::addRow("cell%d", i) << i;
}

void EvaluateTest::layerMajorEqualsTokenByToken()
{
    QFETCH(int, index);
    const EvaluationCell cell = mixedCells()[static_cast<size_t>(index)];
    const CellResult result = run({cell}).front();
    TokenLoop loop(*m_capture, cell);
    const std::vector<float> nll = loopNll(cell, loop);
    float worst = 0;
    for (size_t t = 0; t < nll.size(); ++t)
        worst = std::max(worst, std::abs(nll[t] - result.series.nll[t]));
    QVERIFY2(worst < 1e-4F, qPrintable(QString::number(worst)));
    QCOMPARE(result.slotsAtEnd, loop.slots());
    std::vector<Eviction> evictions = loop.evictions();
    QCOMPARE(result.evictions.size(), evictions.size());
    for (size_t i = 0; i < evictions.size(); ++i) {
        QCOMPARE(result.evictions[i].step, evictions[i].step);
        QCOMPARE(result.evictions[i].layer, evictions[i].layer);
        QCOMPARE(result.evictions[i].head, evictions[i].head);
        QCOMPARE(result.evictions[i].position, evictions[i].position);
        QVERIFY(std::abs(result.evictions[i].score - evictions[i].score) < 1e-5F);
    }
    for (const Check &check : result.checks)
        QVERIFY2(check.ok || index == static_cast<int>(mixedCells().size()) - 1, check.id.c_str());
}

void EvaluateTest::maskingEqualsDropping()
{
    std::vector<EvaluationCell> cells;
    for (const EvaluationCell &cell : mixedCells()) {
        if (cell.plan.positions == PositionMode::Original)
            cells.push_back(cell);
    }
    EvaluationOptions mask;
    mask.mode = ExecutionMode::Mask;
    const std::vector<CellResult> dropped = run(cells), masked = run(cells, mask);
    for (size_t i = 0; i < cells.size(); ++i) {
        for (size_t t = 0; t < 16; ++t) {
            QVERIFY(std::abs(dropped[i].series.nll[t] - masked[i].series.nll[t]) < 1e-4F);
            QCOMPARE(dropped[i].series.lostMass[t], masked[i].series.lostMass[t]);
        }
        QCOMPARE(dropped[i].evictions.size(), masked[i].evictions.size());
    }
}

void EvaluateTest::resultsDoNotDependOnBatchOrOrder()
{
    const std::vector<EvaluationCell> cells = mixedCells();
    const std::vector<CellResult> together = run(cells);
    std::vector<EvaluationCell> reversed(cells.rbegin(), cells.rend());
    const std::vector<CellResult> backwards = run(reversed);
    EvaluationOptions small;
    small.maxBatch = 3;
    const std::vector<CellResult> batches = run(cells, small);
    for (size_t i = 0; i < cells.size(); ++i) {
        const std::vector<CellResult> alone = run({cells[i]});
        for (const CellResult *other : {&backwards[cells.size() - 1 - i], &batches[i], &alone.front()}) {
            for (const auto &[name, value] : together[i].metrics)
                QVERIFY2(std::abs(value - other->metrics.at(name)) < 1e-5 * std::max(1.0, std::abs(value)), name.c_str());
        }
    }
}

void EvaluateTest::twoRunsAreBitEqual()
{
    const std::vector<EvaluationCell> cells = mixedCells();
    const std::vector<CellResult> a = run(cells), b = run(cells);
    for (size_t i = 0; i <= cells.size(); ++i) {
        QVERIFY(a[i].series.nll == b[i].series.nll);
        QVERIFY(a[i].series.kl == b[i].series.kl);
        QVERIFY(a[i].metrics == b[i].metrics);
        QVERIFY(a[i].layerError == b[i].layerError);
    }
}

void EvaluateTest::blocksOfRowsEqualOneBlock()
{
    const std::vector<EvaluationCell> cells = mixedCells();
    EvaluationOptions blocks;
    blocks.blockRows = 5;
    const std::vector<CellResult> a = run(cells), b = run(cells, blocks);
    for (size_t i = 0; i <= cells.size(); ++i) {
        for (const auto &[name, value] : a[i].metrics)
            QVERIFY2(std::abs(value - b[i].metrics.at(name)) < 1e-5 * std::max(1.0, std::abs(value)), name.c_str());
        QCOMPARE(a[i].slotsAtEnd, b[i].slotsAtEnd);
        QCOMPARE(a[i].evictions.size(), b[i].evictions.size());
    }
}

void EvaluateTest::fullBudgetIsTheFullCache()
{
    EvaluationCell whole = cell(m_model->config().kvHeads, m_capture->tokens(), 1);
    const CellResult result = run({whole}).front();
    QVERIFY(std::abs(result.metrics.at("kl")) <= 1e-8);
    QVERIFY(result.metrics.at("lostMass") < 1e-6); // rounding of weights that sum to 1
    for (const Check &check : result.checks)
        QVERIFY2(check.ok, check.id.c_str());
}

void EvaluateTest::lostMassIsTheFullRunsAttentionOnWhatIsMissing()
{
    // One layer's attention is not handed out, so the sum over a partition is: what one cell lacks the other one holds.
    const ModelConfig &config = m_model->config();
    EvaluationCell even = cell(config.kvHeads, 3, 1), odd = even;
    even.plan.kept = odd.plan.kept = KeptTokens::sized(config.layers, config.kvHeads, m_capture->tokens());
    for (int64_t l = 0; l < config.layers; ++l) {
        for (int64_t g = 0; g < config.kvHeads; ++g) {
            for (int64_t v = 0; v < m_capture->tokens(); ++v)
                (v % 2 ? odd : even).plan.kept.setKept(l, g, v);
        }
    }
    const std::vector<CellResult> results = run({even, odd});
    KvCache cache(config);
    QVERIFY(forward(*m_model, m_capture->ids, cache, ForwardOptions{}, RunContext{}).has_value());
    Hooks hooks;
    std::vector<double> onPrompt(16);
    const HookScope scope = hooks.add(HookPoint::Probabilities, kEveryLayer, [&](const at::Tensor &p, const HookSite &site) {
        const at::Tensor sums = p.narrow(2, 0, m_capture->tokens()).sum(2).sum(0); // [rows], one group of heads at a time
        for (int64_t t = 0; t < sums.size(0); ++t)
            onPrompt[static_cast<size_t>(site.firstRow + t)] += sums[t].item<double>() / static_cast<double>(config.layers * config.heads);
        return std::optional<at::Tensor>();
    });
    QVERIFY(forward(*m_model, std::span(m_continuation).first(16), cache, ForwardOptions{.hooks = &hooks}, RunContext{}).has_value());
    for (size_t t = 0; t < 16; ++t)
        QVERIFY2(std::abs(static_cast<double>(results[0].series.lostMass[t] + results[1].series.lostMass[t]) - onPrompt[t]) < 1e-5,
            qPrintable(QString("%1 and %2 of %3").arg(static_cast<double>(results[0].series.lostMass[t])).arg(static_cast<double>(results[1].series.lostMass[t])).arg(onPrompt[t])));
}

void EvaluateTest::evaluationLeavesTheContextCacheAlone()
{
    const auto hash = [this] {
        Sha256 sum;
        for (const LayerCapture &layer : m_capture->layers) {
            for (const at::Tensor &tensor : {layer.keys, layer.values})
                sum.add(std::as_bytes(std::span(tensor.const_data_ptr<float>(), static_cast<size_t>(tensor.numel()))));
        }
        return sum.finish();
    };
    const std::string before = hash();
    run(mixedCells());
    QCOMPARE(hash(), before);
}

void EvaluateTest::badRequestsSaySo()
{
    const auto error = [this](std::vector<int32_t> continuation, std::vector<EvaluationCell> cells, EvaluationOptions options) {
        auto result = evaluate(*m_capture, continuation, cells, options, {}, RunContext{});
        return result ? Error{ErrorCode::Internal, "no error", ""} : result.error();
    };
    QCOMPARE(error({3}, {}, {}).code, ErrorCode::BadInput);
    QCOMPARE(error({3, 1 << 20}, {}, {}).code, ErrorCode::BadInput);
    EvaluationCell other;
    other.plan.kept = KeptTokens::sized(1, 1, 5);
    QCOMPARE(error(m_continuation, {other}, {}).code, ErrorCode::BadInput);
    EvaluationOptions mask;
    mask.mode = ExecutionMode::Mask;
    QCOMPARE(error(m_continuation, {mixedCells()[3]}, mask).code, ErrorCode::BadInput);
    EvaluationOptions small;
    small.memoryLimitBytes = 1000;
    const Error memory = error(m_continuation, mixedCells(), small);
    QCOMPARE(memory.code, ErrorCode::OutOfMemory);
    QVERIFY(memory.message.find("1000 B") != std::string::npos);
    QCOMPARE(error(randomIds(static_cast<size_t>(m_model->config().contextLength), 3, 100), {}, {}).code, ErrorCode::BadInput);
}

void EvaluateTest::cancelStops()
{
    std::stop_source source;
    source.request_stop();
    const auto result = evaluate(*m_capture, m_continuation, mixedCells(), {}, {}, RunContext{source.get_token(), nullptr});
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Cancelled);
}

QTEST_GUILESS_MAIN(EvaluateTest)
#include "evaluate_test.moc"
