// labels: slow
// kill -9 of the window at random moments of its work: nothing older than the last action is lost, recovery is offered once.
#include "tests/support/app_fixture.h"

#include <QProcess>
#include <QRandomGenerator>

#include <csignal>
#include <cstdio>
#include <cstring>

using namespace winnow;

namespace {

constexpr int kKills = 50;

/// The window that will be killed: opens the tiny model and works without pause, saying after each action that it is done.
int workUntilKilled(int argc, char **argv)
{
    testing::isolateHome(QString::fromLocal8Bit(argv[2]));
    QApplication app(argc, argv);
    initIcons();
    testing::App window;
    window.window().show();
    if (!window.startEngine())
        return 2;
    Workbench &bench = window.bench();
    bench.newSession();
    bench.chooseModel(testing::tinyModel());
    if (!window.waitModel())
        return 2;
    bench.addTextInput(QStringLiteral("harbour.txt"), testing::demoText(400), Json{{"scoreLast", 16}});
    if (!window.waitPreview())
        return 2;
    const std::vector<MethodInfo> methods = bench.methods();
    for (int action = 1;; ++action) {
        bench.setMethod(QString::fromStdString(methods[static_cast<size_t>(action) % methods.size()].id));
        bench.setBudget({BudgetKind::Fraction, 0.1 + 0.01 * (action % 80)});
        window.waitPreview(2000);
        if (bench.pin() == 0)
            return 3;
        if (action % 3 == 0)
            bench.evaluateCurrent();
        bench.document().addNote({0, std::to_string(action), "done"});
        std::printf("done %d\n", action);
        std::fflush(stdout);
    }
}

} // namespace

class WindowKillTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothingOlderThanTheLastActionIsLost()
    {
        QTemporaryDir home;
        const QString working = home.path() + QStringLiteral("/data/winnow/working");
        int lost = 0, offeredTwice = 0, unclean = 0;
        for (int kill = 0; kill < kKills; ++kill) {
            QProcess child;
            child.setStandardErrorFile(QProcess::nullDevice());
            child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--work"), home.path()});
            QVERIFY(child.waitForStarted());
            QByteArray said;
            // From the first action on, at any moment of the next second.
            QVERIFY2(QTest::qWaitFor([&] { said += child.readAllStandardOutput(); return said.contains("done 1\n") || child.state() == QProcess::NotRunning; }, 60000), "the window did not start its work");
            QTest::qWait(QRandomGenerator::global()->bounded(1000));
            child.kill();
            QVERIFY(child.waitForFinished(10000));
            said += child.readAllStandardOutput();
            const QList<QByteArray> lines = said.trimmed().split('\n');
            const int last = lines.back().mid(5).toInt();
            QVERIFY(last >= 1);

            const std::vector<Leftover> found = leftovers(working.toStdString());
            QCOMPARE(found.size(), size_t(1));
            QVERIFY(markOffered(found[0]));
            offeredTwice += leftovers(working.toStdString()).empty() ? 0 : 1;
            Result<std::unique_ptr<WorkingCopy>> recovered = WorkingCopy::recover(found[0]);
            QVERIFY2(recovered, recovered ? "" : recovered.error().message.c_str());
            Result<std::vector<NoteRecord>> notes = (*recovered)->session().notes();
            Result<std::vector<RunRecord>> runs = (*recovered)->session().runs();
            QVERIFY(notes && runs);
            lost += static_cast<int>(notes->size()) < last || static_cast<int>(runs->size()) < last ? 1 : 0;
            const QString copy = home.filePath(QStringLiteral("copy.winnow"));
            QVERIFY((*recovered)->session().saveCopy(copy.toStdString()));
            Result<std::vector<SessionProblem>> problems = checkSession(copy.toStdString(), false);
            unclean += problems && problems->empty() ? 0 : 1;
            QFile::remove(copy);
            (*recovered)->close();
        }
        qInfo("%d kills of the window: %d lost an action, %d offered twice, %d unclean", kKills, lost, offeredTwice, unclean);
        QCOMPARE(lost, 0);
        QCOMPARE(offeredTwice, 0);
        QCOMPARE(unclean, 0);
    }
};

int main(int argc, char **argv)
{
    if (argc > 2 && std::strcmp(argv[1], "--work") == 0)
        return workUntilKilled(argc, argv);
    QCoreApplication app(argc, argv);
    WindowKillTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "window_kill_test.moc"
