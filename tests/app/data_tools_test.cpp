// The data browser and the label tool against an engine that knows one file of prompts and one of lines.
#include "app/window/data_browser.h"
#include "app/window/labels_dialog.h"
#include "app/workbench/data_items.h"
#include "app/workbench/label_pairs.h"
#include "app/workbench/word_requests.h"
#include "tests/support/app_fixture.h"
#include "tests/support/fake_engine.h"

#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTableWidget>

using namespace winnow;

namespace {

class DataEngine : public testing::FakeEngine {
protected:
    bool answer(int64_t id, const Json &request) override
    {
        const std::string command = request["command"].get<std::string>();
        if (command == "hello")
            reply(id, {{"version", "1"}, {"threads", 1}, {"memoryBytes", 8LL << 30}, {"methods", Json::array()}});
        else if (command == "datasets")
            reply(id, {{"sets", {{{"name", "gsm8k"}, {"title", "GSM8K"}, {"kind", "prompts"}, {"licence", "MIT"}}, {{"name", "conllu"}, {"title", "CoNLL-U"}, {"kind", "segmentation"}}, {{"name", "wikitext2"}, {"title", "WikiText-2"}, {"kind", "text"}}}}});
        else if (command == "items")
            items(id, request);
        else if (command == "labels")
            reply(id, {{"pairs", {{{"words", {"a", "b", "a"}}, {"shortWords", {"a", "x"}}, {"keep", {1, 0, 0}}, {"match", {0, -1}}, {"variationRate", 0.5}, {"hittingRate", 1.0 / 3}, {"matchingRate", 1.0 / 3}, {"alignmentGap", 0.0}, {"kept", true}}}}});
        else
            return false;
        return true;
    }

private:
    static void items(int64_t id, const Json &request)
    {
        const Json warnings = {{{"file", "test.jsonl"}, {"line", 3}, {"reason", "no answer"}}};
        if (request["dataset"] == "conllu")
            return reply(id, {{"dataset", {{"name", "conllu"}, {"title", "CoNLL-U"}, {"attribution", "UD, CC BY-SA"}}}, {"items", {{{"id", "1"}, {"number", 0}, {"language", "zh"}, {"text", "武汉市长江"}, {"words", {"武汉市", "长江"}}, {"spaceAfter", Json::array()}}}}, {"warnings", Json::array()}, {"rejected", 0}});
        reply(id, {{"dataset", {{"name", "gsm8k"}, {"title", "GSM8K"}, {"licence", "MIT"}}}, {"items", {{{"id", "q0"}, {"number", 0}, {"instruction", "Solve."}, {"contexts", {"Shots and answers."}}, {"question", "How many?"}, {"answers", {"18", "eighteen"}}}}}, {"warnings", warnings}, {"moreWarnings", 2}, {"rejected", 1}});
    }
};

QString fakeEngine() { return QStringLiteral("\"%1\" --fake-engine").arg(QCoreApplication::applicationFilePath()); }

} // namespace

class DataToolsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void setsAreGuessedFromPaths()
    {
        QCOMPARE(guessDataSet(QStringLiteral("/data/gsm8k/test.jsonl")), QStringLiteral("gsm8k"));
        QCOMPARE(guessDataSet(QStringLiteral("/data/x/xquad.zh.json")), QStringLiteral("xquad"));
        QCOMPARE(guessDataSet(QStringLiteral("zh-ud-test.conllu")), QStringLiteral("conllu"));
        QVERIFY(guessDataSet(QStringLiteral("/home/letter.json")).isEmpty());
    }

    void aRecordBecomesThePromptOfThePage()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        app.window().openPath(QStringLiteral("/data/gsm8k/test.jsonl")); // as a drop does
        auto *browser = app.window().findChild<DataBrowser *>();
        QVERIFY(browser);
        QTRY_COMPARE(browser->table()->rowCount(), 1);
        QCOMPARE(browser->sets()->count(), 2); // plain text is no data set
        QCOMPARE(browser->table()->item(0, 3)->text(), QStringLiteral("18 | eighteen"));
        QCOMPARE(browser->warnings()->item(0, 0)->text(), QStringLiteral("3"));
        QVERIFY(browser->problem()->text().contains(QStringLiteral("1 of the file could not be read, 3 warnings")));
        browser->useButton()->click();
        const InputRecord *input = app.bench().document().input(app.bench().activeInput());
        QVERIFY(input);
        const PromptParts parts = promptParts(*input);
        QCOMPARE(parts.instruction, QStringLiteral("Solve."));
        QCOMPARE(parts.question, QStringLiteral("How many?"));
        QCOMPARE(parts.answer, QStringLiteral("18"));
        QCOMPARE(parts.contexts, QStringList(QStringLiteral("Shots and answers.")));
        QCOMPARE(app.window().page(), MainWindow::Page::Prompt);
    }

    void linesBecomeGoldOnTheWordsPage()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        app.window().browseData(QStringLiteral("/data/zh.conllu"));
        auto *browser = app.window().findChild<DataBrowser *>();
        QTRY_COMPARE(browser->table()->rowCount(), 1);
        browser->useButton()->click();
        QCOMPARE(app.window().page(), MainWindow::Page::Words);
        QVERIFY(app.bench().words().input());
        QCOMPARE(goldLines(*app.bench().words().input()), size_t(1));
        QCOMPARE(inputLanguage(*app.bench().words().input()), std::string("zh"));
    }

    void labelsFollowTheTexts()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        app.window().openLabels();
        auto *dialog = app.window().findChild<LabelsDialog *>();
        QVERIFY(dialog);
        dialog->original()->setPlainText(QStringLiteral("a b a"));
        dialog->shortened()->setPlainText(QStringLiteral("a x"));
        QTRY_COMPARE(dialog->labels().size(), size_t(1));
        QCOMPARE(dialog->labels()[0].keep, (std::vector<bool>{true, false, false}));
        QVERIFY(dialog->rates()->text().contains(QStringLiteral("1 of 3 words stay")));
        QVERIFY(dialog->rates()->text().contains(QStringLiteral("50.0 %")));
        dialog->original()->clear();
        QTRY_VERIFY(dialog->labels().empty()); // nothing to label: nothing is asked
    }

    void pairsAreReadAndLabelsWritten()
    {
        const LabelFile lines = readLabelPairs("{\"original\": \"a b\", \"shortened\": \"a\"}\nnonsense\n\n{\"origin\": \"c\", \"compressed\": \"c\"}\n");
        QCOMPARE(lines.pairs.size(), size_t(2));
        QCOMPARE(lines.unread, 1);
        QCOMPARE(lines.pairs[1].shortened, QStringLiteral("c"));
        QCOMPARE(readLabelPairs("[{\"original\": \"a\"}, 5]").unread, 1);
        LabelledPair pair;
        pair.words = {QStringLiteral("say"), QStringLiteral("\"hi\"")};
        pair.keep = {true, false};
        QCOMPARE(labelCsv({pair}), QStringLiteral("pair,word,text,keep,pair kept\n0,0,\"say\",1,yes\n0,1,\"\"\"hi\"\"\",0,yes\n"));
        const Json line = Json::parse(labelLines({pair}).toStdString());
        QCOMPARE(line["keep"], Json({1, 0}));
    }
};

int main(int argc, char **argv)
{
    if (testing::isFakeEngine(argc, argv))
        return DataEngine().run();
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    DataToolsTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "data_tools_test.moc"
