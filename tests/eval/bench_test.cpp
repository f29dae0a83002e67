#include "core/eval/bench.h"

#include <QtTest>

#include "tests/support/golden.h"

using namespace winnow;
using namespace winnow::test;

class BenchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void timesTheElementTypeAndTheWeightsThatWereAsked_data()
    {
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<QString>("weights");
        QTest::newRow("f32 in memory") << "f32" << "f32";
        QTest::newRow("bf16 in memory") << "bf16" << "bf16";
        QTest::newRow("f16 over the file's rows") << "f16" << "file";
    }

    void timesTheElementTypeAndTheWeightsThatWereAsked()
    {
        QFETCH(QString, dtype);
        QFETCH(QString, weights);
        BenchOptions options{.modelPath = dataPath("models/llama-q8_0.gguf"), .what = "start", .repeats = 1};
        options.dtype = dtype.toStdString();
        options.weights = weights.toStdString();
        const auto bench = runBench(options, RunContext{});
        QVERIFY2(bench.has_value(), bench ? "" : bench.error().message.c_str());
        QCOMPARE((*bench)["dtype"].get<std::string>(), options.dtype);
        QCOMPARE((*bench)["weights"].get<std::string>(), options.weights);
        QVERIFY((*bench)["startToFirstLogits"].get<double>() > 0);
    }
};

QTEST_GUILESS_MAIN(BenchTest)
#include "bench_test.moc"
