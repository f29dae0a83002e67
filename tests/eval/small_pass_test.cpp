#include "core/eval/small_pass.h"

#include "core/eval/capture.h"

#include <QtTest>

#include "tests/support/random_model.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>

using namespace winnow;

namespace {

constexpr int64_t kTokens = 24, kFed = 9;

std::vector<int32_t> someIds(int64_t count, int64_t vocab)
{
    std::vector<int32_t> ids;
    for (int64_t i = 0; i < count; ++i)
        ids.push_back(static_cast<int32_t>((i * 37 + 11) % vocab));
    return ids;
}

} // namespace

class SmallPassTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rowsOfBlocksAreThoseOfTokens();
    void rowsSumToOneAndAreCausal();
    void rowsBehindACaptureAreThoseOfTheWhole();
    void stoppingEarlyChangesNoRow();
};

void SmallPassTest::rowsOfBlocksAreThoseOfTokens()
{
    const auto model = test::randomModel(test::tinyConfig());
    const auto ids = someIds(kTokens, model->config().vocab);
    const std::vector<int32_t> heads{5, 0, 10};
    SmallPass whole(model, heads, true), steps(model, heads, true);
    const at::Tensor rows = whole.feed(ids, {}).value();
    QCOMPARE(rows.size(0), 3);
    QCOMPARE(rows.size(1), kTokens);
    for (int64_t t = 0; t < kTokens; ++t) {
        const at::Tensor row = steps.feed(std::span(ids).subspan(static_cast<size_t>(t), 1), {}).value();
        QCOMPARE(row.size(2), t + 1);
        QVERIFY(at::allclose(row.select(1, 0), rows.select(1, t).narrow(1, 0, t + 1), 0, 1e-5));
    }
}

void SmallPassTest::rowsSumToOneAndAreCausal()
{
    const auto model = test::randomModel(test::tinyConfig());
    SmallPass pass(model, {1, 3}, false);
    const at::Tensor rows = pass.feed(someIds(kTokens, model->config().vocab), {}).value();
    QVERIFY(at::allclose(rows.sum(-1), at::ones({2, kTokens}), 0, 1e-5));
    QCOMPARE(rows.triu(1).abs().max().item<float>(), 0.0F);
}

void SmallPassTest::rowsBehindACaptureAreThoseOfTheWhole()
{
    const auto model = test::randomModel(test::tinyConfig());
    const auto ids = someIds(kTokens + kFed, model->config().vocab);
    const std::vector<int32_t> heads{4, 1};
    SmallPass whole(model, heads, true);
    const at::Tensor all = whole.feed(ids, {}).value().narrow(1, kTokens, kFed);
    const auto capture = captureContext(model, {ids.begin(), ids.begin() + kTokens}, {}, {}).value();
    const auto rows = smallRows(*capture, heads, std::span(ids).subspan(kTokens), {}).value();
    QCOMPARE(rows->columns(), kTokens + kFed);
    for (size_t u = 0; u < heads.size(); ++u) {
        for (int64_t t = 0; t < kFed; ++t) {
            for (int64_t v = 0; v < rows->columns(); ++v)
                QVERIFY(std::abs(rows->row(heads[u], t)[v] - all[static_cast<int64_t>(u)][t][v].item<float>()) < 1e-5);
        }
    }
}

void SmallPassTest::stoppingEarlyChangesNoRow()
{
    const auto model = test::randomModel(test::tinyConfig());
    const auto ids = someIds(kTokens, model->config().vocab);
    SmallPass early(model, {1}, true), late(model, {1}, false);
    QVERIFY(at::equal(early.feed(ids, {}).value(), late.feed(ids, {}).value()));
    QCOMPARE(early.layersRun(), 1);
    QCOMPARE(late.layersRun(), model->config().layers);
    QVERIFY(early.cacheBytes() < late.cacheBytes());
    QVERIFY(early.weightBytes() < late.weightBytes());
}

QTEST_GUILESS_MAIN(SmallPassTest)
#include "small_pass_test.moc"
