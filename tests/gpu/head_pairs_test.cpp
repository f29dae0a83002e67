#include "gpu/head_pairs.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

using namespace winnow;

namespace {

/// One case for reference and kernel: heads of two models over some entries, rows further apart than they are long.
struct Case {
    int64_t xHeads, yHeads, entries, gap;
    std::vector<float> x, y;
    std::vector<double> products, expected;

    Case(int64_t a, int64_t b, int64_t n, int64_t between)
        : xHeads(a)
        , yHeads(b)
        , entries(n)
        , gap(between)
        , x(size_t(a * (n + between)))
        , y(size_t(b * (n + between)))
        , products(size_t(a * b), 0.5) // what is there already is added to
        , expected(size_t(a * b), 0.5)
    {
        std::mt19937 random(7);
        std::uniform_real_distribution<float> value(0, 1);
        for (auto *list : {&x, &y})
            std::generate(list->begin(), list->end(), [&] { return value(random); });
        for (size_t i = 0; i < size_t(a); ++i) {
            for (size_t j = 0; j < size_t(b); ++j) {
                for (size_t k = 0; k < size_t(n); ++k)
                    expected[i * size_t(b) + j] += double(x[i * size_t(n + between) + k]) * double(y[j * size_t(n + between) + k]);
            }
        }
    }

    gpu::HeadPairs pairs()
    {
        return {x.data(), y.data(), xHeads, yHeads, entries, entries + gap, entries + gap, products.data()};
    }

    /// Largest error relative to the product.
    double worst() const
    {
        double error = 0;
        for (size_t i = 0; i < expected.size(); ++i)
            error = std::max(error, std::abs(products[i] - expected[i]) / expected[i]);
        return error;
    }
};

void addCases()
{
    QTest::addColumn<int>("x");
    QTest::addColumn<int>("y");
    QTest::addColumn<int>("entries");
    QTest::addColumn<int>("gap");
    QTest::newRow("one entry") << 1 << 1 << 1 << 0;
    QTest::newRow("less than a tile") << 3 << 5 << 31 << 0;
    QTest::newRow("whole tiles") << 64 << 32 << 512 << 0;
    QTest::newRow("tails everywhere") << 33 << 47 << 1027 << 5;
    QTest::newRow("heads of a real pair") << 336 << 336 << 3000 << 0;
}

} // namespace

class HeadPairsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void referenceAddsProducts_data() { addCases(); }
    void referenceAddsProducts()
    {
        QFETCH(int, x);
        QFETCH(int, y);
        QFETCH(int, entries);
        QFETCH(int, gap);
        Case one(x, y, entries, gap);
        QElapsedTimer timer;
        timer.start();
        gpu::headPairProductsReference(one.pairs());
        qInfo("reference: %.3f ms", double(timer.nsecsElapsed()) / 1e6);
        QVERIFY(one.worst() < 1e-5); // 256 f32 additions
    }

    void kernelEqualsReference_data() { addCases(); }
    void kernelEqualsReference()
    {
        QFETCH(int, x);
        QFETCH(int, y);
        QFETCH(int, entries);
        QFETCH(int, gap);
        std::string reason;
        if (!gpu::headPairKernelAvailable(&reason))
            QSKIP(reason.c_str());
        Case one(x, y, entries, gap);
        QElapsedTimer timer;
        timer.start();
        const std::string said = gpu::headPairProductsFromHost(one.pairs());
        qInfo("kernel with copies: %.3f ms", double(timer.nsecsElapsed()) / 1e6);
        QVERIFY2(said.empty(), said.c_str());
        QVERIFY(one.worst() < 1e-5);
    }

    void withoutAGpuTheKernelSaysWhy()
    {
        std::string reason;
        if (gpu::headPairKernelAvailable(&reason))
            QSKIP("this machine runs the kernel");
        QVERIFY(!reason.empty());
        Case one(2, 2, 4, 0);
        const auto before = one.products;
        QVERIFY(!gpu::headPairProductsFromHost(one.pairs()).empty());
        QCOMPARE(one.products, before);
    }
};

QTEST_GUILESS_MAIN(HeadPairsTest)
#include "head_pairs_test.moc"
