#include "core/eval/similarity.h"
#include "gpu/head_pairs.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/golden.h"
#include "tests/support/pair_models.h"
#include "tests/support/parity_cells.h"

#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>

using namespace winnow;
using namespace winnow::test;

/// Comparison of heads of two models on a GPU against the CPU, and the time of its kernel.
class GpuParityHeadsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void headSimilarityByTheKernelEqualsTheCpu();
    void timeOfTheKernel();
};

void GpuParityHeadsTest::initTestCase()
{
    if (const std::string reason = parityReason(); !reason.empty())
        QSKIP(reason.c_str());
}

void GpuParityHeadsTest::headSimilarityByTheKernelEqualsTheCpu()
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

void GpuParityHeadsTest::timeOfTheKernel()
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

QTEST_GUILESS_MAIN(GpuParityHeadsTest)
#include "gpu_parity_heads_test.moc"
