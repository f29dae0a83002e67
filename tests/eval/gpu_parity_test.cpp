#include "core/eval/capture_tensors.h"
#include "core/eval/generate_plan.h"
#include "core/eval/mapped_context.h"
#include "core/eval/prompt_scorer.h"
#include "core/eval/similarity.h"
#include "core/eval/small_alone.h"
#include "core/model/load_weights.h"
#include "gpu/head_pairs.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/pair_models.h"
#include "tests/support/parity_device.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <bit>
#include <random>

using namespace winnow;
using namespace winnow::test;

/// Captures, plans, evaluation and comparison of heads of a model on a GPU against the CPU.
class GpuParityTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void captureStatisticsEqualTheCpu_data();
    void captureStatisticsEqualTheCpu();
    void plansAndScoresOfEveryMethodEqualTheCpu_data() { captureStatisticsEqualTheCpu_data(); }
    void plansAndScoresOfEveryMethodEqualTheCpu();
    void textUnderAPlanEqualsTheCpu();
    void measuredRunsEqualTheCpu_data();
    void measuredRunsEqualTheCpu();
    void pairMethodsEqualTheCpu_data();
    void pairMethodsEqualTheCpu();
    void headSimilarityByTheKernelEqualsTheCpu();
    void attentionTilesEqualTheCpu();
    void promptScoresEqualTheCpu();
    void writtenTensorsEqualTheCpu();
    void timeOfTheKernel();
};

namespace {

using Opened = std::pair<std::shared_ptr<const Model>, std::shared_ptr<const Model>>; // on the CPU, on the device

Opened openBoth(const QString &path)
{
    const auto open = [&](const std::string &device) {
        auto model = Model::open(path.toStdString(), LoadOptions{.device = device, .threads = 1, .weights = "f32"}, RunContext{});
        if (!model)
            qFatal("%s", model.error().message.c_str());
        return *model;
    };
    return {open("cpu"), open(parityDevice())};
}

std::shared_ptr<const Model> onDevice(const Model &model)
{
    auto moved = weightsOn(*chooseDevice(parityDevice()), model.weights());
    if (!moved)
        qFatal("%s", moved.error().message.c_str());
    return Model::fromParts(model.config(), std::move(*moved), nullptr);
}

CapturePtr captureOf(const std::shared_ptr<const Model> &model, const std::vector<int32_t> &ids, const CaptureNeeds &needs)
{
    auto capture = captureContext(model, ids, needs, RunContext{});
    if (!capture)
        qFatal("%s", capture.error().message.c_str());
    return *capture;
}

constexpr CaptureNeeds kAll{.colSum = true, .queryMoments = true, .window = 64};
constexpr int64_t kScored = 17; // tokens of a continuation

int64_t contextOf(const ModelConfig &config) { return std::min<int64_t>(160, config.contextLength - kScored); }

/// One cell of a method with its defaults.
struct Planned {
    std::shared_ptr<const Method> method;
    EvaluationCell cell;
};

Planned planOf(const Capture &capture, const MethodSpec &spec, const Json &given, int64_t count)
{
    const auto canonical = canonicalParameters(methodInfo(spec), given);
    if (!canonical)
        qFatal("%s", canonical.error().message.c_str());
    Planned planned{spec.create(), {}};
    planned.cell.method = planned.method.get();
    planned.cell.parameters = Parameters(*canonical);
    auto ranking = planned.method->rank(capture, planned.cell.parameters, RunContext{});
    if (!ranking)
        qFatal("%s", ranking.error().message.c_str());
    planned.cell.ranking = std::move(*ranking);
    auto plan = planned.method->select(capture, *planned.cell.ranking, planned.cell.parameters, count);
    if (!plan)
        qFatal("%s", plan.error().message.c_str());
    planned.cell.plan = std::move(*plan);
    if (auto context = giveContext(capture, planned.cell, RunContext{}); !context)
        qFatal("%s", context.error().message.c_str());
    return planned;
}

std::vector<const MethodSpec *> methodsOfOneModel()
{
    std::vector<const MethodSpec *> methods;
    for (const MethodSpec *spec : methodTable()) {
        if (spec->family == "kv" && !spec->create()->needs(Parameters(*canonicalParameters(methodInfo(*spec), Json::object()))).pair.small)
            methods.push_back(spec);
    }
    return methods;
}

int64_t differentBits(const std::vector<uint8_t> &a, const std::vector<uint8_t> &b)
{
    if (a.size() != b.size())
        return int64_t(8 * std::max(a.size(), b.size()));
    int64_t count = 0;
    for (size_t i = 0; i < a.size(); ++i)
        count += std::popcount(static_cast<unsigned>(a[i] ^ b[i]));
    return count;
}

double largestGap(const std::vector<float> &a, const std::vector<float> &b)
{
    double gap = a.size() == b.size() ? 0 : INFINITY;
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        gap = std::isfinite(a[i]) ? std::max(gap, std::abs(double(a[i]) - double(b[i]))) : INFINITY;
    return gap;
}

} // namespace

void GpuParityTest::initTestCase()
{
    if (const std::string reason = parityReason(); !reason.empty())
        QSKIP(reason.c_str());
}

void GpuParityTest::captureStatisticsEqualTheCpu_data()
{
    QTest::addColumn<QString>("path");
    const QDir zoo(QString::fromStdString(dataPath("zoo")));
    for (const QFileInfo &entry : zoo.entryInfoList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name)) {
        if (QDir(entry.filePath()).exists("config.json"))
            QTest::newRow(qPrintable(entry.fileName())) << entry.filePath();
    }
}

void GpuParityTest::captureStatisticsEqualTheCpu()
{
    QFETCH(QString, path);
    const auto [cpu, device] = openBoth(path);
    const auto ids = pairIds(size_t(contextOf(cpu->config())), 3, cpu->config().vocab);
    const CapturePtr expected = captureOf(cpu, ids, kAll), found = captureOf(device, ids, kAll);
    double worst = 0;
    QStringList wrong;
    for (size_t l = 0; l < expected->layers.size(); ++l) {
        const LayerCapture &a = found->layers[l], &b = expected->layers[l];
        const std::pair<const char *, double> errors[]{{"keys", parityError(a.keys, b.keys)}, {"values", parityError(a.values, b.values)},
            {"colSum", parityError(a.colSum, b.colSum)}, {"rowEntropy", parityError(a.rowEntropy, b.rowEntropy)},
            {"winRows", parityError(a.winRows, b.winRows)}, {"headQueries", parityError(a.headQueries, b.headQueries)},
            {"querySum", parityError(a.querySum, b.querySum)}, {"queryOuter", parityError(a.queryOuter, b.queryOuter)}};
        for (const auto &[name, error] : errors) {
            worst = std::max(worst, error);
            if (!(error < 2e-5))
                wrong << QStringLiteral("layer %1 %2: %3").arg(l).arg(name).arg(error);
        }
    }
    const double logits = parityError(found->lastLogits, expected->lastLogits);
    qInfo("largest error %.2e, logits %.2e, sum of a row off by %.2e", worst, logits, found->maxRowSumError);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join("; ")));
    QVERIFY(logits < 2e-5);
    QVERIFY(found->maxRowSumError < 1e-5);
    QCOMPARE(found->bytes, expected->bytes);
    if (expected->experts) {
        QCOMPARE(found->experts->counts, expected->experts->counts);
        QVERIFY(largestGap(found->experts->mass, expected->experts->mass) < 1e-3);
    }
}

void GpuParityTest::plansAndScoresOfEveryMethodEqualTheCpu()
{
    QFETCH(QString, path);
    const auto [cpu, device] = openBoth(path);
    const int64_t tokens = contextOf(cpu->config());
    const auto ids = pairIds(size_t(tokens), 3, cpu->config().vocab), continuation = pairIds(kScored, 4, cpu->config().vocab);
    const CapturePtr expected = captureOf(cpu, ids, kAll), found = captureOf(device, ids, kAll);
    std::vector<Planned> plans, kept;
    std::vector<EvaluationCell> onCpu, onOther;
    int64_t bits = 0, different = 0;
    for (const MethodSpec *spec : methodsOfOneModel()) {
        for (const int64_t count : {tokens / 8, tokens / 2}) {
            plans.push_back(planOf(*expected, *spec, Json::object(), count));
            const Planned other = planOf(*found, *spec, Json::object(), count);
            bits += int64_t(8 * other.cell.plan.kept.mask.size());
            different += differentBits(other.cell.plan.kept.mask, plans.back().cell.plan.kept.mask);
            onCpu.push_back(plans.back().cell);
            // The same plan on both: where two scores are equal up to rounding, the sets may differ.
            onOther.push_back(plans.back().cell);
        }
    }
    QVERIFY2(double(different) <= 0.001 * double(bits), qPrintable(QStringLiteral("%1 of %2 kept bits differ").arg(different).arg(bits)));
    const auto results = evaluate(*expected, continuation, onCpu, {}, {}, RunContext{});
    const auto others = evaluate(*found, continuation, onOther, {}, {}, RunContext{});
    if (!results) { // a length at which LongRope changes its factors
        QVERIFY(!others);
        QCOMPARE(others.error().code, results.error().code);
        QSKIP(results.error().message.c_str());
    }
    QVERIFY2(others.has_value(), others ? "" : others.error().message.c_str());
    double worst = 0;
    for (size_t i = 0; i < results->size(); ++i) {
        const TokenSeries &a = (*others)[i].series, &b = (*results)[i].series;
        for (const double gap : {largestGap(a.nll, b.nll), largestGap(a.kl, b.kl), largestGap(a.lostMass, b.lostMass)})
            worst = std::max(worst, gap);
        QCOMPARE((*others)[i].evictions.size(), (*results)[i].evictions.size());
        QCOMPARE((*others)[i].slotsAtEnd, (*results)[i].slotsAtEnd);
        QCOMPARE((*others)[i].checks.size(), (*results)[i].checks.size());
        for (size_t c = 0; c < (*others)[i].checks.size(); ++c) {
            const Check &check = (*others)[i].checks[c];
            QVERIFY2(check.ok == (*results)[i].checks[c].ok, qPrintable(QString::fromStdString(check.id + ": " + check.found)));
        }
    }
    qInfo("%lld of %lld kept bits differ; scores by %.2e", static_cast<long long>(different), static_cast<long long>(bits), worst);
    QVERIFY(worst < 1e-4);
}

void GpuParityTest::textUnderAPlanEqualsTheCpu()
{
    const auto [cpu, device] = openBoth(QString::fromStdString(dataPath("zoo/qwen3")));
    const auto ids = pairIds(60, 3, cpu->config().vocab);
    const CapturePtr expected = captureOf(cpu, ids, kAll), found = captureOf(device, ids, kAll);
    for (const MethodSpec *spec : methodsOfOneModel()) {
        const Planned planned = planOf(*expected, *spec, Json::object(), 20);
        const GenerateOptions options{.maxNew = 12, .endTokens = EndTokens::Ignore};
        const auto a = generateUnderPlan(*expected, planned.cell, options, nullptr, RunContext{});
        const auto b = generateUnderPlan(*found, planned.cell, options, nullptr, RunContext{});
        QVERIFY2(b.has_value(), b ? "" : b.error().message.c_str());
        QVERIFY2(a->ids == b->ids, std::string(spec->id).c_str());
    }
}

void GpuParityTest::measuredRunsEqualTheCpu_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("parameters");
    const char *rules[]{"{}", R"({"decodeRule": "hold"})", R"({"decodeRule": "interval", "interval": 5})", R"({"groupRule": "query_head"})",
        R"({"groupRule": "layer"})"};
    for (const char *folder : {"qwen3", "gemma2", "mistral-swa"}) {
        for (const MethodSpec *spec : methodsOfOneModel()) {
            for (const char *rule : rules) {
                const std::string id(spec->id);
                if (canonicalParameters(methodInfo(*spec), Json::parse(rule)))
                    QTest::addRow("%s %s %s", folder, id.c_str(), rule) << folder << QString::fromStdString(id) << rule;
            }
        }
    }
}

void GpuParityTest::measuredRunsEqualTheCpu()
{
    QFETCH(QString, folder);
    QFETCH(QString, method);
    QFETCH(QString, parameters);
    const auto [cpu, device] = openBoth(QString::fromStdString(dataPath("zoo/")) + folder);
    const auto ids = pairIds(60, 3, cpu->config().vocab), continuation = pairIds(kScored, 4, cpu->config().vocab);
    const CapturePtr expected = captureOf(cpu, ids, kAll), found = captureOf(device, ids, kAll);
    const Planned planned = planOf(*expected, *findMethod(method.toStdString()), Json::parse(parameters.toStdString()), 24);
    const auto a = measureCell(*expected, continuation, planned.cell, RunContext{});
    const auto b = measureCell(*found, continuation, planned.cell, RunContext{});
    QVERIFY2(b.has_value(), b ? "" : b.error().message.c_str());
    QVERIFY2(largestGap(b->nll, a->nll) < 1e-4, qPrintable(QString::number(largestGap(b->nll, a->nll))));
    QCOMPARE(b->allocatedBytes, a->allocatedBytes);
    QCOMPARE(b->peakBytes, a->peakBytes);
}

void GpuParityTest::pairMethodsEqualTheCpu_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QString>("parameters");
    QTest::newRow("smallkv") << "smallkv" << R"({"matchMin": 16})";
    QTest::newRow("smallkv, oracle") << "smallkv" << R"({"matchMin": 16, "rescale": "oracle"})";
    QTest::newRow("iam") << "iam" << R"({"matchMin": 16, "matchMax": 40})";
    QTest::newRow("iam, chunked") << "iam" << R"({"matchMin": 16, "matchMax": 40, "prefillMode": "chunked"})";
}

void GpuParityTest::pairMethodsEqualTheCpu()
{
    QFETCH(QString, method);
    QFETCH(QString, parameters);
    const MethodSpec &spec = *findMethod(method.toStdString());
    const Json given = Json::parse(parameters.toStdString());
    const auto canonical = canonicalParameters(methodInfo(spec), given);
    QVERIFY2(canonical.has_value(), canonical ? "" : canonical.error().message.c_str());
    const auto large = randomModel(pairConfig(6), 3), small = randomModel(pairConfig(3, 6, 3), 4);
    const auto ids = pairIds(96, 11, large->config().vocab), continuation = pairIds(kScored, 12, large->config().vocab);
    CaptureNeeds needs = kAll;
    needs.include(spec.create()->needs(Parameters(*canonical)));
    const CapturePtr expected = pairCapture(large, small, ids, needs), found = pairCapture(onDevice(*large), onDevice(*small), ids, needs);
    const int64_t count = spec.budget.meaning == BudgetMeaning::KeptTokens ? 30 : 3;
    const Planned a = planOf(*expected, spec, given, count), b = planOf(*found, spec, given, count);
    QCOMPARE(differentBits(a.cell.plan.kept.mask, b.cell.plan.kept.mask), 0);
    QVERIFY(a.cell.plan.standIn && b.cell.plan.standIn);
    QCOMPARE(b.cell.plan.standIn->serving, a.cell.plan.standIn->serving);
    const auto results = evaluate(*expected, continuation, {a.cell}, {}, {}, RunContext{});
    const auto others = evaluate(*found, continuation, {b.cell}, {}, {}, RunContext{});
    QVERIFY2(others.has_value(), others ? "" : others.error().message.c_str());
    QVERIFY(largestGap((*others)[0].series.nll, (*results)[0].series.nll) < 1e-4);
    QVERIFY(largestGap((*others)[1].series.nll, (*results)[1].series.nll) < 1e-4);
    const auto alone = evaluateSmall(*expected, continuation, RunContext{}), aloneThere = evaluateSmall(*found, continuation, RunContext{});
    QVERIFY2(aloneThere.has_value(), aloneThere ? "" : aloneThere.error().message.c_str());
    QVERIFY(largestGap(aloneThere->series.nll, alone->series.nll) < 1e-4);
    if (spec.budget.meaning == BudgetMeaning::KeptTokens && parityDevice() != "cpu") {
        QCOMPARE(measureCell(*found, continuation, b.cell, RunContext{}).error().code, ErrorCode::Unsupported);
    } else {
        const auto measured = measureCell(*expected, continuation, a.cell, RunContext{});
        const auto measuredThere = measureCell(*found, continuation, b.cell, RunContext{});
        QVERIFY2(measuredThere.has_value(), measuredThere ? "" : measuredThere.error().message.c_str());
        QVERIFY(largestGap(measuredThere->nll, measured->nll) < 1e-4);
        QCOMPARE(measuredThere->allocatedBytes, measured->allocatedBytes);
    }
    const GenerateOptions options{.maxNew = 12, .endTokens = EndTokens::Ignore};
    const auto text = generateUnderPlan(*expected, a.cell, options, nullptr, RunContext{});
    const auto textThere = generateUnderPlan(*found, b.cell, options, nullptr, RunContext{});
    QVERIFY2(textThere.has_value(), textThere ? "" : textThere.error().message.c_str());
    QCOMPARE(textThere->ids, text->ids);
}

void GpuParityTest::headSimilarityByTheKernelEqualsTheCpu()
{
    const auto large = randomModel(pairConfig(6), 3), small = randomModel(pairConfig(3, 6, 3), 4);
    const auto largeThere = onDevice(*large), smallThere = onDevice(*small);
    const auto ids = pairIds(150, 11, large->config().vocab);
    SimilarityRequest request;
    request.metrics.clear();
    for (const SimilarityMetricInfo &info : similarityMetrics())
        request.metrics.push_back(info.metric);
    request.skipSinks = 2;
    request.control = true;
    const auto expected = headSimilarity(*large, *small, ids, request, RunContext{});
    QVERIFY2(expected.has_value(), expected ? "" : expected.error().message.c_str());
    if (gpu::headPairKernelAvailable())
        request.place = ProductPlace::Gpu;
    const auto found = headSimilarity(*largeThere, *smallThere, ids, request, RunContext{});
    QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
    for (size_t i = 0; i < expected->tables.tables.size(); ++i) {
        const SimilarityTable &a = found->tables.tables[i], &b = expected->tables.tables[i];
        const std::string name(metricInfo(b.metric).name);
        // Sets and ranks of column sums jump where two are equal up to rounding.
        const double most = b.metric == SimilarityMetric::Jaccard || b.metric == SimilarityMetric::Spearman ? 0.02 : 2e-5;
        const double gap = std::max(largestGap(a.values, b.values), largestGap(a.control, b.control));
        QVERIFY2(gap < most, qPrintable(QStringLiteral("%1: %2").arg(QString::fromStdString(name)).arg(gap)));
    }
    QVERIFY(largestGap(found->largeSums, expected->largeSums) < 1e-4);
}

void GpuParityTest::attentionTilesEqualTheCpu()
{
    for (const char *folder : {"zoo/gemma2", "zoo/deepseek-v3", "zoo/mistral-swa"}) {
        const auto [cpu, device] = openBoth(QString::fromStdString(dataPath(folder)));
        const auto ids = pairIds(60, 3, cpu->config().vocab);
        const CapturePtr expected = captureOf(cpu, ids, kAll), found = captureOf(device, ids, kAll);
        const int64_t layer = cpu->config().layers - 1;
        const auto a = attentionTile(*expected, layer, 1, 20, 50, RunContext{}), b = attentionTile(*found, layer, 1, 20, 50, RunContext{});
        QVERIFY2(b.has_value(), b ? "" : b.error().message.c_str());
        QVERIFY2(parityError(*b, *a) < 2e-5, folder);
    }
}

void GpuParityTest::promptScoresEqualTheCpu()
{
    const auto gap = [](const std::vector<double> &a, const std::vector<double> &b) {
        double most = a.size() == b.size() ? 0 : INFINITY;
        for (size_t i = 1; i < std::min(a.size(), b.size()); ++i) // the first token has no information
            most = std::isfinite(a[i]) ? std::max(most, std::abs(a[i] - b[i])) : INFINITY;
        return most;
    };
    for (const char *folder : {"zoo/qwen3", "zoo/gemma2", "zoo/olmoe"}) {
        const auto [cpu, device] = openBoth(QString::fromStdString(dataPath(folder)));
        const auto ids = pairIds(size_t(contextOf(cpu->config())), 3, cpu->config().vocab);
        ModelScorer onCpu(cpu), onDevice(device);
        // Whole, then a part of it again behind what is cached.
        for (const size_t tokens : {ids.size(), ids.size() - 20}) {
            auto some = ids;
            some.resize(tokens);
            some.back() = 5;
            const auto a = onCpu.score(some, ScoreWish{.attention = true}, RunContext{}), b = onDevice.score(some, ScoreWish{.attention = true}, RunContext{});
            QVERIFY2(b.has_value(), b ? "" : b.error().message.c_str());
            QVERIFY2(gap(b->information, a->information) < 1e-4, folder);
            QVERIFY2(gap(b->attention, a->attention) < 1e-4, folder);
        }
        const auto text = onCpu.continuation(ids, 6, RunContext{}), textThere = onDevice.continuation(ids, 6, RunContext{});
        QVERIFY(textThere.has_value());
        QCOMPARE(*textThere, *text);
    }
}

void GpuParityTest::writtenTensorsEqualTheCpu()
{
    const QTemporaryDir folder;
    for (const char *name : {"zoo/mixtral", "zoo/deepseek-v2", "zoo/gemma3-text"}) {
        const auto [cpu, device] = openBoth(QString::fromStdString(dataPath(name)));
        const auto ids = pairIds(40, 3, cpu->config().vocab);
        const TensorSelection all{.greedy = 6};
        const std::string a = folder.filePath("a.safetensors").toStdString(), b = folder.filePath("b.safetensors").toStdString();
        const auto expected = writeCaptureTensors(*cpu, ids, all, a, RunContext{}), found = writeCaptureTensors(*device, ids, all, b, RunContext{});
        QVERIFY2(found.has_value(), found ? "" : found.error().message.c_str());
        QCOMPARE(*found, *expected);
        const auto left = SafetensorsFile::open(a), right = SafetensorsFile::open(b);
        for (const std::string &tensor : *expected) {
            if (left->entry(tensor).dtype == "I32")
                QVERIFY2(left->ints(tensor) == right->ints(tensor), tensor.c_str());
            else
                QVERIFY2(parityError(golden(*right, tensor), golden(*left, tensor)) < 2e-5, tensor.c_str());
        }
    }
}

void GpuParityTest::timeOfTheKernel()
{
    std::string reason;
    if (!gpu::headPairKernelAvailable(&reason))
        QSKIP(reason.c_str());
    const at::Device device = *chooseDevice("cuda");
    const at::TensorOptions options = at::TensorOptions(at::kFloat).device(device);
    for (const auto &[heads, others, entries] : {std::tuple<int64_t, int64_t, int64_t>{270, 270, 16384}, {1024, 576, 65536}, {2048, 2048, 65536}}) {
        const at::Tensor x = at::rand({heads, entries}, options), y = at::rand({others, entries}, options);
        at::Tensor products = at::zeros({heads, others}, options.dtype(at::kDouble));
        const gpu::HeadPairs pairs{x.const_data_ptr<float>(), y.const_data_ptr<float>(), heads, others, entries, entries, entries,
            products.mutable_data_ptr<double>()};
        const auto median = [&](const auto &run) {
            std::vector<double> times;
            for (int i = 0; i < 7; ++i) {
                waitFor(device);
                QElapsedTimer timer;
                timer.start();
                run();
                waitFor(device);
                times.push_back(double(timer.nsecsElapsed()) * 1e-9);
            }
            std::sort(times.begin(), times.end());
            return times[3];
        };
        std::string said;
        const double kernel = median([&] { said += gpu::headPairProducts(pairs, nullptr); });
        QVERIFY2(said.empty(), said.c_str());
        at::Tensor single = at::zeros({heads, others}, options);
        const double library = median([&] { at::mm_out(single, x, y.t()); });
        const double gflop = 2e-9 * double(heads * others * entries);
        qInfo("%lld x %lld heads, %lld entries: %.3f ms, %.0f GFLOP/s; the library's f32 product %.0f GFLOP/s", static_cast<long long>(heads),
            static_cast<long long>(others), static_cast<long long>(entries), 1e3 * kernel, gflop / kernel, gflop / library);
        const at::Tensor expected = at::mm(x.to(at::kDouble), y.to(at::kDouble).t()) * 7.0;
        QVERIFY(((products - expected).abs() / expected).max().item<double>() < 1e-5);
    }
}

QTEST_GUILESS_MAIN(GpuParityTest)
#include "gpu_parity_test.moc"
