#include "gguf_damage.h"

#include <QTemporaryDir>
#include <QTest>

using namespace winnow;

/// 300 truncations and 300 bit flips of every tiny model; gguf_fuzz_long_test does 2,000 of each.
class GgufFuzzTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void damagedFilesEndInAnErrorOrCanBeRead_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"llama-f16.gguf", "llama-q8_0.gguf", "llama-q4_k_m.gguf"})
            QTest::newRow(name) << name;
    }

    void damagedFilesEndInAnErrorOrCanBeRead()
    {
        QFETCH(QString, name);
        const QTemporaryDir folder;
        const auto source = std::filesystem::path(WINNOW_TEST_DATA) / "models" / name.toStdString();
        const auto result = test::damageGguf(source, folder.filePath("damaged.gguf").toStdString(), 300, 24000);
        QVERIFY2(result.problem.empty(), result.problem.c_str());
        QVERIFY(result.refused > 300); // all truncations and some flips
        QVERIFY(result.readable > 0); // flips inside weights cannot be seen
        QVERIFY(result.slowestSeconds < 2);
        qInfo("%d refused, %d readable, slowest %.1f ms", result.refused, result.readable, result.slowestSeconds * 1e3);
    }
};

QTEST_GUILESS_MAIN(GgufFuzzTest)
#include "gguf_fuzz_test.moc"
