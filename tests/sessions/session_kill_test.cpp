// labels: slow
#include "sessions/recovery.h"
#include "tests/support/example_session.h"

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <functional>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

using namespace winnow;

namespace {

/// The child: mutates a session without end and says after each action how many are done.
[[noreturn]] void mutate(Session &session, int pipe)
{
    const Json request = test::exampleRequest("snapkv", "25%");
    const ReportPtr report = test::exampleReport(request, {});
    const int64_t input
        = session.addInput({ 0, "a", "text", std::string(20000, 'x'), Json::object() }).value_or(0);
    for (int64_t done = 0;; ++done) {
        RunRecord run;
        run.inputId = input;
        run.letter = -1;
        run.name = "run " + std::to_string(done);
        run.request = request;
        const auto id = session.addRun(run);
        const bool good = id && session.setReport(*id, *report) && session.setState("last", done);
        if (!good || write(pipe, &done, sizeof done) != sizeof done)
            _exit(2);
    }
}

struct Killed {
    int64_t done = -1; // last action the child said it had finished
    int signal = 0;
};

/// Lets `child` work in a process of its own and kills it after a while.
Killed runAndKill(const std::function<void(int pipe)> &child, int microseconds)
{
    int ends[2];
    if (pipe(ends) != 0)
        return {};
    const pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        child(ends[1]);
        _exit(1);
    }
    close(ends[1]);
    Killed killed;
    int64_t done = -1;
    // The first action is awaited, so that the kill always falls among actions.
    if (read(ends[0], &done, sizeof done) == sizeof done)
        killed.done = done;
    usleep(static_cast<useconds_t>(microseconds));
    kill(process, SIGKILL);
    while (read(ends[0], &done, sizeof done) == sizeof done)
        killed.done = done;
    close(ends[0]);
    int status = 0;
    waitpid(process, &status, 0);
    killed.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return killed;
}

/// What was lost, or nothing: every finished action is there, the one under way is there or not.
QString lossIn(const Session &session, const Killed &killed)
{
    const int64_t last = session.state("last").value_or(Json(-1)).get<int64_t>();
    // The child may have been killed between a commit and its word about it.
    if (last != killed.done && last != killed.done + 1)
        return QStringLiteral("last action %1, finished were %2").arg(last).arg(killed.done);
    const auto runs = session.runs();
    if (!runs || static_cast<int64_t>(runs->size()) < killed.done + 1)
        return QStringLiteral("runs are missing");
    for (const RunRecord &run : *runs) {
        if (run.letter <= killed.done && !session.report(run.id))
            return QStringLiteral("the report of run %1 is missing").arg(run.letter);
    }
    return {};
}

QString problemsOf(const std::string &file)
{
    const auto problems = checkSession(file, false);
    if (!problems)
        return QString::fromStdString(problems.error().message);
    return problems->empty() ? QString() : QString::fromStdString(problems->front().what);
}

} // namespace

class SessionKillTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void fiftyKillsOfTheWindowLoseNothingOlderThanTheLastAction();
    void fiftyKillsOfTheCommandLineLoseNothingOlderThanTheLastAction();
};

void SessionKillTest::fiftyKillsOfTheWindowLoseNothingOlderThanTheLastAction()
{
    std::mt19937 random(5);
    int64_t actions = 0;
    for (int round = 0; round < 50; ++round) {
        QTemporaryDir dir;
        const std::string folder = dir.path().toStdString();
        const Killed killed = runAndKill(
            [&](int pipe) {
                if (auto working = WorkingCopy::untitled(folder, "Killed"))
                    mutate((*working)->session(), pipe);
            },
            static_cast<int>(random() % 40000));
        QCOMPARE(killed.signal, SIGKILL);
        QVERIFY(killed.done >= 0);
        const auto found = leftovers(folder);
        QCOMPARE(found.size(), size_t(1));
        QVERIFY2(found.front().problem.empty(), found.front().problem.c_str());
        QCOMPARE(found.front().name, std::string("Killed"));
        QCOMPARE(problemsOf(found.front().file), QString());
        auto working = WorkingCopy::recover(found.front());
        QVERIFY(working);
        QCOMPARE(lossIn((*working)->session(), killed), QString());
        actions += killed.done + 1;
    }
    qInfo("50 kills, %lld actions finished before, none lost", static_cast<long long>(actions));
}

void SessionKillTest::fiftyKillsOfTheCommandLineLoseNothingOlderThanTheLastAction()
{
    std::mt19937 random(6);
    int64_t actions = 0;
    int rolledBack = 0;
    for (int round = 0; round < 50; ++round) {
        QTemporaryDir dir;
        const std::string file = dir.filePath("a.winnow").toStdString();
        const Killed killed = runAndKill(
            [&](int pipe) {
                if (auto session = Session::create(file))
                    mutate(**session, pipe);
            },
            static_cast<int>(random() % 120000));
        QCOMPARE(killed.signal, SIGKILL);
        QVERIFY(killed.done >= 0);
        rolledBack += QFile::exists(dir.filePath("a.winnow-journal"));
        // Looked at without writing first: what has to be rolled back is rolled back in a copy.
        QCOMPARE(lossIn(**Session::openReadOnly(file), killed), QString());
        QCOMPARE(problemsOf(file), QString());
        auto session = *Session::open(file);
        QCOMPARE(lossIn(*session, killed), QString());
        QVERIFY(session->setState("after", round));
        QVERIFY(!QFile::exists(dir.filePath("a.winnow-journal")));
        actions += killed.done + 1;
    }
    qInfo("50 kills, %lld actions finished before, none lost, %d transactions rolled back",
        static_cast<long long>(actions), rolledBack);
}

QTEST_GUILESS_MAIN(SessionKillTest)
#include "session_kill_test.moc"
