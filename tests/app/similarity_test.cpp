// The Similarity page against an engine that answers as a pair of small models would.
#include "app/export/figure_file.h"
#include "app/window/chooser.h"
#include "app/window/method_dock.h"
#include "app/window/pair_bar.h"
#include "app/window/planner_panel.h"
#include "app/window/selection_panel.h"
#include "app/window/similarity_page.h"
#include "app/window/top_bar.h"
#include "app/window/view_slot.h"
#include "core/base/method_info.h"
#include "core/base/report_artifacts.h"
#include "tests/support/app_fixture.h"
#include "tests/support/fake_engine.h"
#include "tests/views/sample_data.h"
#include "views/column_sums.h"
#include "views/attention_maps.h"
#include "views/head_matrix.h"
#include "views/layer_matrix.h"
#include "views/layer_planner.h"
#include "views/match_stability.h"
#include "views/matched_pairs.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/empty_state.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>

using namespace winnow;

namespace {

Json description(const std::string &name, int layers, int heads, int headDim, int hidden)
{
    return {{"name", name}, {"family", "llama"}, {"layers", layers}, {"heads", heads}, {"kvHeads", 1}, {"headDim", headDim}, {"hidden", hidden}, {"ffn", 2 * hidden}, {"vocab", 512}, {"contextLength", 4096},
        {"dtype", "f32"}, {"device", "cpu"}, {"weightBytes", 4e5}, {"cacheBytesPerToken", 2 * layers * headDim * 4}};
}

/// Models "large", "small" and "other", whose tokenizer is another one.
class PairEngine : public testing::FakeEngine {
public:
    /// @param captures  knows a method, so that the window has something to capture.
    explicit PairEngine(bool captures)
        : m_captures(captures)
    {
    }

protected:
    bool answer(int64_t id, const Json &request) override
    {
        const std::string command = request["command"].get<std::string>();
        if (command == "open") {
            reply(id, {{"model", request["model"] == "large" ? description("Large-1.5B", 5, 3, 8, 24) : description("Small-0.5B", 4, 2, 4, 8)}});
        } else if (command == "models") {
            reply(id, {{"models", {{{"name", "small"}, {"title", "Small"}, {"present", true}, {"bytes", 1e6}}, {{"name", "far"}, {"title", "Far"}, {"present", false}, {"bytes", 1e6}}}}});
        } else if (command == "tokenize") {
            reply(id, {{"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}});
        } else if (command == "compare") {
            compare(id, request);
        } else if (command == "hello" && m_captures) {
            MethodInfo method;
            method.id = "example";
            method.title = "Example";
            method.family = "kv";
            method.budgetUnit = "tokens";
            reply(id, {{"version", "1"}, {"threads", 2}, {"memoryBytes", 8LL << 30}, {"methods", Json::array({toJson(method)})}});
        } else if (command == "capture") {
            reply(id, {{"captureId", "c"}, {"tokens", 20}, {"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}});
        } else if (command == "pair_tile") {
            tile(id, request);
        } else {
            return false;
        }
        return true;
    }

private:
    bool m_captures;

    static void compare(int64_t id, const Json &request)
    {
        if (request["smallModel"] == "other") {
            send({{"id", id}, {"kind", "error"}, {"code", "unsupported"}, {"message", "the tokenizers differ: token 17 is \"a\" in Large and \"b\" in Other"}, {"hint", "Choose models of one family."}});
            return;
        }
        const ReportPtr report = sample::pairReport(request["metrics"].get<std::vector<std::string>>(), request["skipSinks"].get<int>());
        Json body = report->body();
        body["pairId"] = "pair-1";
        for (Json &artifact : body["artifacts"])
            if (request.contains("control") && request["control"] == false)
                artifact.erase("controlScore");
        body["spanTokens"] = std::min(24, request["span"].get<int>());
        write({{{"id", id}, {"kind", "reply"}, {"body", body}}, report->document().arrays});
    }

    static void tile(int64_t id, const Json &request)
    {
        const auto maps = sample::pairMaps();
        MatrixArtifact matrix;
        matrix.type = "AttentionTile";
        matrix.rows = matrix.columns = maps->tokens;
        matrix.values = request["side"] == "large" ? maps->large : maps->small;
        Document document;
        const Json body = writeArtifact(matrix, document.arrays);
        document.body = {{"id", id}, {"kind", "reply"}, {"body", body}};
        write(document);
    }
};

QString fakeEngine(const QString &more = {}) { return QStringLiteral("\"%1\" --fake-engine %2").arg(QCoreApplication::applicationFilePath(), more); }

QStringList words(QWidget *widget)
{
    QStringList all;
    for (const QLabel *label : widget->findChildren<QLabel *>())
        if (!label->isHidden())
            all << label->text();
    return all;
}

/// A window on the Similarity page with a large model and a text.
void openPage(testing::App &app)
{
    app.window().resize(1440, 900);
    app.window().show();
    QVERIFY(app.startEngine());
    app.bench().chooseModel(QStringLiteral("large"));
    app.bench().addTextInput(QStringLiteral("words.txt"), QStringLiteral("some words of a text"));
    QTRY_COMPARE(app.bench().model().phase, ModelState::Phase::Ready);
    app.window().openPage(MainWindow::Page::Similarity);
}

void compareWithSmall(testing::App &app)
{
    openPage(app);
    app.bench().chooseSmallModel(QStringLiteral("small"));
    QTRY_VERIFY(app.bench().viewData()->pair);
}

} // namespace

class SimilarityTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pageSaysWhatItNeeds()
    {
        testing::App app(fakeEngine());
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().newSession();
        app.window().openPage(MainWindow::Page::Similarity);
        EmptyState *empty = app.window().similarityPage()->emptyState();
        QVERIFY(empty->isVisible());
        QVERIFY(words(empty).contains(QStringLiteral("No model yet")));
        app.bench().chooseModel(QStringLiteral("large"));
        QTRY_VERIFY(words(empty).contains(QStringLiteral("No text yet")));
        app.bench().addTextInput(QStringLiteral("words.txt"), QStringLiteral("some words"));
        QTRY_VERIFY(words(empty).contains(QStringLiteral("No small model")));
        QVERIFY(empty->findChild<QPushButton *>()->isVisible());
    }

    void toolbarShowsTheSmallModelWhereItIsUsed()
    {
        testing::App app(fakeEngine());
        openPage(app);
        Chooser *chooser = app.window().topBar()->smallModel();
        QVERIFY(chooser->isVisible());
        app.window().openPage(MainWindow::Page::Cache);
        QVERIFY(!chooser->isVisible());
        app.window().openPage(MainWindow::Page::Model);
        QVERIFY(!chooser->isVisible());
    }

    void aSmallModelIsComparedAndTheClearestPairIsMarked()
    {
        testing::App app(fakeEngine());
        compareWithSmall(app);
        const SimilarityPage &page = *app.window().similarityPage();
        QVERIFY(!page.emptyState()->isVisible());
        QTRY_VERIFY(app.bench().selection().pair.hasHeads());
        const std::vector<float> &margin = app.bench().viewData()->pair->table->margin;
        const PairMark &mark = app.bench().selection().pair;
        QCOMPARE(margin[size_t(mark.layer * 3 + mark.head)], *std::max_element(margin.begin(), margin.end()));
        QTRY_VERIFY(app.bench().viewData()->pair->maps);
        QCOMPARE(app.bench().viewData()->pair->maps->heads, mark);
        const SelectionFacts facts = pairFacts(app.bench());
        QVERIFY(facts.title.contains(QStringLiteral(" with ")));
        QCOMPARE(facts.rows.first().first, QStringLiteral("Cosine"));
        QVERIFY(app.bench().jobs().jobs().back()->spec.title == QStringLiteral("Compare"));
    }

    void aClickGoesFromLayersToHeadsToMaps()
    {
        testing::App app(fakeEngine());
        compareWithSmall(app);
        SimilarityPage &page = *app.window().similarityPage();
        auto *layers = qobject_cast<LayerMatrix *>(page.reveal(QStringLiteral("layerMatrix")));
        auto *heads = qobject_cast<HeadMatrix *>(page.reveal(QStringLiteral("headMatrix")));
        QVERIFY(layers && heads);
        QTest::mouseClick(layers, Qt::LeftButton, {}, layers->cellRect({4, 1}).center().toPoint());
        QCOMPARE(app.bench().selection().pair.layer, 4);
        QCOMPARE(app.bench().selection().pair.smallLayer, 1);
        QVERIFY(app.bench().selection().pair.hasHeads());
        QVERIFY(heads->note().contains(QStringLiteral("layer 4 with layer 1")));
        QTest::mouseClick(heads, Qt::LeftButton, {}, heads->cellRect({2, 0}).center().toPoint());
        QCOMPARE(app.bench().selection().pair, (PairMark{4, 2, 1, 0}));
        QTRY_VERIFY(app.bench().viewData()->pair->maps && app.bench().viewData()->pair->maps->heads == (PairMark{4, 2, 1, 0}));
        heads->setFocus();
        QTest::keyClick(heads, Qt::Key_Up);
        QCOMPARE(app.bench().selection().pair.head, 1);
        QTest::keyClick(heads, Qt::Key_Escape);
        QVERIFY(!app.bench().selection().pair.hasLayers());
    }

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

    void plannerMarksLayersAndSaysWhatTheyCost()
    {
        testing::App app(fakeEngine());
        compareWithSmall(app);
        PlannerPanel &panel = *app.window().methodDock()->planner();
        panel.ratioSlider()->setValue(60);
        QTRY_COMPARE(app.bench().viewData()->pair->mapped, (std::vector<int64_t>{1, 2, 4}));
        QVERIFY(panel.planner()->isForbidden(0));
        QVERIFY(panel.planner()->isMapped(4));
        QTest::mouseClick(panel.planner(), Qt::LeftButton, {}, panel.planner()->barRect(4).center().toPoint());
        QTRY_COMPARE(app.bench().viewData()->pair->mapped, (std::vector<int64_t>{1, 2}));
        QCOMPARE(app.bench().viewData()->pair->layerRule, QStringLiteral("manual"));
        panel.ratioSlider()->setValue(20); // back to the rule
        QTRY_COMPARE(app.bench().viewData()->pair->mapped, (std::vector<int64_t>{4}));
    }

    void figuresReopenTheirViewAndMark()
    {
        testing::App app(fakeEngine());
        compareWithSmall(app);
        app.bench().pair().setMetric(QStringLiteral("jaccard"));
        QTRY_COMPARE(app.bench().viewData()->pair->table->metric, QStringLiteral("jaccard"));
        SimilarityPage &page = *app.window().similarityPage();
        Selection selection;
        selection.pair = {3, 1, 2, 0};
        selection.pinned = true;
        app.bench().setSelection(selection);
        RunView *view = page.reveal(QStringLiteral("matchedPairs"));
        QVERIFY(view);
        const Json recipe = figureRecipe(*view, app.bench().selection(), *app.bench().viewData());
        app.bench().setSelection({});
        app.bench().pair().setMetric(QStringLiteral("cosine"));
        app.window().openPage(MainWindow::Page::Cache);
        Q_EMIT app.bench().figureDropped(qtFromJson(recipe));
        QCOMPARE(app.window().page(), MainWindow::Page::Similarity);
        QCOMPARE(app.bench().selection().pair, (PairMark{3, 1, 2, 0}));
        QCOMPARE(app.bench().pair().metric(), QStringLiteral("jaccard"));
    }

    void everyViewFitsASmallWindow()
    {
        testing::App app(fakeEngine());
        compareWithSmall(app);
        app.window().resize(1024, 640);
        QTRY_COMPARE(app.window().similarityPage()->shownViews().size(), 2); // layers and one tab
        QCOMPARE(app.window().size(), QSize(1024, 640));
        for (const char *id : {"headMatrix", "matchedPairs", "bestScores", "attentionMaps", "columnSums", "matchStability", "consistencyMap", "rankedMass"}) {
            RunView *view = app.window().similarityPage()->reveal(QString::fromLatin1(id));
            QVERIFY2(view, id);
            QVERIFY(view->width() > 100);
        }
        app.window().resize(1440, 900);
        QTRY_VERIFY(app.window().similarityPage()->shownViews().size() >= 6);
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
    SimilarityTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "similarity_test.moc"
