// labels: slow
#include "tests/support/damage.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace winnow;

/// The long form of session_damage: 2,000 files each way. Run it in the asan build.
class SessionDamageFullTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const std::string file = m_dir.filePath("whole.winnow").toStdString();
        m_content = *test::snapshot(*test::exampleSession(file));
        m_bytes = *readFile(file);
    }
    void twoThousandCutOffFilesAreRefused()
    {
        const auto tally = test::truncateMany(
            m_dir.filePath("cut.winnow").toStdString(), m_bytes, m_content, 2000, 11);
        qInfo("%s", tally.text().c_str());
        QVERIFY2(tally.wrong == 0, tally.firstWrong.c_str());
        QCOMPARE(tally.refused, 2000);
        QVERIFY(tally.slowestMs < 2000);
    }
    void twoThousandFlippedBitsAreFoundOrHarmless()
    {
        const auto tally = test::flipMany(
            m_dir.filePath("flip.winnow").toStdString(), m_bytes, m_content, 2000, 12);
        qInfo("%s", tally.text().c_str());
        QVERIFY2(tally.wrong == 0, tally.firstWrong.c_str());
        QVERIFY(tally.slowestMs < 2000);
    }
    void twoHundredRepairsEndInACleanFile()
    {
        const std::string file = m_dir.filePath("repair.winnow").toStdString();
        std::mt19937 random(13);
        for (int i = 0; i < 200; ++i) {
            std::string altered = m_bytes;
            for (int flips = 0; flips < 8; ++flips)
                altered[100 + random() % (altered.size() - 100)]
                    ^= static_cast<char>(1 << random() % 7);
            if (i % 4 == 0)
                altered.resize(altered.size() - random() % (altered.size() / 2));
            QVERIFY(writeFileAtomically(file, altered));
            const auto problems = checkSession(file, true);
            if (!problems || problems->empty() || !problems->front().repaired)
                continue; // a file SQLite cannot open at all stays as it is
            QVERIFY(checkSession(file, false)->empty());
            QVERIFY(test::snapshot(**Session::open(file)));
        }
    }

private:
    QTemporaryDir m_dir;
    std::string m_bytes;
    Json m_content;
};

QTEST_GUILESS_MAIN(SessionDamageFullTest)
#include "session_damage_full_test.moc"
