// labels: slow
#include "core/eval/bytes.h"
#include "core/eval/evaluate.h"
#include "core/eval/generate_plan.h"
#include "core/methods/noise.h"
#include "core/methods/registry.h"

#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/method_fixture.h"
#include "tests/support/random_model.h"
#include "tests/support/token_loop.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>

using namespace winnow;
using namespace winnow::test;

namespace {

/// Drops the slot with the least attention and the smallest product of key and value norms.
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
            for (int64_t g = 0; g < row.kvHeads; ++g) {
                for (int64_t d = 0; d < row.headDim; ++d)
                    score += 0.01F * row.keys[g * row.kvStride + i * row.headDim + d] * row.queries[d];
                for (int64_t d = 0; d < row.valueDim; ++d)
                    score += 0.01F * row.values[g * row.valueStride + i * row.valueDim + d];
            }
        }
        // The newest slot stays: the next row's window may hold nothing else.
        drop.push_back(static_cast<int32_t>(std::min_element(scores.begin(), scores.end() - 1) - scores.begin()));
    }
};

/// Drops the oldest slot after the first before the row attends.
class OldestPolicy : public DecodePolicy {
public:
    void before(const DecodeRow &row, std::vector<int32_t> &drop) override
    {
        drop.clear();
        if (row.slots > 3)
            drop.push_back(1);
    }
    bool wants(int64_t) const override { return false; }
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
    std::unique_ptr<DecodePolicy> decodePolicy(
        const Capture &, const Ranking &, const KvPlan &, const Parameters &, int64_t) const override
    {
        return std::make_unique<Policy>();
    }
};

const PolicyMethod<LeastPolicy> kLeast;
const PolicyMethod<OldestPolicy> kOldest;

std::vector<int32_t> someIds(int64_t count, uint64_t seed)
{
    std::vector<int32_t> ids;
    for (int64_t i = 0; i < count; ++i)
        ids.push_back(static_cast<int32_t>(64 * noiseUniform(seed, {.key = static_cast<uint64_t>(i)})));
    return ids;
}

} // namespace

/// Captures and evaluation on a tiny random decoder for every switch of a configuration.
class SwitchesEvaluateTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init();
    void fullCellEqualsTheForwardPass_data() { addConfigs(); }
    void fullCellEqualsTheForwardPass();
    void cellsEqualTheTokenLoop_data() { addConfigs(); }
    void cellsEqualTheTokenLoop();
    void measuredRunsEqualTheBatch_data() { addConfigs(); }
    void measuredRunsEqualTheBatch();
    void maskingEqualsDropping_data() { addConfigs(); }
    void maskingEqualsDropping();
    void tilesEqualTheMap_data() { addConfigs(); }
    void tilesEqualTheMap();
    void everyMethodRanks_data() { addConfigs(); }
    void everyMethodRanks();
    void plannedGenerationEqualsTheLoop_data() { addConfigs(); }
    void plannedGenerationEqualsTheLoop();
    void growthBeyondTheRopeLimitIsRefused();

private:
    static void addConfigs()
    {
        QTest::addColumn<int>("index");
        for (size_t i = 0; i < tinyConfigs().size(); ++i)
            QTest::newRow(tinyConfigs()[i].first.c_str()) << static_cast<int>(i);
    }
    EvaluationCell cell(int64_t sets, int64_t count, uint64_t seed) const;
    std::vector<EvaluationCell> mixedCells() const;
    std::vector<CellResult> run(const std::vector<EvaluationCell> &cells, const EvaluationOptions &options = {}) const;

    std::shared_ptr<const Model> m_model;
    CapturePtr m_capture;
    std::vector<int32_t> m_continuation;
};

void SwitchesEvaluateTest::init()
{
    m_model.reset();
    if (!QTest::currentDataTag())
        return;
    for (const NamedConfig &entry : tinyConfigs()) {
        if (entry.first == QTest::currentDataTag())
            m_model = randomModel(entry.second);
    }
    auto capture = captureContext(
        m_model, someIds(26, 5), CaptureNeeds{.colSum = true, .queryMoments = true, .window = 64}, RunContext{});
    QVERIFY2(capture.has_value(), capture ? "" : capture.error().message.c_str());
    m_capture = *capture;
    QVERIFY(m_capture->maxRowSumError < 1e-5);
    m_continuation = someIds(11, 6);
}

/// Sets of `count` tokens that always hold the first one and the newest.
EvaluationCell SwitchesEvaluateTest::cell(int64_t sets, int64_t count, uint64_t seed) const
{
    const int64_t tokens = m_capture->tokens();
    EvaluationCell result;
    result.plan.kept = KeptTokens::sized(m_model->config().layers, sets, tokens);
    result.plan.budget = count;
    for (int64_t l = 0; l < m_model->config().layers; ++l) {
        for (int64_t s = 0; s < sets; ++s) {
            std::vector<int64_t> order(static_cast<size_t>(tokens - 2));
            std::iota(order.begin(), order.end(), int64_t{1});
            const auto noise = [&](int64_t v) { return noiseUniform(seed, {uint64_t(l), uint64_t(s), 0, uint64_t(v)}); };
            std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return noise(a) < noise(b); });
            order.insert(order.begin(), {0, tokens - 1});
            for (int64_t i = 0; i < count; ++i)
                result.plan.kept.setKept(l, s, order[static_cast<size_t>(i)]);
        }
    }
    return result;
}

std::vector<EvaluationCell> SwitchesEvaluateTest::mixedCells() const
{
    const ModelConfig &config = m_model->config();
    std::vector<EvaluationCell> cells;
    for (int64_t sets : {config.kvHeads, config.heads, int64_t(1)}) {
        cells.push_back(cell(sets, 9, 7));
        EvaluationCell least = cell(sets, 10, 8);
        least.method = &kLeast;
        least.ranking = std::make_shared<const Ranking>();
        least.plan.decodeRule = DecodeRule::Hold;
        cells.push_back(least);
        EvaluationCell oldest = least;
        oldest.method = &kOldest;
        oldest.plan.positions = PositionMode::Shift;
        cells.push_back(oldest);
        EvaluationCell packed = cell(sets, 8, 9);
        packed.plan.positions = PositionMode::Shift;
        cells.push_back(packed);
    }
    return cells;
}

std::vector<CellResult> SwitchesEvaluateTest::run(
    const std::vector<EvaluationCell> &cells, const EvaluationOptions &options) const
{
    auto results = evaluate(*m_capture, m_continuation, cells, options, {}, RunContext{});
    if (!results)
        qFatal("%s", results.error().message.c_str());
    return *results;
}

void SwitchesEvaluateTest::fullCellEqualsTheForwardPass()
{
    std::vector<int32_t> ids = m_capture->ids;
    ids.insert(ids.end(), m_continuation.begin(), m_continuation.end() - 1);
    KvCache cache(m_model->config());
    const auto pass = forward(*m_model, ids, cache, ForwardOptions{.logits = LogitsRows::All}, RunContext{});
    QVERIFY(pass.has_value());
    QVERIFY(maxDifference(m_capture->lastLogits, pass->logits[25]) < 1e-4);
    const std::vector<CellResult> results = run({cell(m_model->config().kvHeads, 26, 1)});
    const at::Tensor logp = pass->logits.log_softmax(1);
    for (size_t t = 0; t + 1 < m_continuation.size(); ++t) {
        const float expected = -logp[26 + static_cast<int64_t>(t)][m_continuation[t + 1]].item<float>();
        QVERIFY(std::abs(results.back().series.nll[t] - expected) < 1e-4F);
        QVERIFY(std::abs(results.front().series.nll[t] - expected) < 1e-4F); // every token kept
        QVERIFY(results.front().series.lostMass[t] < 1e-5F);
    }
    for (const CellResult &result : results) {
        for (const Check &check : result.checks)
            QVERIFY2(check.ok, check.id.c_str());
    }
}

void SwitchesEvaluateTest::cellsEqualTheTokenLoop()
{
    const std::vector<EvaluationCell> cells = mixedCells();
    EvaluationOptions blocks;
    blocks.blockRows = 4;
    const std::vector<CellResult> results = run(cells, blocks);
    for (size_t i = 0; i < cells.size(); ++i) {
        TokenLoop loop(*m_capture, cells[i]);
        for (size_t t = 0; t + 1 < m_continuation.size(); ++t) {
            const float nll = -loop.step(m_continuation[t]).log_softmax(0)[m_continuation[t + 1]].item<float>();
            QVERIFY2(std::abs(nll - results[i].series.nll[t]) < 1e-4F,
                qPrintable(QString("cell %1, row %2: loop %3, batch %4").arg(i).arg(t).arg(double(nll)).arg(double(results[i].series.nll[t]))));
        }
        QCOMPARE(results[i].slotsAtEnd, loop.slots());
        QCOMPARE(results[i].evictions.size(), loop.evictions().size());
        for (size_t e = 0; e < results[i].evictions.size(); ++e)
            QCOMPARE(results[i].evictions[e].position, loop.evictions()[e].position);
    }
}

void SwitchesEvaluateTest::measuredRunsEqualTheBatch()
{
    const std::vector<EvaluationCell> cells = mixedCells();
    const std::vector<CellResult> results = run(cells);
    for (size_t i = 0; i < cells.size(); ++i) {
        const auto measured = measureCell(*m_capture, m_continuation, cells[i], RunContext{});
        QVERIFY2(measured.has_value(), measured ? "" : measured.error().message.c_str());
        for (size_t t = 0; t < measured->nll.size(); ++t)
            QVERIFY2(std::abs(measured->nll[t] - results[i].series.nll[t]) < 1e-4F, qPrintable(QString("cell %1, row %2").arg(i).arg(t)));
        QCOMPARE(measured->allocatedBytes, planBytes(cells[i].plan, CacheShape::of(m_capture->config)).stored);
    }
}

void SwitchesEvaluateTest::maskingEqualsDropping()
{
    std::vector<EvaluationCell> cells;
    for (const EvaluationCell &each : mixedCells()) {
        if (each.plan.positions == PositionMode::Original)
            cells.push_back(each);
    }
    EvaluationOptions mask;
    mask.mode = ExecutionMode::Mask;
    const std::vector<CellResult> dropped = run(cells), masked = run(cells, mask);
    for (size_t i = 0; i < cells.size(); ++i) {
        for (size_t t = 0; t < dropped[i].series.nll.size(); ++t)
            QVERIFY(std::abs(dropped[i].series.nll[t] - masked[i].series.nll[t]) < 1e-4F);
    }
}

void SwitchesEvaluateTest::tilesEqualTheMap()
{
    const ModelConfig &config = m_model->config();
    const int64_t layer = config.layers - 1;
    at::Tensor map = at::zeros({config.heads, 26, 26});
    Hooks hooks;
    const HookScope scope = hooks.add(HookPoint::Probabilities, layer, [&](const at::Tensor &p, const HookSite &site) {
        map.narrow(0, site.firstHead, p.size(0)).narrow(1, site.firstRow, p.size(1)).narrow(2, 0, p.size(2)).copy_(p);
        return std::optional<at::Tensor>();
    });
    KvCache cache(config);
    QVERIFY(forward(*m_model, m_capture->ids, cache, ForwardOptions{.hooks = &hooks}, RunContext{}).has_value());
    for (int64_t head = 0; head < config.heads; ++head) {
        const auto tile = attentionTile(*m_capture, layer, head, 9, 21, RunContext{});
        QVERIFY(tile.has_value());
        QVERIFY(maxDifference(*tile, map[head].narrow(0, 9, 12).narrow(1, 0, 21)) < 1e-5);
    }
    const auto mean = attentionTile(*m_capture, layer, kMeanOfAll, 9, 21, RunContext{});
    QVERIFY(mean.has_value());
    QVERIFY(maxDifference(*mean, map.mean(0).narrow(0, 9, 12).narrow(1, 0, 21)) < 1e-5);
    at::Tensor all = at::zeros({12, 21});
    for (int64_t l = 0; l < config.layers; ++l)
        all += *attentionTile(*m_capture, l, kMeanOfAll, 9, 21, RunContext{}) / double(config.layers);
    QVERIFY(maxDifference(*attentionTile(*m_capture, kMeanOfAll, kMeanOfAll, 9, 21, RunContext{}), all) < 1e-5);
    QVERIFY(!attentionTile(*m_capture, -2, 0, 9, 21, RunContext{}));
    const LayerCapture &kept = m_capture->layers[static_cast<size_t>(layer)];
    QVERIFY(maxDifference(kept.colSum, map.sum(1)) < 1e-5);
    QVERIFY(maxDifference(kept.winRows, map.narrow(1, 26 - m_capture->window, m_capture->window)) < 1e-5);
}

void SwitchesEvaluateTest::everyMethodRanks()
{
    for (const MethodSpec *spec : methodsOf("kv")) {
        if (spec->needs.find("small") != std::string_view::npos)
            continue; // methods of a pair have tests of their own: guided_test, iam_test
        const MethodInfo info = methodInfo(*spec);
        Json given = Json::object();
        if (const ParameterInfo *rule = info.parameter("decodeRule"); rule && std::find(rule->choices.begin(), rule->choices.end(), "interval") != rule->choices.end())
            given = Json{{"decodeRule", "interval"}, {"interval", 3}};
        const Ranked ranked = rankMethod(std::string(spec->id), *m_capture, given);
        QVERIFY2(ranked.ranking, ranked.error.c_str());
        const EvaluationCell asked{ranked.plan(9), ranked.method.get(), ranked.ranking, ranked.parameters};
        const CellResult result = run({asked}).front();
        TokenLoop loop(*m_capture, asked);
        for (size_t t = 0; t + 1 < m_continuation.size(); ++t) {
            const float nll = -loop.step(m_continuation[t]).log_softmax(0)[m_continuation[t + 1]].item<float>();
            QVERIFY2(std::abs(nll - result.series.nll[t]) < 1e-4F, spec->id.data());
        }
    }
}

void SwitchesEvaluateTest::plannedGenerationEqualsTheLoop()
{
    for (const EvaluationCell &asked : {mixedCells()[1], mixedCells()[2]}) {
        const auto generated = generateUnderPlan(
            *m_capture, asked, GenerateOptions{.maxNew = 6, .endTokens = EndTokens::Ignore}, nullptr, RunContext{});
        QVERIFY(generated.has_value());
        TokenLoop loop(*m_capture, asked);
        at::Tensor logits = m_capture->lastLogits;
        for (const int32_t id : generated->ids) {
            QVERIFY(logits.max().item<float>() - logits[id].item<float>() < 1e-4F);
            logits = loop.step(id);
        }
    }
}

void SwitchesEvaluateTest::growthBeyondTheRopeLimitIsRefused()
{
    for (const NamedConfig &entry : tinyConfigs()) {
        if (entry.first == "long rope") // 16 positions
            m_model = randomModel(entry.second);
    }
    const auto capture = captureContext(m_model, someIds(12, 5), {}, RunContext{});
    QVERIFY(capture.has_value());
    const auto result = evaluate(**capture, someIds(11, 6), {}, {}, {}, RunContext{});
    QVERIFY(!result);
    QCOMPARE(result.error().code, ErrorCode::Unsupported);
    // The full cache is made again on the way instead.
    EvaluationCell full;
    full.plan.kept = KeptTokens::sized(3, 2, 12);
    full.plan.inactive = true;
    const GenerateOptions options{.maxNew = 8, .endTokens = EndTokens::Ignore};
    const auto planned = generateUnderPlan(**capture, full, options, nullptr, RunContext{});
    const auto plain = generate(*m_model, (*capture)->ids, options, nullptr, RunContext{});
    QVERIFY(planned.has_value() && plain.has_value());
    QCOMPARE(planned->ids, plain->ids);
}

QTEST_GUILESS_MAIN(SwitchesEvaluateTest)
#include "switches_evaluate_test.moc"
