#include "tests/support/damage.h"

#include <QTemporaryDir>
#include <SQLiteCpp/Database.h>
#include <QtTest>

using namespace winnow;

class SessionDamageTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cutOffFilesAreRefused();
    void flippedBitsAreFoundOrHarmless();
    void repairKeepsTheRowsThatAreWhole();
    void repairOfAForeignSchemaDropsWhatIsNotOurs();
    void damageInOneReportLeavesTheOthersReadable();

private:
    std::string path(const char *name) const { return m_dir.filePath(name).toStdString(); }
    QTemporaryDir m_dir;
    std::string m_bytes;
    Json m_content;
};

void SessionDamageTest::initTestCase()
{
    const std::string file = path("whole.winnow");
    m_content = *test::snapshot(*test::exampleSession(file));
    m_bytes = *readFile(file);
}

void SessionDamageTest::cutOffFilesAreRefused()
{
    const test::DamageTally tally
        = test::truncateMany(path("cut.winnow"), m_bytes, m_content, 300, 1);
    QVERIFY2(tally.wrong == 0, tally.firstWrong.c_str());
    QCOMPARE(tally.refused, 300);
    QVERIFY2(tally.slowestMs < 2000, tally.text().c_str());
}

void SessionDamageTest::flippedBitsAreFoundOrHarmless()
{
    const test::DamageTally tally = test::flipMany(path("flip.winnow"), m_bytes, m_content, 300, 2);
    QVERIFY2(tally.wrong == 0, tally.firstWrong.c_str());
    QVERIFY2(tally.slowestMs < 2000, tally.text().c_str());
}

void SessionDamageTest::repairKeepsTheRowsThatAreWhole()
{
    std::mt19937 random(3);
    int repaired = 0, notes = 0;
    for (int i = 0; i < 40; ++i) {
        const std::string file = path("repair.winnow");
        std::string altered = m_bytes;
        // Not the header: without it the file is no session any more.
        const size_t at = 100 + random() % (altered.size() - 100);
        altered[at] = static_cast<char>(altered[at] ^ 0x10);
        QVERIFY(writeFileAtomically(file, altered));
        const auto problems = checkSession(file, true);
        QVERIFY2(problems, problems ? "" : problems.error().message.c_str());
        if (problems->empty())
            continue;
        ++repaired;
        QVERIFY(problems->front().repaired);
        QVERIFY(QFile::exists(QString::fromStdString(file + ".broken")));
        const auto session = Session::open(file);
        QVERIFY2(session, session ? "" : session.error().message.c_str());
        const auto content = test::snapshot(**session);
        QVERIFY2(content, content ? "" : content.error().message.c_str());
        QVERIFY(checkSession(file, false)->empty());
        notes += (*session)->notes()->size() == 1;
    }
    QVERIFY(repaired > 10);
    QVERIFY2(notes > repaired / 2, "one damaged row costs the rows of other tables");
}

void SessionDamageTest::repairOfAForeignSchemaDropsWhatIsNotOurs()
{
    const std::string file = path("trigger.winnow");
    QVERIFY(writeFileAtomically(file, m_bytes));
    SQLite::Database(file, SQLite::OPEN_READWRITE).exec("CREATE TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM runs; END;");
    const auto refused = Session::open(file);
    QVERIFY(!refused);
    QVERIFY(refused.error().message.find("trigger t") != std::string::npos);
    QVERIFY(!checkSession(file, true)->empty());
    QVERIFY(*test::snapshot(**Session::open(file)) == m_content);
}

void SessionDamageTest::damageInOneReportLeavesTheOthersReadable()
{
    const std::string file = path("report.winnow");
    QVERIFY(writeFileAtomically(file, m_bytes));
    SQLite::Database(file, SQLite::OPEN_READWRITE).exec("UPDATE run_reports SET frame = substr(frame, 1, 200) WHERE run_id = 2");
    auto session = *Session::open(file);
    const auto damaged = session->report(2);
    QVERIFY(!damaged);
    QVERIFY(damaged.error().message.find("the report of run 2 does not match its checksum")
        != std::string::npos);
    QVERIFY(session->report(3));
    session.reset();
    const auto problems = checkSession(file, true);
    QVERIFY(problems);
    QCOMPARE(problems->size(), size_t(1));
    QCOMPARE(problems->front().where, std::string("run_reports 2"));
    session = *Session::open(file);
    QVERIFY(session->report(3));
    QVERIFY(!session->runs()->front().hasReport);
}

QTEST_GUILESS_MAIN(SessionDamageTest)
#include "session_damage_test.moc"
