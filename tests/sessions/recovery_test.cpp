#include "sessions/atomic_file.h"
#include "sessions/base64.h"
#include "sessions/recent_files.h"
#include "sessions/recovery.h"
#include "tests/support/example_session.h"

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <filesystem>
#include <sys/resource.h>

using namespace winnow;

class RecoveryTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void workOnACopyLeavesTheFileAloneUntilSaved();
    void runningInstancesAreNotOffered();
    void abandonedChangesAreOfferedOnceAndRecovered();
    void recoveredWorkSavesToTheOriginal();
    void discardedAndUnchangedCopiesAreGone();
    void partsOfDeadProcessesGoAfterADay();
    void damagedLeftoverIsRepaired();
    void fileChangedByAnotherProgramIsNoticed();
    void takenSessionKeepsItsLock();
    void fullDiskLeavesTheOldStateAndNamesTheFile();
    void thumbnailIsKeptButNoChange();
    void recentListIsNewestFirstAndBounded();
    void damagedRecentListIsEmpty();
    void base64ReadsBack();

private:
    std::string path(const char *name) const { return (m_dir->path() + "/" + name).toStdString(); }
    std::string folder() const { return path("state/working"); }
    size_t filesLeft() const
    {
        const auto files = std::filesystem::directory_iterator(folder());
        return static_cast<size_t>(std::distance(begin(files), end(files)));
    }
    std::unique_ptr<QTemporaryDir> m_dir;
};

void RecoveryTest::init() { m_dir = std::make_unique<QTemporaryDir>(); }

void RecoveryTest::workOnACopyLeavesTheFileAloneUntilSaved()
{
    const std::string file = path("a.winnow");
    test::exampleSession(file).reset();
    const std::string before = *readFile(file);
    auto working = *WorkingCopy::open(folder(), file);
    QCOMPARE(working->name(), std::string("a.winnow"));
    QCOMPARE(working->session().unsavedChanges(), int64_t(0));
    QVERIFY(working->session().addNote({ 0, "new", "new" }));
    QVERIFY(*readFile(file) == before);
    QVERIFY(working->save());
    // Bytes 18 and 19 of the header: 1 = no write-ahead log, the file stands alone.
    QVERIFY(readFile(file)->substr(18, 2) == "\1\1");
    QCOMPARE(working->session().unsavedChanges(), int64_t(0));
    QCOMPARE((*Session::openReadOnly(file))->notes()->size(), size_t(2));
    working->close();
    QCOMPARE(filesLeft(), size_t(0));
}

void RecoveryTest::runningInstancesAreNotOffered()
{
    auto working = *WorkingCopy::untitled(folder(), "Untitled");
    QVERIFY(working->session().addNote({ 0, "a", "b" }));
    QVERIFY(leftovers(folder()).empty());
    QCOMPARE(WorkingCopy::recover({ working->file(), "", "Untitled", "", 1, "" }).error().code,
        ErrorCode::NotFound);
    QCOMPARE(working->save().error().code, ErrorCode::BadInput);
}

void RecoveryTest::abandonedChangesAreOfferedOnceAndRecovered()
{
    const std::string file = path("bleed.winnow");
    test::exampleSession(file).reset();
    {
        auto working = *WorkingCopy::open(folder(), file);
        for (int i = 0; i < 4; ++i)
            QVERIFY(working->session().addNote({ 0, "n", "t" }));
    }
    const auto found = leftovers(folder());
    QCOMPARE(found.size(), size_t(1));
    QCOMPARE(found.front().name, std::string("bleed.winnow"));
    QCOMPARE(found.front().original, file);
    QCOMPARE(found.front().unsavedChanges, int64_t(4));
    QVERIFY(found.front().changed.starts_with("20") && found.front().changed.ends_with("Z"));
    QVERIFY(markOffered(found.front()));
    QVERIFY(leftovers(folder()).empty());
    QCOMPARE(leftovers(folder(), LeftoverScope::All).size(), size_t(1));
    auto working = *WorkingCopy::recover(found.front());
    QCOMPARE(working->session().notes()->size(), size_t(5));
    QVERIFY(leftovers(folder(), LeftoverScope::All).empty());
    working.reset();
    // Abandoned a second time, it is news again.
    QCOMPARE(leftovers(folder()).size(), size_t(1));
}

void RecoveryTest::recoveredWorkSavesToTheOriginal()
{
    const std::string file = path("a.winnow");
    test::exampleSession(file).reset();
    {
        auto working = *WorkingCopy::open(folder(), file);
        QVERIFY(working->session().addNote({ 0, "kept", "text" }));
    }
    auto working = *WorkingCopy::recover(leftovers(folder()).front());
    QVERIFY(!working->originalChanged());
    QVERIFY(working->save());
    QCOMPARE((*Session::openReadOnly(file))->notes()->back().title, std::string("kept"));
}

void RecoveryTest::discardedAndUnchangedCopiesAreGone()
{
    (void)*WorkingCopy::untitled(folder(), "Untitled");
    QVERIFY(leftovers(folder()).empty());
    QCOMPARE(filesLeft(), size_t(0));
    {
        auto working = *WorkingCopy::untitled(folder(), "Untitled");
        QVERIFY(working->session().addNote({ 0, "a", "b" }));
    }
    discard(leftovers(folder()).front());
    QCOMPARE(filesLeft(), size_t(0));
    QVERIFY(leftovers(path("nowhere")).empty());
}

void RecoveryTest::partsOfDeadProcessesGoAfterADay()
{
    QVERIFY(QDir().mkpath(QString::fromStdString(folder())));
    const std::string stale = folder() + "/.a.winnow.1-0.part",
                      fresh = folder() + "/.b.winnow.2-0.part";
    for (const std::string &part : { stale, fresh })
        QVERIFY(QFile(QString::fromStdString(part)).open(QIODevice::WriteOnly));
    QFile old(QString::fromStdString(stale));
    QVERIFY(old.open(QIODevice::ReadWrite));
    QVERIFY(old.setFileTime(
        QDateTime::currentDateTime().addDays(-2), QFileDevice::FileModificationTime));
    old.close();
    QVERIFY(leftovers(folder()).empty());
    QVERIFY(!QFile::exists(QString::fromStdString(stale)));
    QVERIFY(QFile::exists(QString::fromStdString(fresh)));
}

void RecoveryTest::damagedLeftoverIsRepaired()
{
    std::string copy;
    {
        auto working = *WorkingCopy::untitled(folder(), "Untitled");
        for (int i = 0; i < 300; ++i)
            QVERIFY(working->session().addNote({ 0, "note", std::string(100, 'x') }));
        copy = working->file();
    }
    std::string bytes = *readFile(copy);
    bytes[bytes.size() - 200] = static_cast<char>(bytes[bytes.size() - 200] ^ 1);
    QVERIFY(writeFileAtomically(copy, bytes));
    const auto found = leftovers(folder());
    QCOMPARE(found.size(), size_t(1));
    auto working = WorkingCopy::recover(found.front());
    QVERIFY2(working, working ? "" : working.error().message.c_str());
    QVERIFY((*working)->session().runs());
}

void RecoveryTest::fileChangedByAnotherProgramIsNoticed()
{
    const std::string file = path("a.winnow");
    test::exampleSession(file).reset();
    auto working = *WorkingCopy::open(folder(), file);
    QVERIFY(!working->originalChanged());
    QVERIFY((*Session::open(file))->addNote({ 0, "other", "program" }));
    QVERIFY(working->originalChanged());
    QVERIFY(working->save());
    QVERIFY(!working->originalChanged());
}

void RecoveryTest::takenSessionKeepsItsLock()
{
    auto working = *WorkingCopy::untitled(folder(), "Untitled");
    std::unique_ptr<Session> session = working->takeSession();
    QVERIFY(session->addNote({ 0, "a", "b" }));
    QVERIFY(leftovers(folder()).empty());
    const std::string file = path("saved.winnow");
    QVERIFY(session->saveCopy(file));
    QVERIFY(session->markSaved());
    QVERIFY(working->setOriginal(file));
    QVERIFY(session->addNote({ 0, "c", "d" }));
    session.reset();
    working.reset();
    QCOMPARE(leftovers(folder()).front().original, file);
}

void RecoveryTest::fullDiskLeavesTheOldStateAndNamesTheFile()
{
    const std::string file = path("full.winnow");
    auto session = test::exampleSession(file);
    const std::string copy = path("copy.winnow");
    QVERIFY(session->saveCopy(copy));
    const std::string before = *readFile(copy);
    QVERIFY(session->addNote({ 0, "small", "note" }));
    // A limit on file sizes fails writes as a full disk does.
    rlimit old {};
    getrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small { 8192, old.rlim_max };
    setrlimit(RLIMIT_FSIZE, &small);
    const auto added = session->addNote({ 0, "large", std::string(200000, 'x') });
    const auto saved = session->saveCopy(copy);
    const auto plain = writeFileAtomically(path("text.txt"), std::string(20000, 'x'));
    setrlimit(RLIMIT_FSIZE, &old);
    QVERIFY(!added && !saved && !plain);
    QCOMPARE(added.error().code, ErrorCode::Io);
    QVERIFY2(added.error().message.find(file) != std::string::npos, added.error().message.c_str());
    QVERIFY2(saved.error().code == ErrorCode::Io, saved.error().message.c_str());
    QVERIFY2(saved.error().message.find(copy) != std::string::npos, saved.error().message.c_str());
    QVERIFY(plain.error().message.find("text.txt") != std::string::npos);
    QVERIFY(*readFile(copy) == before);
    QCOMPARE(session->notes()->size(), size_t(2));
    QVERIFY(session->addNote({ 0, "large", std::string(200000, 'x') }));
    session.reset();
    QVERIFY(checkSession(file, false)->empty());
    for (const QString &name : QDir(m_dir->path()).entryList(QDir::Files | QDir::Hidden))
        QVERIFY2(!name.endsWith(".part"), qPrintable(name));
}

void RecoveryTest::thumbnailIsKeptButNoChange()
{
    auto session = *Session::create(path("a.winnow"));
    const std::vector<std::byte> png { std::byte { 0x89 }, std::byte { 0 }, std::byte { 255 },
        std::byte { 7 } };
    QVERIFY(thumbnail(*session).empty());
    QVERIFY(setThumbnail(*session, png));
    QVERIFY(thumbnail(*session) == png);
    QCOMPARE(session->unsavedChanges(), int64_t(0));
}

void RecoveryTest::recentListIsNewestFirstAndBounded()
{
    RecentFiles recent(path("state/recent.json"));
    QVERIFY(recent.entries().empty());
    QCOMPARE(sessionSummary(*test::exampleSession(path("summary.winnow"))),
        std::string("3 runs, cache of panthers.txt"));
    for (int i = 4; i < 20; ++i)
        QVERIFY(recent.add(
            { path("file") + std::to_string(i), "summary", "", { std::byte { 1 } }, true }));
    QVERIFY(recent.add({ path("file") + "15", "again", "", {}, true }));
    const auto entries = recent.entries();
    QCOMPARE(entries.size(), RecentFiles::kMost);
    QCOMPARE(entries[0].summary, std::string("again"));
    QCOMPARE(entries[1].path, path("file") + "19");
    QVERIFY(!entries[1].exists && !entries[1].opened.empty() && entries[1].thumbnail.size() == 1);
    QVERIFY(recent.remove(entries[1].path));
    QCOMPARE(recent.entries()[1].path, path("file") + "18");
    QVERIFY(recent.clear());
    QVERIFY(recent.entries().empty());
}

void RecoveryTest::damagedRecentListIsEmpty()
{
    for (const char *text :
        { "", "{", "[1,2]", "{\"recent\": 3}", "{\"recent\": [3, {\"path\": 4}]}" }) {
        QVERIFY(writeFileAtomically(path("recent.json"), std::string_view(text)));
        QVERIFY(RecentFiles(path("recent.json")).entries().empty());
    }
}

void RecoveryTest::base64ReadsBack()
{
    QCOMPARE(base64("foobar"), std::string("Zm9vYmFy")); // RFC 4648, section 10
    QCOMPARE(base64("fooba"), std::string("Zm9vYmE="));
    QCOMPARE(base64("foob"), std::string("Zm9vYg=="));
    QCOMPARE(base64(""), std::string());
    QVERIFY(!fromBase64("Zm9") && !fromBase64("Zm9!") && !fromBase64("Z==="));
    const auto bytes = fromBase64("Zm9vYmE=");
    QVERIFY(bytes && bytes->size() == 5 && (*bytes)[4] == std::byte { 'a' });
}

QTEST_GUILESS_MAIN(RecoveryTest)
#include "recovery_test.moc"
