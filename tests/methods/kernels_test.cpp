#include "core/methods/pooling.h"
#include "core/methods/quadratic_form.h"
#include "core/methods/sort_order.h"
#include "tests/support/method_fixture.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/round.h>

using namespace winnow;
using namespace winnow::test;

/// The loops that rankings spend their time in, against plain definitions.
class KernelsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void quadraticFormsEqualTheirDefinition_data()
    {
        QTest::addColumn<int>("n");
        QTest::addColumn<int>("d");
        QTest::addColumn<int>("heads");
        QTest::newRow("model shape") << 130 << 64 << 3;
        QTest::newRow("tails") << 7 << 10 << 2;
        QTest::newRow("one channel") << 1 << 1 << 1;
    }
    void quadraticFormsEqualTheirDefinition()
    {
        QFETCH(int, n);
        QFETCH(int, d);
        QFETCH(int, heads);
        const at::Tensor keys = noiseTensor({n, d}, 1), half = noiseTensor({heads, d, d}, 2);
        const at::Tensor matrices = (half + half.transpose(1, 2)).contiguous();
        const at::Tensor found = at::ones({heads, n}, at::kFloat);
        addQuadraticForms({keys.const_data_ptr<float>(), n, d, matrices.const_data_ptr<float>(), heads, 0.25F,
            found.mutable_data_ptr<float>()});
        const at::Tensor k = keys.to(at::kDouble);
        const at::Tensor expected = (at::matmul(k, matrices.to(at::kDouble)) * k).sum(-1) * 0.25 + 1;
        QVERIFY(at::allclose(found.to(at::kDouble), expected, 1e-5, 1e-5)); // f32 sums of d^2 terms
    }

    void sortingIsStableAndDescending()
    {
        const std::vector<float> score{1, -1, 3, 1, -0.0F, 0.0F, 3, -INFINITY, INFINITY, 1e-30F};
        Positions order(score.size());
        SortOrder().descending(score.data(), int64_t(score.size()), order.data());
        QCOMPARE(order, (Positions{8, 2, 6, 0, 3, 9, 4, 5, 1, 7}));
    }

    void sortingEqualsTheLibrary()
    {
        SortOrder sort;
        for (uint64_t seed = 0; seed < 20; ++seed) {
            const at::Tensor noise = at::round(noiseTensor({997}, seed) * 50) / 7; // with many ties
            const float *score = noise.const_data_ptr<float>();
            Positions order(997), expected(997);
            for (size_t i = 0; i < expected.size(); ++i)
                expected[i] = int32_t(i);
            std::stable_sort(expected.begin(), expected.end(), [&](int32_t a, int32_t b) { return score[a] > score[b]; });
            sort.descending(score, 997, order.data());
            QCOMPARE(order, expected);
        }
    }

    void poolingEqualsItsDefinition()
    {
        const at::Tensor noise = noiseTensor({40}, 3);
        for (const int64_t kernel : {1, 3, 5, 7, 31, 63}) {
            for (const Pooling pooling : {Pooling::None, Pooling::Max, Pooling::Average}) {
                at::Tensor row = noise.clone();
                poolRow(pooling, kernel, row.mutable_data_ptr<float>(), 40);
                for (int64_t v = 0; v < 40; ++v)
                    QVERIFY(std::abs(row[v].item<float>() - pooled(noise, pooling, kernel, v)) < 1e-6F);
            }
        }
    }

private:
    static float pooled(const at::Tensor &x, Pooling pooling, int64_t kernel, int64_t v)
    {
        float top = -INFINITY, sum = 0;
        for (int64_t i = std::max<int64_t>(0, v - kernel / 2); i <= std::min<int64_t>(39, v + kernel / 2); ++i) {
            top = std::max(top, x[i].item<float>());
            sum += x[i].item<float>();
        }
        if (pooling == Pooling::None)
            return x[v].item<float>();
        return pooling == Pooling::Max ? top : sum / static_cast<float>(kernel);
    }
};

QTEST_GUILESS_MAIN(KernelsTest)
#include "kernels_test.moc"
