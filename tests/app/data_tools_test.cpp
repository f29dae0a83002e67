// The data browser and the label tool against an engine that knows one file of prompts and one of lines.
#include "app/window/data_browser.h"
#include "app/window/data_lengths.h"
#include "app/window/data_record.h"
#include "app/window/data_sets.h"
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
#include <QTabBar>
#include <QTableWidget>
#include <QTextEdit>

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
            reply(id, {{"sets", {{{"name", "gsm8k"}, {"title", "GSM8K"}, {"kind", "prompts"}, {"format", "JSON lines"}, {"licence", "MIT"}, {"origin", "grade-school-math"}}, {{"name", "conllu"}, {"title", "CoNLL-U"}, {"kind", "segmentation"}, {"expected", "*.conllu"}}, {{"name", "wikitext2"}, {"title", "WikiText-2"}, {"kind", "text"}}}},
                {"files", {{{"set", "gsm8k"}, {"path", "gsm8k/test.jsonl"}, {"items", 1319}, {"state", request.value("folder", "").empty() ? "missing" : request.value("verify", false) ? "altered" : "present"}}}}});
        else if (command == "open")
            reply(id, {{"model", {{"name", request["model"]}, {"family", "llama"}, {"layers", 2}, {"heads", 3}, {"kvHeads", 1}, {"headDim", 8}, {"hidden", 24}, {"ffn", 48}, {"dtype", "f32"}, {"device", "cpu"}, {"contextLength", 10}}}});
        else if (command == "models")
            reply(id, {{"models", Json::array()}});
        else if (command == "tokenize")
            reply(id, {{"ids", std::vector<int>(request["text"].get<std::string>().size(), 7)}, {"pieces", Json::array()}, {"spans", Json::array()}});
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
        reply(id, {{"dataset", {{"name", "gsm8k"}, {"title", "GSM8K"}, {"licence", "MIT"}}}, {"items", {{{"id", "q0"}, {"number", 0}, {"instruction", "Solve."}, {"contexts", {"Shots and answers."}}, {"evidence", {{0, 0, 5}}}, {"question", "How many?"}, {"answers", {"18", "eighteen"}}}}}, {"warnings", warnings}, {"moreWarnings", 2}, {"rejected", 1}});
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

    void theSetsSayWhatIsThereAndWhatIsMissing()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        app.window().browseData({});
        auto *browser = app.window().findChild<DataBrowser *>();
        QTableWidget *table = browser->setsView()->table();
        QTRY_COMPARE(table->rowCount(), 3);
        QCOMPARE(table->item(0, 1)->text(), QStringLiteral("gsm8k/test.jsonl"));
        QCOMPARE(table->item(0, 2)->text(), QStringLiteral("1,319"));
        QCOMPARE(table->item(0, 3)->text(), QStringLiteral("missing"));
        QCOMPARE(table->item(0, 4)->text(), QStringLiteral("MIT"));
        QCOMPARE(table->item(1, 1)->text(), QStringLiteral("*.conllu")); // what a person has to bring
        browser->setsView()->look(QStringLiteral("/data"), DataSetsView::Checksums::Skip);
        QTRY_COMPARE(table->item(0, 3)->text(), QStringLiteral("present"));
        browser->setsView()->look(QStringLiteral("/data"), DataSetsView::Checksums::Compare);
        QTRY_COMPARE(table->item(0, 3)->text(), QStringLiteral("checksum differs"));
        table->setCurrentCell(0, 0);
        QVERIFY(browser->setsView()->about()->text().contains(QStringLiteral("grade-school-math")));
        Q_EMIT table->cellActivated(0, 0); // opens the file as its set
        QTRY_COMPARE(browser->table()->rowCount(), 1);
        QCOMPARE(browser->tabs()->currentIndex(), 1);
    }

    void aRecordShowsItsPartsItsEvidenceAndItsJson()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        QTemporaryDir folder;
        QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("gsm8k")));
        const QString path = folder.filePath(QStringLiteral("gsm8k/test.jsonl"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("{}\n{\"b\": 2}\n{\"question\": \"warned\"}\n");
        file.close();
        app.window().browseData(path);
        auto *browser = app.window().findChild<DataBrowser *>();
        QTRY_COMPARE(browser->table()->rowCount(), 1);
        const QTextDocument *parts = browser->record()->parts()->document();
        QVERIFY(parts->toPlainText().contains(QStringLiteral("Question\nHow many?")));
        QTextCursor evidence = parts->find(QStringLiteral("Shots"));
        QVERIFY(evidence.charFormat().background().color() == Theme::light().merged.fill || evidence.charFormat().background().color() == Theme::dark().merged.fill);
        QVERIFY(parts->find(QStringLiteral("answers.")).charFormat().background().style() == Qt::NoBrush);
        QVERIFY(browser->record()->raw()->toPlainText().contains(QStringLiteral("\"evidence\"")));
        browser->warnings()->setCurrentCell(0, 1); // line 3 of the file
        QCOMPARE(browser->record()->raw()->toPlainText(), QStringLiteral("{\"question\": \"warned\"}"));
        QCOMPARE(rawLine(path, 9), QString());
    }

    void lengthsAreCountedInTokensOfTheModel()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        app.window().openPath(QStringLiteral("/data/gsm8k/test.jsonl"));
        auto *browser = app.window().findChild<DataBrowser *>();
        QTRY_COMPARE(browser->table()->rowCount(), 1);
        browser->tabs()->setCurrentIndex(2);
        QVERIFY(browser->lengths()->summary().startsWith(QStringLiteral("No model yet")));
        app.bench().chooseModel(QStringLiteral("reader"));
        QTRY_COMPARE(browser->lengths()->counts().size(), size_t(1));
        QCOMPARE(browser->lengths()->counts()[0], 37); // "Solve.", the context and the question with empty lines between them
        QVERIFY2(browser->lengths()->summary().contains(QStringLiteral("1 longer than its window of 10 tokens")), qPrintable(browser->lengths()->summary()));
        browser->lengths()->grab();
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
