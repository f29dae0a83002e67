// labels: slow
#include "safetensors_damage.h"

#include <QTemporaryDir>
#include <QTest>

using namespace winnow;

/// 2,000 truncations and 2,000 bit flips of each kind; the programs of tests/fuzz search longer.
class SafetensorsFuzzLongTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void damagedFilesOfAFolderEndInAnErrorOrCanBeRead_data()
    {
        QTest::addColumn<QByteArray>("whole");
        QTest::newRow("safetensors") << QByteArray::fromStdString(test::manyTensors());
        QTest::newRow("index") << QByteArray::fromStdString(test::exampleIndex());
        QTest::newRow("config") << QByteArray::fromStdString(test::exampleConfig());
    }

    void damagedFilesOfAFolderEndInAnErrorOrCanBeRead()
    {
        QFETCH(QByteArray, whole);
        const QTemporaryDir folder;
        const auto result = test::damageFolderFile(whole.toStdString(), folder.path().toStdString(), 2000);
        QVERIFY2(result.problem.empty(), result.problem.c_str());
        QVERIFY(result.refused > 2000); // all truncations and some flips
        QVERIFY(result.readable > 0); // flips inside weights and words cannot be seen
        QVERIFY(result.slowestSeconds < 2);
        qInfo("%d refused, %d readable, slowest %.1f ms", result.refused, result.readable, result.slowestSeconds * 1e3);
    }
};

QTEST_GUILESS_MAIN(SafetensorsFuzzLongTest)
#include "safetensors_fuzz_long_test.moc"
