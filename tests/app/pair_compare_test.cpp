// Comparisons of two models against an engine that answers as a pair of small models would.
#include "app/window/chooser.h"
#include "app/window/method_dock.h"
#include "app/window/pair_bar.h"
#include "app/window/planner_panel.h"
#include "app/window/similarity_page.h"
#include "core/base/method_info.h"
#include "core/base/report_artifacts.h"
#include "tests/support/pair_engine.h"
#include "tests/views/sample_data.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/empty_state.h"

#include <QComboBox>
#include <QSignalSpy>

using namespace winnow;
using namespace winnow::testing;

/// What is asked of the engine and when, what a session keeps of it, and what is said when models do not fit.
class PairCompareTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void metricsAndSkippedTokensSwitchAtOnce()
    {
        testing::App app(fakeEngine());
        compareWithSmall(app);
        QTRY_VERIFY(!app.bench().pair().busy());
        SimilarityPage &page = *app.window().similarityPage();
        const auto switched = [&](auto &&change) {
            QElapsedTimer clock;
            clock.start();
            change();
            [&] { QTRY_COMPARE(app.bench().viewData()->pair->table->metric, app.bench().pair().metric()); }();
            for (RunView *view : page.shownViews())
                view->grab();
            return static_cast<double>(clock.nsecsElapsed()) * 1e-6;
        };
        double stored = 1e9; // the fastest of some: other programs of the machine take their time too
        for (const char *metric : {"jaccard", "cosine_nosink", "cosine", "jaccard", "cosine_nosink", "jaccard"})
            stored = std::min(stored, switched([&] { app.bench().pair().setMetric(QString::fromLatin1(metric)); }));
        QVERIFY2(stored < 200, qPrintable(QString::number(stored)));
        const double asked = switched([&] { app.bench().pair().setMetric(QStringLiteral("row_js")); });
        qInfo("metric that was there: %.0f ms, metric asked from the engine: %.0f ms", stored, asked);
        app.bench().pair().setMetric(QStringLiteral("cosine_nosink"));
        page.bar()->sinks()->setValue(3);
        QCOMPARE(app.bench().pair().skipSinks(), 3);
        QTRY_COMPARE(app.bench().viewData()->pair->table->skipSinks, 3);
        QTRY_VERIFY(!app.bench().pair().busy());
        QCOMPARE(page.bar()->metric()->currentData().toString(), QStringLiteral("cosine_nosink"));
    }

    void aTableIsShownBeforeItsControl()
    {
        testing::App app(fakeEngine());
        compareWithSmall(app);
        QTRY_VERIFY(!app.bench().pair().busy());
        bool shownAlone = false;
        connect(&app.bench(), &Workbench::viewDataChanged, this, [&] {
            const PairDataPtr pair = app.bench().viewData()->pair;
            shownAlone = shownAlone || (pair && pair->table->metric == QStringLiteral("row_js") && pair->table->control.empty());
        });
        app.bench().pair().setMetric(QStringLiteral("row_js"));
        QTRY_VERIFY(app.bench().viewData()->pair->table->metric == QStringLiteral("row_js") && !app.bench().viewData()->pair->table->control.empty());
        QVERIFY(shownAlone);
        QTRY_VERIFY(!app.bench().pair().busy());
        const auto cells = app.bench().document().cells();
        const auto stored = std::find_if(cells.begin(), cells.end(), [](const auto &cell) { return cell.first.ends_with(".row_js"); });
        QVERIFY(stored != cells.end()); // the session keeps the table with its control
        QVERIFY(!readPairData(stored->second).value()->tables.front()->control.empty());
        // Another metric does not wait for a control: what is chosen last is shown.
        for (const char *metric : {"minkowski1", "pearson", "minkowski2"})
            app.bench().pair().setMetric(QString::fromLatin1(metric));
        QTRY_VERIFY(app.bench().viewData()->pair->table->metric == QStringLiteral("minkowski2") && !app.bench().viewData()->pair->table->control.empty());
        QVERIFY(app.bench().pair().problem().isEmpty());
        QVERIFY(!app.bench().pair().cancelled());
    }

    void theSmallModelOfARunIsThatOfItsSession()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("runs.winnow"));
        testing::App app(fakeEngine());
        openPage(app);
        RunRecord run; // as the command line writes it: no choice of models beside it
        run.inputId = app.bench().activeInput();
        run.name = "Pair";
        run.request = {{"method", "pair"}, {"model", "large"}, {"smallModel", "small"}};
        app.bench().document().pinRun(run, nullptr);
        QVERIFY(app.bench().saveTo(path));
        QVERIFY(app.bench().openSession(path));
        QCOMPARE(app.bench().smallModel().choice.model, std::string("small"));
        QTRY_COMPARE(app.bench().smallModel().phase, ModelState::Phase::Ready);
        app.bench().forgetSmallModel(); // a choice of none stays
        QVERIFY(app.bench().saveTo(path));
        QVERIFY(app.bench().openSession(path));
        QVERIFY(app.bench().smallModel().choice.model.empty());
    }

    void otherTokenizersAreRefusedWithTheEnginesSentence()
    {
        testing::App app(fakeEngine());
        openPage(app);
        QSignalSpy failures(&app.bench(), &Workbench::failed);
        app.bench().chooseSmallModel(QStringLiteral("other"));
        QTRY_COMPARE(failures.size(), 1);
        QVERIFY(failures.first().first().toString().contains(QStringLiteral("token 17")));
        EmptyState *empty = app.window().similarityPage()->emptyState();
        QVERIFY(empty->isVisible());
        QVERIFY(words(empty).join(QLatin1Char(' ')).contains(QStringLiteral("token 17")));
        app.bench().chooseSmallModel(QStringLiteral("small")); // another one is compared
        QTRY_VERIFY(app.bench().viewData()->pair);
    }

    void aReopenedSessionShowsTheComparisonWithoutEngine()
    {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("pair.winnow"));
        {
            testing::App app(fakeEngine());
            compareWithSmall(app);
            QTRY_VERIFY(app.bench().viewData()->pair->maps);
            app.bench().pair().setMetric(QStringLiteral("jaccard"));
            Selection other = app.bench().selection();
            other.pair = {3, 1, 2, 0};
            app.bench().setSelection(other);
            QTRY_VERIFY(app.bench().viewData()->pair->maps->heads == other.pair);
            QVERIFY(app.bench().saveTo(path));
            app.window().close();
        }
        testing::App app(QStringLiteral("/nowhere/engine"));
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.bench().openSession(path));
        app.window().openPage(MainWindow::Page::Similarity);
        QTRY_VERIFY(app.bench().viewData()->pair);
        QCOMPARE(app.bench().viewData()->pair->table->metric, QStringLiteral("jaccard"));
        // The maps of the last pair came along, and it is marked again.
        QVERIFY(app.bench().viewData()->pair->maps);
        QCOMPARE(app.bench().viewData()->pair->maps->heads, (PairMark{3, 1, 2, 0}));
        QCOMPARE(app.bench().viewData()->pair->maps->large.size(), size_t(24 * 24));
        QTRY_COMPARE(app.bench().selection().pair, (PairMark{3, 1, 2, 0}));
        QCOMPARE(app.bench().smallModel().title(), QStringLiteral("Small-0.5B"));
        QVERIFY(!app.window().similarityPage()->emptyState()->isVisible());
        QCOMPARE(app.bench().viewData()->pair->largeSums.size(), size_t(5 * 3 * 24));
        QVERIFY(app.window().methodDock()->planner()->badge().contains(QStringLiteral("net loss"))); // small pairs never pay off
    }

    void theComparisonIsAskedBeforeTheCaptureWhereItsPageIsShown()
    {
        testing::App app(fakeEngine(QStringLiteral("captures")));
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().newSession();
        app.bench().addTextInput(QStringLiteral("words.txt"), QStringLiteral("some words of a text"));
        app.window().openPage(MainWindow::Page::Similarity);
        app.bench().chooseSmallModel(QStringLiteral("small"));
        app.bench().chooseModel(QStringLiteral("large"));
        QTRY_VERIFY(app.bench().viewData()->pair);
        QTRY_VERIFY(app.bench().preview().capture());
        QStringList titles;
        for (const auto &job : app.bench().jobs().jobs())
            titles << job->spec.title;
        QVERIFY2(titles.contains(QStringLiteral("Capture")) && titles.indexOf(QStringLiteral("Compare")) < titles.indexOf(QStringLiteral("Capture")), qPrintable(titles.join(QLatin1Char(' '))));
    }

    void anotherPageDoesNotWaitForTheComparison()
    {
        testing::App app(fakeEngine(QStringLiteral("captures")));
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().chooseModel(QStringLiteral("large"));
        app.bench().addTextInput(QStringLiteral("words.txt"), QStringLiteral("some words of a text"));
        QTRY_VERIFY(app.bench().preview().capture());
    }
};

int main(int argc, char **argv)
{
    if (testing::isFakeEngine(argc, argv))
        return PairEngine(argc > 2).run();
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    PairCompareTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "pair_compare_test.moc"
