#include "cli/lost_file.h"
#include "core/model/mapped_file.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace winnow;

namespace {

struct Ending {
    int status = 0; // as waitpid gives it
    QByteArray errors;
};

/// Runs `work` in a process of its own that explains lost files.
Ending ending(const std::function<void()> &work)
{
    int ends[2];
    if (pipe(ends) != 0)
        qFatal("no pipe");
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        explainLostFiles();
        work();
        _exit(0);
    }
    close(ends[1]);
    QFile from;
    Ending result;
    if (from.open(ends[0], QIODevice::ReadOnly, QFileDevice::AutoCloseHandle))
        result.errors = from.readAll();
    waitpid(child, &result.status, 0);
    return result;
}

} // namespace

/// A mapped file that is cut short while the program reads it.
class LostFileTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString longFile(const QString &name) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(QByteArray(3 << 20, 'x')) < 0)
            qFatal("cannot write a test file");
        return file.fileName();
    }

    static void readAfterCutting(const QString &path, int threads)
    {
        const auto file = MappedFile::open(path.toStdString());
        if (!file || truncate(path.toUtf8().constData(), 4096) != 0)
            _exit(9);
        const auto readAll = [&] {
            unsigned sum = 0;
            for (const std::byte byte : file->bytes())
                sum += std::to_integer<unsigned>(byte);
            volatile unsigned used = sum;
            (void)used;
        };
        std::vector<std::thread> others;
        for (int i = 1; i < threads; ++i)
            others.emplace_back(readAll);
        readAll();
    }

private Q_SLOTS:
    void theFileIsNamed_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("threads");
        QTest::newRow("one thread") << QStringLiteral("model.gguf") << 1;
        QTest::newRow("several threads") << QStringLiteral("weights.safetensors") << 4;
        QTest::newRow("spaces and other letters") << QStringLiteral("mein Modell ü.gguf") << 1;
        QTest::newRow("a long name") << QString(250, QLatin1Char('m')) << 1;
    }

    void theFileIsNamed()
    {
        QFETCH(QString, name);
        QFETCH(int, threads);
        const QString path = longFile(name);
        const Ending end = ending([&] { readAfterCutting(path, threads); });
        QVERIFY(WIFEXITED(end.status));
        QCOMPARE(WEXITSTATUS(end.status), 1);
        QCOMPARE(end.errors, "winnow-cli: " + path.toUtf8() + " became shorter while it was open; copy or fetch it again, then repeat the command\n");
    }

    void aWholeFileIsReadInSilence()
    {
        const QString path = longFile(QStringLiteral("whole"));
        const Ending end = ending([&] {
            const auto file = MappedFile::open(path.toStdString());
            if (!file || file->bytes()[2 << 20] != std::byte('x'))
                _exit(9);
        });
        QVERIFY(WIFEXITED(end.status) && WEXITSTATUS(end.status) == 0);
        QCOMPARE(end.errors, QByteArray());
    }

    void anotherCauseOfTheSignalStillKills()
    {
        const Ending end = ending([] { raise(SIGBUS); });
        QVERIFY(WIFSIGNALED(end.status));
        QCOMPARE(WTERMSIG(end.status), SIGBUS);
        QCOMPARE(end.errors, QByteArray());
    }
};

QTEST_GUILESS_MAIN(LostFileTest)
#include "lost_file_test.moc"
