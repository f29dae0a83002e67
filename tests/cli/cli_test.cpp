// labels: slow
#include "core/base/json_fields.h"
#include "sessions/session.h"

#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace winnow;

namespace {

const QString kProgram = QStringLiteral(WINNOW_BIN_DIR "/winnow-cli");
const QString kModel = QStringLiteral(WINNOW_TEST_DATA "/models/llama-f16.gguf");

struct Outcome {
    int status = -1;
    QByteArray output, errors;

    Json json() const { return Json::parse(output.begin(), output.end(), nullptr, false); }
};

} // namespace

/// The real program, as a script would call it.
class CliTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }

    QString write(const QString &name, const QByteArray &content) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly))
            qFatal("cannot write a test file");
        file.write(content);
        return file.fileName();
    }

    Outcome run(const QStringList &arguments) const
    {
        QProcess process;
        process.start(kProgram, arguments);
        if (!process.waitForFinished(120000))
            return {};
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2, process.readAllStandardOutput(),
            process.readAllStandardError()};
    }

    QString idsFile() const
    {
        QByteArray ids = "[";
        for (int i = 0; i < 90; ++i)
            ids += QByteArray::number(10 + (i * i + 3 * i) % 480) + (i < 89 ? "," : "]");
        return write(QStringLiteral("ids.json"), ids);
    }

    QStringList with(const QStringList &more) const
    {
        return QStringList{more.first(), "--model", kModel, "--ids-file", idsFile()} + more.mid(1);
    }

private Q_SLOTS:
    void everyCommandExplainsItself()
    {
        const Outcome overview = run({"--help"});
        QCOMPARE(overview.status, 0);
        for (const char *command : {"models", "describe", "tokenize", "detokenize", "score", "generate", "capture", "methods", "run",
                 "sweep", "export", "describe-session", "check-session", "bench", "selftest", "serve"}) {
            QVERIFY2(overview.output.contains(command), command);
            const Outcome help = run({command, "--help"});
            QCOMPARE(help.status, 0);
            QVERIFY2(help.output.contains("usage: winnow-cli") && help.output.contains("--json"), command);
        }
        QVERIFY(run({"run", "--help"}).output.contains("expected_attention"));
        QVERIFY(run({"run", "--method", "snapkv", "--help"}).output.contains("kernel"));
    }

    void wrongUsageIsStatusTwoAndOneLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("nothing") << QStringList{} << QByteArray("usage");
        QTest::newRow("command") << QStringList{"scroe"} << QByteArray("did you mean score?");
        QTest::newRow("template") << QStringList{"template"} << QByteArray("no messages");
        QTest::newRow("option") << QStringList{"score", "--modle", "x"} << QByteArray("did you mean --model?");
        QTest::newRow("value") << QStringList{"score", "--model"} << QByteArray("--model needs a value");
        QTest::newRow("twice") << QStringList{"score", "--top", "1", "--top", "2"} << QByteArray("twice");
        QTest::newRow("number") << QStringList{"score", "--top", "many"} << QByteArray("whole number");
        QTest::newRow("budget") << QStringList{"run", "--model", kModel, "--text", "a", "--method", "h2o", "--budget", "130%"}
                                << QByteArray("6MiB");
        QTest::newRow("parameter") << QStringList{"run", "--model", kModel, "--text", "a", "--method", "h2o", "--param", "x"}
                                   << QByteArray("NAME=VALUE");
        QTest::newRow("two budgets") << QStringList{"run", "--model", kModel, "--text", "a", "--method", "h2o", "--budgets", "1t,2t"}
                                     << QByteArray("sweep");
        QTest::newRow("cache option of a prompt") << QStringList{"run", "--model", kModel, "--text", "a", "--method", "dac", "--score-last", "2"}
                                                  << QByteArray("--answer");
        QTest::newRow("no folder") << QStringList{"capture", "--model", kModel, "--text", "a"} << QByteArray("--out");
        QTest::newRow("no session") << QStringList{"describe-session"} << QByteArray("session");
    }

    void wrongUsageIsStatusTwoAndOneLine()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, expected);
        const Outcome outcome = run(arguments);
        QCOMPARE(outcome.status, 2);
        QVERIFY(outcome.output.isEmpty());
        QVERIFY2(outcome.errors.contains(expected), outcome.errors.constData());
        if (!arguments.isEmpty())
            QCOMPARE(outcome.errors.count('\n'), 1);
    }

    void failuresAreStatusOneAndOneLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("model") << QStringList{"describe", "--model", "/no/such.gguf"} << QByteArray("/no/such.gguf");
        QTest::newRow("name") << QStringList{"describe", "--model", "smollm3"} << QByteArray("smollm2-135m");
        QTest::newRow("method") << QStringList{"run", "--model", kModel, "--text", "hello", "--method", "h3o"} << QByteArray("snapkv");
        QTest::newRow("text file") << QStringList{"score", "--model", kModel, "--text-file", "/no/such.txt"} << QByteArray("/no/such.txt");
        QTest::newRow("image") << QStringList{"score", "--model", kModel, "--image", "a.png"} << QByteArray("--image");
        QTest::newRow("get") << QStringList{"models", "get", "nothing"} << QByteArray("smollm2-135m");
        QTest::newRow("session") << QStringList{"describe-session", "/no/such.winnow"} << QByteArray("/no/such.winnow");
        QTest::newRow("no session") << QStringList{"check-session", kModel} << QByteArray("llama-f16.gguf");
        QTest::newRow("sweep without rows") << QStringList{"sweep", "--model", kModel, "--text", "hello there", "--methods", "h2o"}
                                            << QByteArray("--score-last");
    }

    void failuresAreStatusOneAndOneLine()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, expected);
        const Outcome outcome = run(arguments);
        QVERIFY2(outcome.status == 1 || outcome.status == 2, outcome.errors.constData());
        QVERIFY(outcome.output.isEmpty());
        QVERIFY2(outcome.errors.contains(expected), outcome.errors.constData());
        QCOMPARE(outcome.errors.count('\n'), 1);
    }

    void damagedModelsAreNamedAndLeaveNoOutput()
    {
        QFile model(kModel);
        QVERIFY(model.open(QIODevice::ReadOnly));
        const QByteArray bytes = model.readAll();
        const QString cut = write(QStringLiteral("cut.gguf"), bytes.left(bytes.size() / 2));
        const Outcome outcome = run({"capture", "--model", cut, "--text", "hello", "--out", path(QStringLiteral("cut-out"))});
        QCOMPARE(outcome.status, 1);
        QVERIFY2(outcome.errors.contains("cut.gguf"), outcome.errors.constData());
        QVERIFY(QDir(path(QStringLiteral("cut-out"))).entryList(QDir::Files | QDir::Hidden).isEmpty());
    }

    void jsonNamesTheFieldsOfTheContract()
    {
        const Json models = run({"models", "--json"}).json();
        for (const char *field : {"name", "title", "file", "path", "bytes", "present", "licence", "sha256"})
            QVERIFY2(models.at("models").at(0).contains(field), field);
        const Json described = run({"describe", "--model", kModel, "--tokens", "64", "--json"}).json();
        for (const char *field : {"family", "layers", "heads", "kvHeads", "headDim", "vocab", "dtype", "tokenizer", "contextLength",
                 "fileBytes", "sha256", "forecast"})
            QVERIFY2(described.contains(field), field);
        const Json tokens = run({"tokenize", "--model", kModel, "--text", "hello world", "--no-special", "--json"}).json();
        QVERIFY(tokens.at("ids").is_array() && tokens.at("pieces").is_array() && tokens.at("spans").at(0).is_array());
        const Json score = run(with({"score", "--top", "5", "--json"})).json();
        QCOMPARE(score.at("nll").size(), size_t(89));
        QCOMPARE(score.at("topIds").size(), size_t(5));
        QCOMPARE(score.at("topLogits").size(), size_t(5));
        QVERIFY(score.at("mean").is_number() && score.at("perplexity").is_number());
        const Json methods = run({"methods", "--family", "kv", "--json"}).json();
        QVERIFY(methods.at("methods").size() >= 9);
        const Json method = methods.at("methods").at(4);
        for (const char *field : {"id", "title", "family", "source", "parameters", "budget"})
            QVERIFY2(method.contains(field), field);
        QVERIFY(run({"selftest", "--json"}).json().at("ok").get<bool>());
        QVERIFY(run({"methods", "--markdown"}).output.contains("| `h2o` |"));
    }

    void linesAnswerInOrderWithTheModelLoadedOnce()
    {
        const QString lines = write(QStringLiteral("lines"), "\"hello\"\n{\"text\": \"a b\", \"no-special\": true}\n[1, 2, 3]\n");
        const Outcome tokens = run({"tokenize", "--model", kModel, "--lines", lines});
        QCOMPARE(tokens.status, 0);
        QCOMPARE(tokens.output.count('\n'), 3);
        const Outcome scores = run({"score", "--model", kModel, "--lines", write(QStringLiteral("scores"), "[5,6,7]\n[9,8,7,6]\n")});
        QCOMPARE(scores.status, 0);
        const QList<QByteArray> rows = scores.output.trimmed().split('\n');
        QCOMPARE(rows.size(), 2);
        QCOMPARE(Json::parse(rows[1].toStdString()).at("nll").size(), size_t(3));
        const Outcome bad = run({"score", "--model", kModel, "--lines", write(QStringLiteral("bad"), "[5,6,7]\n{oops\n[8,9]\n")});
        QCOMPARE(bad.status, 1);
        QCOMPARE(bad.output.count('\n'), 3);
        QVERIFY(bad.output.split('\n')[1].contains("error"));
        const Outcome text = run({"detokenize", "--model", kModel, "--lines", write(QStringLiteral("ids"), "[72,73]\n"), "--json"});
        QVERIFY(text.json().contains("text"));
    }

    void runsRepeatFromTheirRequest()
    {
        const Outcome first = run(with({"run", "--method", "snapkv", "--budget", "25%", "--param", "kernel=5", "--score-last", "17",
            "--with-scores", "--out", path(QStringLiteral("run")), "--json", "--threads", "1"}));
        QCOMPARE(first.status, 0);
        const Json report = first.json();
        QCOMPARE(report.at("request").at("params").at("kernel").get<int>(), 5);
        QCOMPARE(report.at("artifacts").at(0).at("score").size(), report.at("artifacts").at(0).at("kept").size());
        const Outcome second = run({"run", "--request", path(QStringLiteral("run/report.json")), "--json"});
        QCOMPARE(second.status, 0);
        QVERIFY(second.json().at("metrics") == report.at("metrics"));
        QVERIFY(second.json().at("artifacts") == report.at("artifacts"));
        QVERIFY(second.json().at("request") == report.at("request"));
    }

    void sessionsHoldTheSameNumbersAndSweepsGoOn()
    {
        const QString session = path(QStringLiteral("s.winnow"));
        const QStringList common{"--score-last", "17", "--session", session, "--json", "--threads", "1"};
        const Json run1 = run(with(QStringList{"run", "--method", "h2o", "--budget", "20t"} + common)).json();
        const Json sweep1 = run(with(QStringList{"sweep", "--methods", "h2o,knorm", "--budgets", "20t,40t"} + common)).json();
        QVERIFY(sweep1.contains("artifacts"));
        const Outcome second = run(with(QStringList{"sweep", "--methods", "h2o,knorm", "--budgets", "20t,40t,10t"} + common));
        QCOMPARE(second.status, 0);
        QCOMPARE(second.errors.count('\n'), 2); // only the cells of 10t were measured

        auto opened = Session::openReadOnly(session.toStdString());
        QVERIFY(opened.has_value());
        const auto runs = (*opened)->runs();
        QCOMPARE(runs->size(), size_t(1));
        const auto stored = (*opened)->report(runs->front().id);
        QVERIFY((*stored)->toCliJson().at("metrics") == run1.at("metrics"));
        QVERIFY((*stored)->toCliJson().at("artifacts") == run1.at("artifacts"));
        QCOMPARE((*opened)->cells()->size(), size_t(6));
        const Json described = run({"describe-session", session, "--json"}).json();
        QCOMPARE(described.at("runs").size(), size_t(1));
        QCOMPARE(described.at("cells").size(), size_t(6));
        const Outcome checked = run({"check-session", session, "--json"});
        QCOMPARE(checked.status, 0);
        QVERIFY(checked.json().at("ok").get<bool>());
        const Outcome tables = run({"export", session, "--out", path(QStringLiteral("tables")), "--only", "compare"});
        QCOMPARE(tables.status, 0);
        for (const char *name : {"tables/compare.csv", "tables/compare.json", "tables/compare.tex"})
            QVERIFY2(QFile::exists(path(QString::fromLatin1(name))), name);
    }

    /// Lines of a treebank that a segmenter cuts are one run, with the lines as its input.
    void wordsOfADataSetAreARunOfTheSession()
    {
        const QString lines = write(QStringLiteral("zh_words.txt"), "\346\210\221\344\273\254 \346\235\245 \344\272\206\n\346\210\221\344\273\254\n");
        const QString session = path(QStringLiteral("words.winnow"));
        const QStringList common{"run", "--method", "singles", "--dataset", "sighan", "--dataset-file", lines, "--session", session, "--json"};
        QCOMPARE(run(common).status, 0);
        QCOMPARE(run(common + QStringList{"--items", "0:1"}).status, 0);
        QCOMPARE(run(common).status, 0); // the first again
        auto opened = Session::openReadOnly(session.toStdString());
        QVERIFY(opened.has_value());
        const auto runs = (*opened)->runs();
        QCOMPARE(runs->size(), size_t(2));
        QVERIFY(runs->front().hasReport);
        QCOMPARE((*opened)->inputs()->front().content, std::string("\u6211\u4EEC\u6765\u4E86\n\u6211\u4EEC"));
        // Bars part words where they touch one; between white space a bar is a word.
        const QString gold = write(QStringLiteral("gold.txt"), "ab|c| |d\nx | y\n");
        const Json cut = run({"run", "--method", "chunks", "--language", "th", "--gold", gold, "--json"}).json();
        const Json &goldLines = cut.at("artifacts").at(1).at("lines");
        QCOMPARE(goldLines.at(0).at("text").get<std::string>(), std::string("abc d"));
        QCOMPARE(goldLines.at(1).at("text").get<std::string>(), std::string("x|y"));
        QCOMPARE(goldLines.at(1).at("words").size(), size_t(3));
        const Outcome unknown = run({"run", "--method", "nothing", "--lines", lines});
        QCOMPARE(unknown.status, 1);
        QVERIFY2(unknown.errors.contains("unknown method \"nothing\""), unknown.errors.constData());
    }

    void interruptedSweepKeepsItsCellsAndGoesOn()
    {
        QString budgets = QStringLiteral("2t");
        for (int i = 3; i < 60; ++i)
            budgets += QStringLiteral(",%1t").arg(i);
        const QString session = path(QStringLiteral("interrupted.winnow"));
        const QStringList arguments = with({"sweep", "--methods", "h2o,tova,snapkv,knorm", "--budgets", budgets, "--score-last", "40",
            "--session", session, "--threads", "1"});
        QProcess process;
        process.start(kProgram, arguments);
        QVERIFY(process.waitForStarted());
        QElapsedTimer waited;
        waited.start();
        QByteArray errors;
        while (!errors.contains("nll") && waited.elapsed() < 60000 && process.state() == QProcess::Running) {
            process.waitForReadyRead(50);
            errors += process.readAllStandardError();
        }
        ::kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(10000));
        if (process.exitCode() == 0)
            QSKIP("the sweep was done before it could be interrupted");
        QCOMPARE(process.exitCode(), 130);
        QCOMPARE(run({"check-session", session}).status, 0);
        const size_t kept = run({"describe-session", session, "--json"}).json().at("cells").size();
        QVERIFY(kept > 0);
        const Outcome resumed = run(arguments);
        QCOMPARE(resumed.status, 0);
        QCOMPARE(size_t(resumed.errors.count('\n')), 4 * 58 - kept);
    }

    void capturedTensorsAreWrittenWhole()
    {
        const Outcome outcome = run(with({"capture", "--out", path(QStringLiteral("capture")), "--what", "layer.*.colsum,logits", "--layers",
            "0", "--greedy", "4", "--json"}));
        QCOMPARE(outcome.status, 0);
        const Json json = outcome.json();
        QVERIFY(QFile::exists(QString::fromStdString(json.at("path").get<std::string>())));
        QVERIFY(json.at("tensors").size() >= 2);
        QCOMPARE(QDir(path(QStringLiteral("capture"))).entryList(QDir::Files | QDir::Hidden), QStringList{"capture.safetensors"});
    }

    void generatedTextComesInBothRoles()
    {
        const Json json = run(with({"generate", "--method", "h2o", "--budget", "10t", "--max-new", "6", "--json"})).json();
        QCOMPARE(json.at("artifacts").at(0).at("role").get<std::string>(), std::string("full"));
        QCOMPARE(json.at("artifacts").at(1).at("role").get<std::string>(), std::string("modified"));
        QVERIFY(json.at("metrics").contains("firstDivergence"));
    }

    void progressIsJsonLinesOrNothing()
    {
        const Outcome lines = run(with({"run", "--method", "h2o", "--budget", "10t", "--progress", "json"}));
        for (const QByteArray &line : lines.errors.trimmed().split('\n'))
            QVERIFY2(Json::parse(line.toStdString(), nullptr, false).contains("done"), line.constData());
        QVERIFY(run(with({"run", "--method", "h2o", "--budget", "10t", "--quiet"})).errors.isEmpty());
    }

    void engineEndsWhenItsInputEnds()
    {
        QProcess process;
        process.start(kProgram, {"serve"});
        QVERIFY(process.waitForStarted());
        process.closeWriteChannel();
        QVERIFY(process.waitForFinished(10000));
        QCOMPARE(process.exitCode(), 0);
        QVERIFY(process.readAllStandardOutput().size() < 200); // at most a status frame
    }
};

QTEST_GUILESS_MAIN(CliTest)
#include "cli_test.moc"
