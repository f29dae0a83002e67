#include "core/model/packed_product.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <QTest>

using namespace winnow;

class PackedProductTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (!packed::available())
            QSKIP("this processor has no AVX2, or has AVX-512, which the general product makes use of");
    }

    void productsEqualThoseInDouble_data()
    {
        QTest::addColumn<int>("inputs");
        QTest::addColumn<int>("columns");
        QTest::addColumn<int>("rows");
        QTest::newRow("one of each") << 1 << 1 << 1;
        QTest::newRow("ragged everywhere") << 29 << 77 << 131;
        QTest::newRow("a panel of 8") << 8 << 64 << 12;
        QTest::newRow("a panel of 16") << 40 << 64 << 9;
        QTest::newRow("columns in several pieces") << 25 << 1500 << 97;
        QTest::newRow("inputs in several pieces") << 1100 << 40 << 33;
        QTest::newRow("columns that leave few rows a block") << 10 << 30000 << 21;
    }

    void productsEqualThoseInDouble()
    {
        QFETCH(int, inputs);
        QFETCH(int, columns);
        QFETCH(int, rows);
        const at::Tensor x = at::randn({inputs, columns}), dense = at::randn({rows, columns});
        const WeightMatrix weight(dense);
        at::Tensor out = at::empty({inputs, rows});
        packed::packedProduct(x, weight, out, packed::Into::Replace);
        const at::Tensor exact = at::mm(x.to(at::kDouble), dense.to(at::kDouble).t());
        const at::Tensor most = at::mm(x.abs().to(at::kDouble), dense.abs().to(at::kDouble).t());
        // The bound of weight_matrix_test: what f32 sums may be off, of the sum of absolute products.
        const double worst = ((out.to(at::kDouble) - exact).abs() / most).max().item<double>();
        QVERIFY2(worst < 1e-6, qPrintable(QString::number(worst)));
    }

    void addsIntoAPartOfAWiderMatrix()
    {
        const at::Tensor wide = at::randn({31, 100}), before = wide.clone();
        const at::Tensor x = at::randn({31, 60}).narrow(1, 5, 48), dense = at::randn({21, 48}); // rows of x further apart than they are long
        at::Tensor part = wide.narrow(1, 40, 21);
        packed::packedProduct(x, WeightMatrix(dense), part, packed::Into::Add);
        at::Tensor expected = at::empty({31, 21});
        packed::packedProduct(x.contiguous(), WeightMatrix(dense), expected, packed::Into::Replace);
        QVERIFY(at::equal(part, before.narrow(1, 40, 21) + expected));
        QVERIFY(at::equal(wide.narrow(1, 0, 40), before.narrow(1, 0, 40)));
        QVERIFY(at::equal(wide.narrow(1, 61, 39), before.narrow(1, 61, 39)));
    }

    /// What a sequence is scored from may be fed at once or in pieces.
    void rowsHaveTheSameBitsInAnyCompany()
    {
        const at::Tensor x = at::randn({600, 700}), dense = at::randn({50, 700});
        const WeightMatrix weight(dense);
        at::Tensor all = at::zeros({600, 50});
        packed::packedProduct(x, weight, all, packed::Into::Replace);
        for (const int64_t count : {1, 7, 8, 9, 16, 17, 23, 24, 25, 41, 300, 529}) {
            at::Tensor some = at::zeros({count, 50});
            packed::packedProduct(x.narrow(0, 600 - count, count), weight, some, packed::Into::Replace);
            QVERIFY2(at::equal(some, all.narrow(0, 600 - count, count)), qPrintable(QString::number(count)));
        }
    }

    void mixesRowsAsInDouble()
    {
        for (const int64_t width : {8, 16, 24, 40, 64, 128}) {
            const at::Tensor weights = at::rand({29, 700}), values = at::randn({700, width});
            at::Tensor out = at::empty({29, width});
            packed::mixRows({weights.const_data_ptr<float>(), values.const_data_ptr<float>(), 29, 700, width}, out.data_ptr<float>());
            const at::Tensor exact = at::mm(weights.to(at::kDouble), values.to(at::kDouble));
            const at::Tensor most = at::mm(weights.to(at::kDouble), values.abs().to(at::kDouble));
            QVERIFY(((out.to(at::kDouble) - exact).abs() / most).max().item<double>() < 1e-6);
        }
    }

    /// A query alone, and behind it the keys that only later queries of its block see.
    void hiddenRowsChangeNoBitOfAMix()
    {
        const at::Tensor weights = at::rand({5, 700}), values = at::randn({700, 64});
        weights.narrow(1, 300, 400).zero_();
        const at::Tensor seen = weights.narrow(0, 2, 1).narrow(1, 0, 300).contiguous();
        at::Tensor all = at::empty({5, 64}), alone = at::empty({1, 64});
        packed::mixRows({weights.const_data_ptr<float>(), values.const_data_ptr<float>(), 5, 700, 64}, all.data_ptr<float>());
        packed::mixRows({seen.const_data_ptr<float>(), values.const_data_ptr<float>(), 1, 300, 64}, alone.data_ptr<float>());
        QVERIFY(at::equal(all.narrow(0, 2, 1), alone));
    }

    void otherNumbersAndOrdersAreLeftToTheGeneralProduct()
    {
        const at::Tensor x = at::randn({20, 8}), target = at::empty({20, 4});
        const WeightMatrix weight(at::randn({4, 8}));
        QVERIFY(packed::takes(x, weight, target));
        QVERIFY(!packed::takes(x.to(at::kDouble), weight, target));
        QVERIFY(!packed::takes(at::randn({8, 20}).t(), weight, target));
        QVERIFY(!packed::takes(x, weight, at::empty({4, 20}).t()));
        QVERIFY(!packed::takes(x, WeightMatrix(at::randn({4, 16}).narrow(1, 0, 8)), target));
    }
};

QTEST_GUILESS_MAIN(PackedProductTest)
#include "packed_product_test.moc"
