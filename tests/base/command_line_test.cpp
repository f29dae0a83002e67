#include "core/base/command_line.h"

#include <QProcess>
#include <QtTest>

using namespace winnow;

namespace {

Json exampleRequest()
{
    return { { "command", "run" }, { "model", "smollm2-135m" },
        { "input", { { "text", "It's here" }, { "name", "a.txt" } } }, { "method", "snapkv" },
        { "params", { { "window", 32 }, { "pool", "max" }, { "shared", true } } },
        { "budget", "25%" }, { "scoreLast", 64 }, { "device", "auto" }, { "dtype", "f32" },
        { "threads", 2 }, { "seed", 7 }, { "measure", true } };
}

MethodInfo exampleMethod()
{
    MethodInfo info;
    info.id = "snapkv";
    ParameterInfo window;
    window.name = "window";
    window.type = ParameterType::Int;
    window.defaultValue = 32;
    window.minimum = 1;
    window.maximum = 512;
    ParameterInfo pool;
    pool.name = "pool";
    pool.type = ParameterType::Choice;
    pool.choices = { "max", "avg" };
    pool.defaultValue = 1;
    info.parameters = { window, pool };
    return info;
}

} // namespace

class CommandLineTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyFieldBecomesItsOption();
    void defaultsOfTheMethodAreLeftOut();
    void textFileStandsForTheText();
    void fieldsWithoutAnOptionAskForARequestFile();
    void sweepsListMethodsAndBudgets();
    void quotedWordsSurviveARealShell();
    void blockPastesAsOneCommand();
};

void CommandLineTest::everyFieldBecomesItsOption()
{
    const Command command = commandFor(exampleRequest());
    QVERIFY(!command.needsRequestFile);
    const std::vector<std::string> expected { "winnow-cli", "run", "--model", "smollm2-135m",
        "--text", "It's here", "--method", "snapkv", "--budget", "25%", "--param", "pool=max",
        "--param", "shared=true", "--param", "window=32", "--score-last", "64", "--measure",
        "--dtype", "f32", "--seed", "7", "--threads", "2" };
    QVERIFY(command.words == expected);
}

void CommandLineTest::defaultsOfTheMethodAreLeftOut()
{
    const std::vector<MethodInfo> methods { exampleMethod() };
    const std::string line = shellLine(commandFor(exampleRequest(), {}, methods));
    QVERIFY(line.find("window") == std::string::npos);
    QVERIFY(line.find("--param pool=max") != std::string::npos);
}

void CommandLineTest::textFileStandsForTheText()
{
    CommandFiles files;
    files.text = "my texts/a.txt";
    const std::string line = shellLine(commandFor(exampleRequest(), files));
    QVERIFY(line.find("--text-file 'my texts/a.txt'") != std::string::npos);
    QVERIFY(line.find("here") == std::string::npos);
}

void CommandLineTest::fieldsWithoutAnOptionAskForARequestFile()
{
    CommandFiles files;
    files.request = "r.json";
    Json ids = exampleRequest();
    ids["input"] = { { "ids", { 1, 2, 3 } } };
    QCOMPARE(shellLine(commandFor(ids, files)), std::string("winnow-cli run --request r.json"));
    Json unknown = exampleRequest();
    unknown["somethingNew"] = 3;
    QVERIFY(commandFor(unknown, files).needsRequestFile);
    Json longText = exampleRequest();
    longText["input"]["text"] = std::string(200000, 'x');
    QVERIFY(commandFor(longText, files).needsRequestFile);
    Json zero = exampleRequest();
    zero["input"]["text"] = std::string("a\0b", 3);
    QVERIFY(commandFor(zero, files).needsRequestFile);
    QVERIFY(commandFor(Json(3), files).needsRequestFile);
    files.ids = "ids.json";
    QVERIFY(!commandFor(ids, files).needsRequestFile);
}

void CommandLineTest::sweepsListMethodsAndBudgets()
{
    Json request { { "command", "sweep" }, { "model", "m" }, { "input", { { "text", "t" } } },
        { "methods",
            { { { "method", "snapkv" }, { "params", { { "window", 32 } } } },
                { { "method", "h2o" } } } },
        { "budgets", { "10%", "256t" } }, { "scoreLast", 8 }, { "seeds", { 1, 2 } },
        { "withScores", true } };
    const std::vector<MethodInfo> methods { exampleMethod() };
    QCOMPARE(shellLine(commandFor(request, {}, methods)),
        std::string("winnow-cli sweep --model m --text t --methods snapkv,h2o --budgets 10%,256t "
                    "--score-last 8 --seeds 1,2 --with-scores"));
    request["methods"][0]["params"]["window"] = 16;
    QVERIFY(commandFor(request, {}, methods).needsRequestFile);
}

void CommandLineTest::quotedWordsSurviveARealShell()
{
    for (const std::string &word :
        { std::string("plain"), std::string(), std::string("two words"), std::string("it's"),
            std::string("$HOME `id` \"x\" \\ * ~ # !"), std::string("line\nbreak\ttab"),
            std::string("=a"), std::string("\xC3\xBC\xF0\x9F\x90\xBE") }) {
        QProcess shell;
        shell.start(
            "/bin/sh", { "-c", QString::fromStdString("printf %s " + quoteForShell(word)) });
        QVERIFY(shell.waitForFinished());
        QVERIFY(shell.readAllStandardOutput().toStdString() == word);
    }
}

void CommandLineTest::blockPastesAsOneCommand()
{
    Command command = commandFor(exampleRequest());
    command.words[0] = "echo";
    QProcess block, line;
    block.start("/bin/sh", { "-c", QString::fromStdString(shellBlock(command)) });
    line.start("/bin/sh", { "-c", QString::fromStdString(shellLine(command)) });
    QVERIFY(block.waitForFinished() && line.waitForFinished());
    const QByteArray text = block.readAllStandardOutput();
    QVERIFY(text.contains("--budget 25%"));
    QCOMPARE(text, line.readAllStandardOutput());
}

QTEST_GUILESS_MAIN(CommandLineTest)
#include "command_line_test.moc"
