#include "sessions/database.h"
#include "sessions/session.h"

#include "tests/support/example_session.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace winnow;

namespace {

/// A small report with an array, as an engine would make it.
Report smallReport(float value)
{
    Document document;
    const std::vector<float> values { value, 0.1f, -2.5f };
    document.arrays.push_back(Array::fromFloats(values, { 3 }));
    document.body = { { "schema", "winnow.report/1" }, { "metrics", { { "nll", value } } },
        { "scores", { { "$array", 0 } } } };
    return Report(std::move(document));
}

RunRecord exampleRun(int64_t input, int letter = -1)
{
    RunRecord run;
    run.inputId = input;
    run.letter = letter;
    run.name = "SnapKV";
    run.request = { { "method", "snapkv" }, { "budget", "25%" } };
    return run;
}

} // namespace

class SessionTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { QVERIFY(m_dir.isValid()); }
    void everythingWrittenIsReadBackAfterReopening();
    void lettersAndIdsAreNeverGivenTwice();
    void removedRunComesBackUnderItsLetter();
    void usedInputIsNotRemoved();
    void changesAreCountedAndSavingClearsThem();
    void saveCopyReplacesTheTargetAndDropsItsOldJournal();
    void fileIsCompleteAloneBetweenTwoActions();
    void readOnlyNeverWrites();
    void otherFilesAreRefusedUntouched();
    void newerFormatIsRefusedWithBothVersions();
    void missingRowsAreNotFound();
    void olderFormatIsMigratedAndKeepsItsRows();
    void failedMigrationLeavesTheOldFormat();

private:
    std::string file(const char *name) const { return m_dir.filePath(name).toStdString(); }
    QTemporaryDir m_dir;
};

void SessionTest::everythingWrittenIsReadBackAfterReopening()
{
    const std::string path = file("all.winnow");
    const std::string content("text \0 with a zero byte and \xF0\x9F\x90\xBE", 34);
    {
        auto session = Session::create(path);
        QVERIFY2(session, session ? "" : session.error().message.c_str());
        const auto input = (*session)->addInput(
            { 0, "panthers.txt", "text", content, { { "licence", "CC BY-SA 4.0" } } });
        QVERIFY(input);
        const auto run = (*session)->addRun(exampleRun(*input));
        QVERIFY(run);
        QVERIFY((*session)->setReport(*run, smallReport(1.25f)));
        QVERIFY((*session)->putCell({ "k1", { { "budget", "10%" } }, *run }, smallReport(2.5f)));
        QVERIFY((*session)->addFigure({ 0, "Kept tokens", "tokens", { { "layer", 12 } } }));
        QVERIFY((*session)->addNote({ 0, "Finding", "A note" }));
        QVERIFY((*session)->setState("baseline", 2));
    }
    auto session = Session::open(path);
    QVERIFY(session);
    const auto inputs = (*session)->inputs();
    QVERIFY(inputs);
    QCOMPARE(inputs->size(), size_t(1));
    QVERIFY(inputs->front().content == content);
    QVERIFY(inputs->front().extra == Json({ { "licence", "CC BY-SA 4.0" } }));
    const auto runs = (*session)->runs();
    QVERIFY(runs);
    QCOMPARE(runs->size(), size_t(1));
    QVERIFY(runs->front().hasReport);
    QVERIFY(!runs->front().created.empty());
    QVERIFY(runs->front().request == exampleRun(0).request);
    const auto report = (*session)->report(runs->front().id);
    QVERIFY(report);
    QVERIFY((*report)->body() == smallReport(1.25f).body());
    QVERIFY((*report)->document().arrays.front().bytes
        == smallReport(1.25f).document().arrays.front().bytes);
    const auto cell = (*session)->cell("k1");
    QVERIFY(cell && *cell);
    QVERIFY((**cell)->body() == smallReport(2.5f).body());
    QVERIFY(!*(*session)->cell("k2"));
    QCOMPARE((*session)->cells()->front().runId, runs->front().id);
    QCOMPARE((*session)->figures()->front().view, std::string("tokens"));
    QCOMPARE((*session)->notes()->front().text, std::string("A note"));
    QCOMPARE((*session)->state("baseline")->get<int>(), 2);
    QVERIFY((*session)->state("absent")->is_null());
    const auto problems = checkSession(path, false);
    QVERIFY(problems);
    QVERIFY2(problems->empty(), problems->empty() ? "" : problems->front().what.c_str());
}

void SessionTest::lettersAndIdsAreNeverGivenTwice()
{
    auto session = *Session::create(file("letters.winnow"));
    const int64_t a = *session->addRun(exampleRun(0));
    const int64_t b = *session->addRun(exampleRun(0));
    QVERIFY(session->removeRun(b));
    const int64_t c = *session->addRun(exampleRun(0));
    QVERIFY(c != a && c != b);
    const auto runs = session->runs();
    QCOMPARE(runs->at(0).letter, 0);
    QCOMPARE(runs->at(1).letter, 2);
    QVERIFY(!session->addRun(exampleRun(0, 2)));
}

void SessionTest::removedRunComesBackUnderItsLetter()
{
    auto session = *Session::create(file("undo.winnow"));
    const int64_t input = *session->addInput({ 0, "a", "text", "a", Json::object() });
    const int64_t id = *session->addRun(exampleRun(input));
    QVERIFY(session->putCell({ "k", Json::object(), id }, smallReport(1)));
    const RunRecord removed = session->runs()->front();
    QVERIFY(session->removeRun(id));
    QCOMPARE(session->cells()->front().runId, int64_t(0));
    QVERIFY(session->cell("k"));
    const auto again = session->addRun(removed);
    QVERIFY(again);
    QCOMPARE(*again, id);
    QCOMPARE(session->runs()->front().letter, removed.letter);
}

void SessionTest::usedInputIsNotRemoved()
{
    auto session = *Session::create(file("used.winnow"));
    const int64_t input = *session->addInput({ 0, "a", "text", "a", Json::object() });
    const int64_t run = *session->addRun(exampleRun(input));
    const auto refused = session->removeInput(input);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::BadInput);
    QVERIFY(session->removeRun(run));
    QVERIFY(session->removeInput(input));
    QVERIFY(!session->addRun(exampleRun(input)));
}

void SessionTest::changesAreCountedAndSavingClearsThem()
{
    auto session = *Session::create(file("count.winnow"));
    QCOMPARE(session->unsavedChanges(), int64_t(0));
    const int64_t note = *session->addNote({ 0, "t", "x" });
    QVERIFY(session->updateNote({ note, "t", "y" }));
    QVERIFY(session->setState("baseline", 1));
    QVERIFY(session->setState("baseline", 1));
    QVERIFY(session->setState("view.layout", "wide"));
    QCOMPARE(session->unsavedChanges(), int64_t(3));
    const std::string copy = file("count-copy.winnow");
    QVERIFY(session->saveCopy(copy));
    QCOMPARE((*Session::open(copy))->unsavedChanges(), int64_t(0));
    QCOMPARE(session->unsavedChanges(), int64_t(3));
    QVERIFY(session->markSaved());
    QCOMPARE(session->unsavedChanges(), int64_t(0));
}

void SessionTest::saveCopyReplacesTheTargetAndDropsItsOldJournal()
{
    auto session = *Session::create(file("source.winnow"));
    QVERIFY(session->addNote({ 0, "new", "new" }));
    const std::string target = file("target.winnow");
    {
        auto old = *Session::create(target);
        QVERIFY(old->addNote({ 0, "old", "old" }));
    }
    QFile journal(QString::fromStdString(target) + "-journal");
    QVERIFY(journal.open(QIODevice::WriteOnly));
    journal.write(QByteArray(1024, 'j'));
    journal.close();
    QVERIFY(session->saveCopy(target));
    QVERIFY(!journal.exists());
    QCOMPARE((*Session::open(target))->notes()->front().text, std::string("new"));
    QVERIFY(session->saveCopy(session->path()));
    const QStringList names = QDir(m_dir.path()).entryList(QDir::Files | QDir::Hidden);
    for (const QString &name : names)
        QVERIFY2(!name.endsWith(".part"), qPrintable(name));
}

void SessionTest::fileIsCompleteAloneBetweenTwoActions()
{
    const std::string path = file("open.winnow");
    auto session = *Session::create(path);
    QVERIFY(session->addNote({ 0, "a", "b" }));
    const std::string copy = file("open-copy.winnow");
    QVERIFY(QFile::copy(QString::fromStdString(path), QString::fromStdString(copy)));
    QCOMPARE((*Session::open(copy))->notes()->size(), size_t(1));
}

void SessionTest::readOnlyNeverWrites()
{
    const std::string path = file("readonly.winnow");
    {
        auto session = *Session::create(path);
        QVERIFY(session->addNote({ 0, "a", "b" }));
    }
    QFile bytes(QString::fromStdString(path));
    QVERIFY(bytes.open(QIODevice::ReadOnly));
    const QByteArray before = bytes.readAll();
    bytes.close();
    const QStringList names = QDir(m_dir.path()).entryList(QDir::Files | QDir::Hidden);
    {
        auto session = Session::openReadOnly(path);
        QVERIFY(session);
        QCOMPARE((*session)->notes()->size(), size_t(1));
        QCOMPARE(QDir(m_dir.path()).entryList(QDir::Files | QDir::Hidden), names);
        const auto refused = (*session)->addNote({ 0, "x", "y" });
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Io);
    }
    QVERIFY(bytes.open(QIODevice::ReadOnly));
    QVERIFY(bytes.readAll() == before);
}

void SessionTest::otherFilesAreRefusedUntouched()
{
    for (const QByteArray &content : { QByteArray(), QByteArray("hello"), QByteArray(5000, 'x'),
             QByteArray("SQLite format 3\0", 16) + QByteArray(5000, '\0') }) {
        const std::string path = file("other.winnow");
        QFile::remove(QString::fromStdString(path));
        QFile bytes(QString::fromStdString(path));
        QVERIFY(bytes.open(QIODevice::WriteOnly));
        bytes.write(content);
        bytes.close();
        for (const auto &opened : { Session::open(path).map([](auto &&) {}),
                 Session::openReadOnly(path).map([](auto &&) {}),
                 checkSession(path, true).map([](auto &&) {}) }) {
            QVERIFY(!opened);
            QCOMPARE(opened.error().code, ErrorCode::BadInput);
            QVERIFY(opened.error().message.find("is not a Winnow session") != std::string::npos);
        }
        QVERIFY(bytes.open(QIODevice::ReadOnly));
        QVERIFY(bytes.readAll() == content);
    }
    QCOMPARE(Session::open(file("nowhere.winnow")).error().code, ErrorCode::NotFound);
    QCOMPARE(Session::create(file("other.winnow")).error().code, ErrorCode::BadInput);
    QCOMPARE(Session::create(file("no/folder/a.winnow")).error().code, ErrorCode::Io);
}

void SessionTest::newerFormatIsRefusedWithBothVersions()
{
    const std::string path = file("newer.winnow");
    QVERIFY(Session::create(path));
    QFile bytes(QString::fromStdString(path));
    QVERIFY(bytes.open(QIODevice::ReadWrite));
    bytes.seek(63); // last byte of user_version in the header
    bytes.write("\x63", 1);
    bytes.close();
    const auto refused = Session::open(path);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, ErrorCode::BadInput);
    QVERIFY(refused.error().message.find("format 99") != std::string::npos);
    QVERIFY(!checkSession(path, true));
}

void SessionTest::missingRowsAreNotFound()
{
    auto session = *Session::create(file("missing.winnow"));
    QCOMPARE(session->updateNote({ 7, "a", "b" }).error().code, ErrorCode::NotFound);
    QCOMPARE(session->removeRun(7).error().code, ErrorCode::NotFound);
    QCOMPARE(session->report(7).error().code, ErrorCode::NotFound);
    QCOMPARE(session->setReport(7, smallReport(1)).error().code, ErrorCode::NotFound);
    QCOMPARE(session->unsavedChanges(), int64_t(0));
}

void SessionTest::olderFormatIsMigratedAndKeepsItsRows()
{
    const std::string path = file("migrate.winnow");
    test::exampleSession(path).reset();
    SQLite::Database database(path, SQLite::OPEN_READWRITE);
    std::vector<EmbeddedFile> steps(schema::files().begin(), schema::files().end());
    steps.push_back(
        { "002_more.sql", "ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0" });
    QVERIFY(migrate(database, steps));
    QCOMPARE(database.execAndGet("PRAGMA user_version").getInt(), int(steps.size()));
    QCOMPARE(database.execAndGet("SELECT pinned FROM notes").getInt(), 0);
    QVERIFY(migrate(database, steps));
    // This program does not know the new format and says so.
    QCOMPARE(Session::open(path).error().code, ErrorCode::BadInput);
}

void SessionTest::failedMigrationLeavesTheOldFormat()
{
    const std::string path = file("migrate-fails.winnow");
    test::exampleSession(path).reset();
    {
        SQLite::Database database(path, SQLite::OPEN_READWRITE);
        std::vector<EmbeddedFile> steps(schema::files().begin(), schema::files().end());
        steps.push_back({ "002_bad.sql", "DELETE FROM notes; CREATE TABLE broken (" });
        const auto failed = migrate(database, steps);
        QVERIFY(!failed);
        QVERIFY(failed.error().message.find("002_bad.sql") != std::string::npos);
    }
    QCOMPARE((*Session::open(path))->notes()->size(), size_t(1));
    QVERIFY(checkSession(path, false)->empty());
}

QTEST_GUILESS_MAIN(SessionTest)
#include "session_test.moc"
