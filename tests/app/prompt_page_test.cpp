// The Prompt page against an engine that answers as a small model would.
#include "app/window/compare_panel.h"
#include "app/window/method_dock.h"
#include "app/window/method_panel.h"
#include "app/window/prompt_bar.h"
#include "app/window/prompt_page.h"
#include "app/window/prompt_panels.h"
#include "app/window/results_dock.h"
#include "app/window/selection_panel.h"
#include "app/window/sweep_dialog.h"
#include "app/window/view_slot.h"
#include "app/workbench/prompt_curves.h"
#include "core/base/report_artifacts.h"
#include "tests/support/app_fixture.h"
#include "tests/support/fake_engine.h"
#include "tests/views/sample_prompt.h"
#include "views/prompt_canvas.h"
#include "views/prompt_quality.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/empty_state.h"
#include "views/widgets/scrubber.h"
#include "views/widgets/view_frame.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSpinBox>
#include <QTabBar>

using namespace winnow;

namespace {

MethodInfo methodOf(const char *id, const char *title, const char *family)
{
    MethodInfo method;
    method.id = id;
    method.title = title;
    method.family = family;
    method.summary = "Cuts what matters least.";
    method.budgetUnit = "tokens";
    return method;
}

std::vector<MethodInfo> allMethods()
{
    std::vector<MethodInfo> methods{methodOf("snapkv", "SnapKV", "kv"), methodOf("dac", "DAC", "prompt"), methodOf("random_prompt", "Random", "prompt"), methodOf("longllmlingua", "LongLLMLingua", "prompt")};
    methods[1].parameters.push_back({"weight", "Attention weight", "", "Share of attention", ParameterType::Float, 0.8, 0, 1, false, {}, {}, "", ""});
    methods[1].parameters.push_back({"stages", "Stages", "", "0 chooses by the length", ParameterType::Int, 0, 0, 64, false, {}, {}, "", "automatic"});
    methods[1].presets = {{"DAC", "Both signals", Json::object(), 0}, {"Entropy", "Information, once", {{"weight", 0.0}, {"stages", 1}}, 0}, {"Example", "A tenth", {{"stages", 10}}, 0.1}};
    methods[2].parameters.push_back({"seed", "Seed", "", "Seed", ParameterType::Int, 1, 0, 1000000, false, {}, {}, "", ""});
    methods[3].badge = "question-aware";
    return methods;
}

class PromptEngine : public testing::FakeEngine {
protected:
    bool answer(int64_t id, const Json &request) override
    {
        const std::string command = request["command"].get<std::string>();
        if (command == "hello") {
            Json methods = Json::array();
            for (const MethodInfo &method : allMethods())
                methods.push_back(toJson(method));
            reply(id, {{"version", "1"}, {"threads", 2}, {"memoryBytes", 8LL << 30}, {"methods", methods}});
        } else if (command == "open") {
            reply(id, {{"model", {{"name", request["model"]}, {"family", "llama"}, {"layers", 2}, {"heads", 3}, {"kvHeads", 1}, {"headDim", 8}, {"hidden", 24}, {"ffn", 48}, {"dtype", "f32"}, {"device", "cpu"}}}});
        } else if (command == "models") {
            reply(id, {{"models", Json::array()}});
        } else if (command == "tokenize") {
            reply(id, {{"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}});
        } else if (command == "capture") {
            reply(id, {{"captureId", "c1"}, {"tokens", 24}, {"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}, {"prefillMs", 1.0}, {"bytes", 10}});
        } else if (command == "tile") {
            tile(id);
        } else if ((command == "select" && request.contains("prompt")) || command == "run") {
            cell(id, request);
        } else if (command == "sweep") {
            sweep(id, request);
        } else {
            return false;
        }
        return true;
    }

private:
    static Document cellOf(const Json &request)
    {
        const std::string method = request["method"].get<std::string>();
        const bool measured = request["command"] != "select";
        const std::string full = "She makes $18.";
        const ReportPtr report = method == "dac" ? sample::promptReport("dac", {}, measured ? "She makes $18 a day." : "", full) : sample::promptReport(method, {0, 1, 2, 3}, measured ? "She makes $32." : "", full);
        Document document = report->document();
        Json own = request;
        own.erase("family");
        document.body["request"] = own;
        document.body["metrics"]["achievedRate"] = method == "dac" ? 11.0 / 24 : 4.0 / 24;
        document.body["metrics"]["readerTokensIn"] = 24;
        document.body["metrics"]["readerTokensOut"] = method == "dac" ? 11 : 4;
        if (measured) {
            document.body["metrics"]["promptTokensIn"] = 24;
            document.body["metrics"]["fullPrefillMs"] = 2710;
            document.body["metrics"]["deltaNll"] = method == "dac" ? 0.5 : 1.0 + 0.1 * request["params"].value("seed", 0);
            document.body["savings"] = {{"prefillMs", 1420}, {"compressMs", 2890}};
        }
        return document;
    }

    static void cell(int64_t id, const Json &request)
    {
        if (request["method"] == "longllmlingua" && request["prompt"]["question"] == "") {
            send({{"id", id}, {"kind", "error"}, {"code", "bad_input"}, {"message", "LongLLMLingua asks for a question"}, {"hint", "give one beside the contexts"}});
            return;
        }
        const Document document = cellOf(request);
        write({{{"id", id}, {"kind", "reply"}, {"body", document.body}}, document.arrays});
    }

    static void sweep(int64_t id, const Json &request)
    {
        for (const Json &method : request["methods"])
            for (const Json &budget : request["budgets"]) {
                Json own = request;
                own["command"] = "run";
                own["method"] = method["method"];
                own["params"] = method["params"];
                own["budget"] = budget;
                own.erase("methods");
                own.erase("budgets");
                Document document = cellOf(own);
                document.body["cellKey"] = method.dump() + budget.dump();
                write({{{"id", id}, {"kind", "part"}, {"body", document.body}}, document.arrays});
            }
        reply(id, {{"cells", 1}});
    }

    static void tile(int64_t id)
    {
        MatrixArtifact matrix;
        matrix.type = "AttentionTile";
        matrix.rows = matrix.columns = 24;
        for (int row = 0; row < 24; ++row)
            for (int key = 0; key < 24; ++key)
                matrix.values.push_back(key <= row ? 1.0F / static_cast<float>(row + 1) : 0.0F);
        Document document;
        const Json body = writeArtifact(matrix, document.arrays);
        document.body = {{"id", id}, {"kind", "reply"}, {"body", body}};
        write(document);
    }
};

QString fakeEngine() { return QStringLiteral("\"%1\" --fake-engine").arg(QCoreApplication::applicationFilePath()); }

void openPage(testing::App &app)
{
    app.window().resize(1440, 900);
    app.window().show();
    QVERIFY(app.startEngine());
    app.bench().chooseModel(QStringLiteral("reader"));
    app.bench().addTextInput(QStringLiteral("eggs.txt"), QStringLiteral("some words of a prompt"));
    QTRY_COMPARE(app.bench().model().phase, ModelState::Phase::Ready);
    app.window().openPage(MainWindow::Page::Prompt);
    QTRY_VERIFY(app.bench().viewData()->current.prompt);
}

QStringList words(QWidget *widget)
{
    QStringList all;
    for (const QLabel *label : widget->findChildren<QLabel *>())
        if (!label->isHidden())
            all << label->text();
    return all;
}

} // namespace

class PromptPageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pageSaysWhatItNeeds()
    {
        testing::App app(fakeEngine());
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().newSession();
        app.window().openPage(MainWindow::Page::Prompt);
        EmptyState *empty = app.window().promptPage()->canvas()->frame()->emptyState();
        QTRY_VERIFY(words(empty).contains(QStringLiteral("No prompt yet.")) || words(empty).contains(QStringLiteral("No prompt yet")));
        app.bench().addTextInput(QStringLiteral("eggs.txt"), QStringLiteral("some words"));
        QTRY_VERIFY(words(empty).join(QString()).contains(QStringLiteral("No model yet")));
    }

    void theFormScoresOnceAndIsFollowed()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const auto scores = [&] {
            return std::count_if(app.bench().jobs().jobs().begin(), app.bench().jobs().jobs().end(), [](const auto &job) { return job->spec.title == QLatin1String("Score"); });
        };
        QCOMPARE(scores(), 1);
        QCOMPARE(app.bench().setting().method, std::string("dac"));
        QCOMPARE(app.bench().setting().budget, (Budget{BudgetKind::Fraction, 0.5}));
        QTRY_VERIFY(words(app.window().methodDock()->form()).contains(QStringLiteral("12 of 24 tokens")));
        QVERIFY(words(app.window().methodDock()->form()).contains(QStringLiteral("achieved 45.8 %")));
        app.window().methodDock()->form()->budgetSlider()->setValue(330);
        QTRY_COMPARE(app.bench().promptPreview().reportSetting().budget, (Budget{BudgetKind::Fraction, 0.33}));
        QCOMPARE(scores(), 1); // the engine keeps the scores of the text
    }

    void onlyMethodsOfThePageAreOffered()
    {
        testing::App app(fakeEngine());
        openPage(app);
        auto *box = app.window().methodDock()->form()->findChild<QComboBox *>();
        QCOMPARE(box->count(), 3);
        QCOMPARE(box->findData(QStringLiteral("snapkv")), -1);
        app.window().openPage(MainWindow::Page::Cache);
        QCOMPARE(box->count(), 1);
        QCOMPARE(box->itemData(0).toString(), QStringLiteral("snapkv"));
    }

    void presetsAreOneStepOfUndo()
    {
        testing::App app(fakeEngine());
        openPage(app);
        MethodPanel *form = app.window().methodDock()->form();
        auto *stages = qobject_cast<QSpinBox *>(form->editor(QStringLiteral("stages")));
        QVERIFY(stages);
        QCOMPARE(stages->text(), QStringLiteral("automatic")); // 0, as the registry says
        auto *preset = form->findChild<QComboBox *>(QStringLiteral("preset"));
        QCOMPARE(preset->currentText(), QStringLiteral("DAC"));
        const Budget before = app.bench().setting().budget;
        preset->setCurrentIndex(2);
        Q_EMIT preset->activated(2);
        QCOMPARE(app.bench().setting().budget.value, 0.1);
        QCOMPARE(app.bench().setting().parameters["stages"], Json(10));
        QCOMPARE(preset->currentText(), QStringLiteral("Example"));
        app.bench().setParameter(QStringLiteral("stages"), 3);
        QCOMPARE(preset->currentText(), QStringLiteral("Own values"));
        app.bench().document().undoStack().undo();
        app.bench().document().undoStack().undo();
        QVERIFY(app.bench().setting().budget == before);
        QCOMPARE(preset->currentText(), QStringLiteral("DAC"));
        QCOMPARE(preset->count(), 3);
    }

    void eachPageKeepsItsSettingAndItsMarks()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().setBudget({BudgetKind::Fraction, 0.66});
        Selection selection;
        selection.token = 9;
        selection.pinned = true;
        app.bench().setSelection(selection);
        app.window().openPage(MainWindow::Page::Cache);
        QCOMPARE(app.bench().setting().method, std::string("snapkv"));
        QCOMPARE(app.bench().selection().token, -1);
        app.window().openPage(MainWindow::Page::Prompt);
        QCOMPARE(app.bench().setting().budget, (Budget{BudgetKind::Fraction, 0.66}));
        QCOMPARE(app.bench().selection().token, 9);
        // Taking back what was done on the other page shows that page.
        app.window().openPage(MainWindow::Page::Cache);
        app.bench().document().undoStack().undo();
        QCOMPARE(app.window().page(), MainWindow::Page::Prompt);
        QCOMPARE(app.bench().setting().budget, (Budget{BudgetKind::Fraction, 0.5}));
    }

    void theScrubberWalksThroughTheStages()
    {
        testing::App app(fakeEngine());
        openPage(app);
        Scrubber *scrubber = app.window().promptPage()->scrubber();
        QTRY_COMPARE(scrubber->steps(), 4);
        QCOMPARE(scrubber->step(), 3);
        QVERIFY(words(scrubber).contains(QStringLiteral("4 of 4")));
        QVERIFY(words(scrubber).contains(QStringLiteral("11 of 24 tokens")));
        auto *canvas = qobject_cast<PromptCanvas *>(app.window().promptPage()->canvas()->view());
        QCOMPARE(canvas->cutOf(22), PromptCanvas::Cut::Earlier);
        Q_EMIT scrubber->stepChanged(0);
        QCOMPARE(app.bench().selection().step, 1);
        QVERIFY(words(scrubber).contains(QStringLiteral("20 of 24 tokens")));
        QCOMPARE(canvas->cutOf(22), PromptCanvas::Cut::Now);
        Q_EMIT scrubber->stepChanged(3);
        QCOMPARE(app.bench().selection().step, -1); // the last stage is followed
    }

    void theSelectionPanelSaysScoresAndStage()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().setMethod(QStringLiteral("random_prompt"));
        QTRY_COMPARE(app.bench().promptPreview().reportSetting().method, std::string("random_prompt"));
        app.bench().pin();
        app.bench().setMethod(QStringLiteral("dac"));
        QTRY_COMPARE(app.bench().viewData()->current.prompt->method, QStringLiteral("dac"));
        Selection selection;
        selection.token = 16;
        app.bench().setSelection(selection);
        const SelectionFacts facts = promptFacts(app.bench());
        QCOMPARE(facts.title, QStringLiteral("“morning”"));
        QCOMPARE(facts.rows[0].first, QStringLiteral("Information"));
        QCOMPARE(facts.rows[0].second, QStringLiteral("1.94 nats"));
        QCOMPARE(facts.rows[3].second, QStringLiteral("stage 2 of 4"));
        QTRY_COMPARE(promptFacts(app.bench()).rows[4].second, QStringLiteral("A"));
    }

    void aRunMeasuresAnswersAndWhatCompressingCosts()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().evaluateCurrent();
        QTRY_VERIFY(app.bench().activeRun() != 0 && isMeasured(app.bench().currentReport()));
        QCOMPARE(app.bench().viewData()->current.prompt->answer, QStringLiteral("She makes $18 a day."));
        auto *savings = app.window().methodDock()->findChild<PromptSavingsPanel *>();
        QCOMPARE(savings->badgeText(), QStringLiteral("slower than the full prompt once"));
        QCOMPARE(savings->payoffText(), QStringLiteral("Pays off from the third answer on the same prompt."));
        QCOMPARE(payoffAnswer(100, 50, 40), 0);
        QCOMPARE(payoffAnswer(100, 50, 250), 1);
        QCOMPARE(payoffAnswer(200, 50, 250), 2); // at the first answer both cost the same
    }

    void runsStandOnTheirOwnPage()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const qint64 prompt = app.bench().pin();
        QVERIFY(prompt != 0);
        app.window().openPage(MainWindow::Page::Cache);
        app.bench().pin();
        QCOMPARE(app.window().results()->compare()->runCount(), 1);
        QVERIFY(app.window().results()->compare()->model()->columns() == compareColumns("kv"));
        app.bench().setActiveRun(prompt);
        QCOMPARE(app.window().page(), MainWindow::Page::Prompt);
        QCOMPARE(app.bench().activeRun(), prompt);
        QCOMPARE(app.window().results()->compare()->runCount(), 1);
        QVERIFY(app.window().results()->compare()->model()->columns() == compareColumns("prompt"));
        QVERIFY(app.window().results()->compare()->exportText(QStringLiteral("csv")).contains(QStringLiteral("Achieved")));
    }

    void aRunOfAPlainTextIsKnownByItsReport()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.window().openPage(MainWindow::Page::Cache);
        RunRecord run; // as another program writes it down: neither family nor parts
        run.inputId = app.bench().activeInput();
        run.name = "DAC";
        run.request = {{"command", "run"}, {"method", "dac"}, {"params", Json::object()}, {"budget", "50%"}};
        run.hasReport = true;
        const qint64 id = app.bench().document().pinRun(run, sample::promptReport());
        QVERIFY(id != 0);
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("plain.winnow"));
        QVERIFY(app.bench().saveTo(path));
        app.bench().closeSession();
        QVERIFY(app.bench().openSession(path));
        QCOMPARE(app.bench().document().run(id)->request["family"], Json("prompt"));
        app.window().openPage(MainWindow::Page::Prompt);
        QTRY_COMPARE(app.bench().viewData()->runs.size(), size_t(1));
    }

    void questionAndAnswerTravelAndAreUndone()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().setMethod(QStringLiteral("longllmlingua"));
        QTRY_VERIFY(app.bench().promptPreview().problem().contains(QStringLiteral("asks for a question")));
        EmptyState *empty = app.window().promptPage()->canvas()->frame()->emptyState();
        QTRY_VERIFY(words(empty).join(QString()).contains(QStringLiteral("asks for a question")));
        app.window().promptPage()->setPartsShown(true);
        PromptBar *bar = app.window().promptPage()->bar();
        bar->question()->setText(QStringLiteral("How many eggs?"));
        Q_EMIT bar->question()->editingFinished();
        QTRY_VERIFY(app.bench().promptPreview().report());
        QCOMPARE(QString::fromStdString(app.bench().promptPreview().report()->request()["prompt"]["question"].get<std::string>()), QStringLiteral("How many eggs?"));
        bar->answer()->setText(QStringLiteral("#### 9"));
        Q_EMIT bar->answer()->editingFinished();
        QTRY_COMPARE(app.bench().promptPreview().report()->request().value("answer", ""), std::string("#### 9"));
        app.bench().document().undoStack().undo();
        QTRY_COMPARE(bar->answer()->text(), QString());
    }

    void droppedJsonBecomesAPrompt()
    {
        testing::App app(fakeEngine());
        openPage(app);
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("panthers.json"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(R"({"instruction":"Answer briefly.","question":"How many?","contexts":["One text.","Another text."],"answer":["308","three"]})");
        file.close();
        QVERIFY(app.bench().openFile(path));
        const PromptParts parts = promptParts(*app.bench().document().input(app.bench().activeInput()));
        QCOMPARE(parts.contexts, (QStringList{QStringLiteral("One text."), QStringLiteral("Another text.")}));
        QCOMPARE(parts.question, QStringLiteral("How many?"));
        QCOMPARE(parts.answer, QStringLiteral("308"));
        QCOMPARE(app.bench().document().input(app.bench().activeInput())->content, std::string("One text.\n\nAnother text."));
        QVERIFY(!promptPartsFromJson("{\"a\": 1}") && !promptPartsFromJson("plain") && promptPartsFromJson("[\"a\"]"));
    }

    void aSweepOfRandomDeletionMakesABand()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().setMethod(QStringLiteral("random_prompt"));
        SweepDialog dialog(app.bench());
        SweepChoice choice = dialog.choice();
        QCOMPARE(choice.methods.size(), size_t(5));
        QCOMPARE(choice.budgets.size(), size_t(6));
        app.bench().sweep(choice);
        QTRY_COMPARE(app.bench().document().cells().size(), size_t(30));
        QCOMPARE(app.bench().document().runs().size(), size_t(1)); // one run owns all seeds
        QTRY_VERIFY(!app.bench().viewData()->curves.empty());
        const Curve &curve = app.bench().viewData()->curves.front();
        QCOMPARE(curve.yName, std::string("deltaNll"));
        QCOMPARE(curve.title, std::string("Random, 5 seeds"));
        QVERIFY(std::abs(curve.y[0] - 1.3) < 1e-9);
        QVERIFY(std::abs(curve.low[0] - 1.1) < 1e-9 && std::abs(curve.high[0] - 1.5) < 1e-9);
    }

    void aForecastLiesOnTheLineBetweenRates()
    {
        QCOMPARE(*between({0.25, 0.75}, {2, 1}, 0.5), 1.5);
        QVERIFY(!between({0.25, 0.75}, {2, 1}, 0.2));
        QVERIFY(!between({0.25}, {2}, 0.25));
    }

    void theCommandRepeatsTheRun()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const QString plain = app.bench().commandLine(0);
        QVERIFY2(plain.startsWith(QStringLiteral("winnow-cli run")), qPrintable(plain));
        QVERIFY2(!plain.contains(QStringLiteral("family")), qPrintable(plain));
        PromptParts parts = promptParts(*app.bench().document().input(app.bench().activeInput()));
        parts.question = QStringLiteral("It's how many?");
        app.bench().setPromptParts(parts);
        const QString framed = app.bench().commandLine(0);
        QVERIFY2(framed.contains(QStringLiteral("--request /dev/stdin <<< ")) && framed.contains(QStringLiteral("how many?")), qPrintable(framed));
    }

    void theAttentionMapIsTheMeanOfItsHeads()
    {
        testing::App app(fakeEngine());
        openPage(app);
        RunView *view = app.window().promptPage()->reveal(QStringLiteral("promptAttention"));
        QVERIFY(view);
        QTRY_VERIFY(app.bench().viewData()->promptMap);
        QCOMPARE(app.bench().viewData()->promptMap->values[24], 0.5F); // second row, first key
        QVERIFY(std::isnan(app.bench().viewData()->promptMap->values[1]));
        QVERIFY(view->emptyReason().isEmpty());
        auto *map = qobject_cast<PromptAttention *>(view);
        QCOMPARE(map->columnSums()[0], 0.0F); // token 0 is masked
        map->setMasksFirst(false);
        QVERIFY(map->columnSums()[0] > 3);
    }

    void theSessionKeepsThePage()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("prompts.winnow"));
        {
            testing::App app(fakeEngine());
            openPage(app);
            app.bench().setBudget({BudgetKind::Fraction, 0.33});
            QTRY_COMPARE(app.bench().promptPreview().reportSetting(), app.bench().setting());
            app.bench().pin();
            app.window().promptPage()->reveal(QStringLiteral("promptScatter"));
            QVERIFY(app.bench().saveTo(path));
        }
        testing::App app(QStringLiteral("/bin/false"));
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.bench().openSession(path));
        app.window().openPage(MainWindow::Page::Prompt);
        QCOMPARE(app.bench().setting().budget, (Budget{BudgetKind::Fraction, 0.33}));
        QVERIFY(app.bench().viewData()->current.prompt); // without model and engine
        QCOMPARE(app.bench().viewData()->current.prompt->keptTokens(), 11);
    }

    void everyViewFitsASmallWindow()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.window().resize(1024, 640);
        QTRY_COMPARE(app.window().promptPage()->shownViews().size(), 2); // the text and one tab
        QCOMPARE(app.window().size(), QSize(1024, 640));
        for (const char *id : {"promptStrips", "promptRates", "promptAnswers", "promptQuality", "promptDiff", "promptRows", "promptScatter", "promptAttention", "promptTrace"}) {
            RunView *view = app.window().promptPage()->reveal(QString::fromLatin1(id));
            QVERIFY2(view && view->width() > 100, id);
        }
        app.window().resize(1440, 900);
        QTRY_COMPARE(app.window().promptPage()->shownViews().size(), 5);
    }
};

int main(int argc, char **argv)
{
    if (testing::isFakeEngine(argc, argv))
        return PromptEngine().run();
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    PromptPageTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "prompt_page_test.moc"
