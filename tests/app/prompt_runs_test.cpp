// Runs of the Prompt page against an engine that answers as a small model would: what is measured, swept, drawn and kept.
#include "app/export/report_export.h"
#include "app/window/compare_panel.h"
#include "app/window/method_dock.h"
#include "app/window/prompt_bar.h"
#include "app/window/prompt_page.h"
#include "app/window/prompt_panels.h"
#include "app/window/results_dock.h"
#include "app/window/sweep_dialog.h"
#include "app/window/view_slot.h"
#include "app/workbench/prompt_curves.h"
#include "tests/support/prompt_engine.h"
#include "views/prompt_canvas.h"
#include "views/prompt_quality.h"
#include "views/widgets/empty_state.h"
#include "views/widgets/view_frame.h"

#include <QLineEdit>
#include <QTabBar>

using namespace winnow;
using testing::fakeEngine;
using testing::openPage;
using testing::words;

class PromptRunsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
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

    void aRunMeasuredAfterTheQuestionChangedStaysInTheChart()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const qint64 run = app.bench().pin();
        PromptBar *bar = app.window().promptPage()->bar();
        bar->question()->setText(QStringLiteral("How many eggs?"));
        Q_EMIT bar->question()->editingFinished();
        app.bench().evaluate(run);
        QTRY_VERIFY(isMeasured(app.bench().document().report(run)));
        const auto &curves = app.bench().viewData()->curves;
        QTRY_VERIFY(std::any_of(curves.begin(), curves.end(), [](const Curve &curve) { return curve.method == "A" && curve.yName == "deltaNll" && curve.y.size() == 1; }));
    }

    void anExportComparesPromptsByTheirOwnNumbers()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().evaluateCurrent();
        QTRY_VERIFY(app.bench().activeRun() != 0 && isMeasured(app.bench().currentReport()));
        QTemporaryDir folder;
        ExportOptions options;
        options.session = folder.filePath(QStringLiteral("prompt.winnow"));
        options.folder = folder.path();
        options.formats = {QStringLiteral("csv")};
        options.only = {QStringLiteral("compare")};
        QVERIFY(app.bench().saveTo(options.session));
        const Result<QStringList> written = exportSession(options);
        QVERIFY(written);
        QCOMPARE(*written, QStringList(folder.filePath(QStringLiteral("compare_prompt.csv"))));
        QFile file(written->front());
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray text = file.readAll();
        QVERIFY2(text.contains("Achieved") && text.contains("0.5") && !text.contains("Decode"), text.constData());
    }

    void oldCutsKeepTheNameOfTheirMethod()
    {
        testing::App app(fakeEngine());
        openPage(app);
        QStringList wrong;
        connect(&app.bench(), &Workbench::viewDataChanged, this, [&] {
            const RunEntry &current = app.bench().viewData()->current;
            const QString method = current.report ? QString::fromStdString(current.report->request().value("method", "")) : QString();
            if (!method.isEmpty() && current.title != (method == QLatin1String("dac") ? QStringLiteral("DAC") : QStringLiteral("Random")))
                wrong << method + QLatin1Char(' ') + current.title;
        });
        app.bench().setMethod(QStringLiteral("random_prompt"));
        QTRY_COMPARE(app.bench().viewData()->current.title, QStringLiteral("Random"));
        QTRY_VERIFY(app.bench().viewData()->current.report && app.bench().viewData()->current.report->request()["method"] == "random_prompt");
        QCOMPARE(wrong, QStringList());
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
        return testing::PromptEngine().run();
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    PromptRunsTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "prompt_runs_test.moc"
