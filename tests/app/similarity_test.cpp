// The Similarity page against an engine that answers as a pair of small models would.
#include "app/export/figure_file.h"
#include "app/window/chooser.h"
#include "app/window/method_dock.h"
#include "app/window/pair_bar.h"
#include "app/window/planner_panel.h"
#include "app/window/selection_panel.h"
#include "app/window/similarity_page.h"
#include "app/window/top_bar.h"
#include "core/base/method_info.h"
#include "core/base/report_artifacts.h"
#include "tests/support/pair_engine.h"
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

#include <QPushButton>

using namespace winnow;
using namespace winnow::testing;

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
