#include "tests/views/shown_view.h"
#include "views/agreement_view.h"
#include "views/head_map.h"
#include "views/kept_map.h"
#include "views/score_histogram.h"
#include "views/type.h"
#include "views/view_factory.h"

#include <QtTest>
#include <QtWidgets>

using namespace winnow;
using namespace winnow::sample;

/// Maps, histogram, agreement; odd data in every view.
class PicturesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void mapFindsLayerAndToken();
    void mapZoomsByDraggingAndResets();
    void mapMarksWithoutRepainting();
    void headMapListsRunsBelowEachOther();
    void jaccardCountsSharedPositions();
    void histogramCutsWhereTheRankingDoes();
    void draggedCutAsksForABudget();
    void oddDataDrawsSomething_data();
    void oddDataDrawsSomething();
    void paintsInTime();
};

void PicturesTest::initTestCase() { QApplication::setFont(baseFont()); }

void PicturesTest::mapFindsLayerAndToken()
{
    const sample::Panthers panthers;
    const auto map = shown<KeptMap>(panthers.viewData(1));
    for (const auto &[layer, token] : {std::pair(0, 0), std::pair(12, 215), std::pair(29, 319)}) {
        const GridView::Cell cell = map->cellAt(map->cellRect(layer, token).center());
        QCOMPARE(cell.row, layer);
        QCOMPARE(cell.column, token);
    }
    QCOMPARE(map->cellAt(QPointF(1, 1)).row, -1);
    QSignalSpy spy(map.get(), &RunView::selectionRequested);
    QTest::mouseClick(map.get(), Qt::LeftButton, {}, map->cellRect(5, 100).center().toPoint());
    const auto selection = spy.last().at(0).value<Selection>();
    QCOMPARE(selection.layer, 5);
    QVERIFY(std::abs(selection.token - 100) <= 1); // a cell is narrower than two pixels
    QVERIFY(selection.pinned);
}

void PicturesTest::mapZoomsByDraggingAndResets()
{
    const sample::Panthers panthers;
    const auto map = shown<KeptMap>(panthers.viewData(1));
    const QPoint from = map->cellRect(10, 80).center().toPoint(), to = map->cellRect(10, 160).center().toPoint();
    QTest::mousePress(map.get(), Qt::LeftButton, {}, from);
    QMouseEvent move(QEvent::MouseMove, to, map->mapToGlobal(to), Qt::NoButton, Qt::LeftButton, {});
    QApplication::sendEvent(map.get(), &move);
    QTest::mouseRelease(map.get(), Qt::LeftButton, {}, to);
    const QByteArray found = QByteArray::number(map->window().column0) + " to " + QByteArray::number(map->window().column1);
    QVERIFY2(std::abs(map->window().column0 - 80) <= 2, found); // a pixel is more than one cell wide
    QVERIFY2(std::abs(map->window().column1 - 161) <= 2, found);
    QCOMPARE(map->window().rows(), 30);
    QTest::mouseDClick(map.get(), Qt::LeftButton, {}, from);
    QCOMPARE(map->window().columns(), 320);
}

void PicturesTest::mapMarksWithoutRepainting()
{
    const sample::Panthers panthers;
    const auto map = shown<KeptMap>(panthers.viewData(1));
    const int before = map->basePaints();
    for (int i = 0; i < 30; ++i) {
        map->setSelection(Selection{i * 10, i, -1, -1, 0, i % 2 == 0});
        map->grab();
    }
    QCOMPARE(map->basePaints(), before);
}

void PicturesTest::headMapListsRunsBelowEachOther()
{
    const sample::Panthers panthers;
    const auto map = shown<HeadMap>(panthers.viewData(4));
    QSignalSpy spy(map.get(), &RunView::selectionRequested);
    QTest::mouseClick(map.get(), Qt::LeftButton, {}, map->cellRect(4, 50).center().toPoint()); // second run, its head 1
    const auto selection = spy.last().at(0).value<Selection>();
    QCOMPARE(selection.run, 1);
    QCOMPARE(selection.head, 1);
    QCOMPARE(selection.layer, 0);
}

void PicturesTest::jaccardCountsSharedPositions()
{
    KeptTokens a = KeptTokens::sized(1, 2, 5), b = KeptTokens::sized(1, 2, 5); // heads start in the middle of a byte
    for (const int t : {0, 1, 2})
        a.setKept(0, 0, t);
    for (const int t : {1, 2, 3})
        b.setKept(0, 0, t);
    a.setKept(0, 1, 4);
    b.setKept(0, 1, 4);
    QCOMPARE(keptJaccard(a, b), (0.5 + 1.0) / 2);
    QCOMPARE(keptJaccard(a, a), 1.0);
    QVERIFY(std::isnan(keptJaccard(a, KeptTokens::sized(1, 2, 6))));
    const auto view = shown<AgreementView>(runsOf({every(2, 3, 37, 4), every(2, 3, 37, 2), every(2, 3, 37, 4)}));
    QCOMPARE(view->value(2, 0), 1.0);
    QVERIFY(view->value(1, 0) > 0.4 && view->value(1, 0) < 0.6);
    const auto one = shown<AgreementView>(runsOf({every(2, 3, 37, 4)}));
    QVERIFY(!one->emptyReason().isEmpty());
}

void PicturesTest::histogramCutsWhereTheRankingDoes()
{
    KeptTokens kept = KeptTokens::sized(1, 1, 10);
    for (int t = 0; t < 10; ++t)
        kept.score.push_back(static_cast<float>(std::pow(10.0, -t)));
    for (const int t : {0, 1, 2})
        kept.setKept(0, 0, t);
    const auto view = shown<ScoreHistogram>(runsOf({kept}));
    QVERIFY(view->isLog());
    QVERIFY(std::abs(*view->cut() - 0.01) < 1e-6);
    QVERIFY(std::abs(view->fractionAt(0.05) - 0.2) < 1e-9);
    int keptCount = 0, evicted = 0;
    for (const ScoreHistogram::Bin &bin : view->bins()) {
        keptCount += bin.kept;
        evicted += bin.evicted;
    }
    QCOMPARE(keptCount, 3);
    QCOMPARE(evicted, 7);
}

void PicturesTest::draggedCutAsksForABudget()
{
    KeptTokens kept = KeptTokens::sized(1, 1, 100);
    for (int t = 0; t < 100; ++t)
        kept.score.push_back(static_cast<float>(t - 50)); // negative scores: a linear axis
    for (int t = 75; t < 100; ++t)
        kept.setKept(0, 0, t);
    const auto view = shown<ScoreHistogram>(runsOf({kept}));
    QVERIFY(!view->isLog());
    QSignalSpy spy(view.get(), &RunView::budgetRequested);
    // The plot begins 38 px from the left and ends 16 px before the right edge.
    const double left = scaled(38), width = view->width() - 16 - left;
    const auto at = [&](double rank) { return QPoint(qRound(left + width * rank / 99), 100); };
    QTest::mousePress(view.get(), Qt::LeftButton, {}, at(75));
    QMouseEvent move(QEvent::MouseMove, at(50), view->mapToGlobal(at(50)), Qt::NoButton, Qt::LeftButton, {});
    QApplication::sendEvent(view.get(), &move);
    QTest::mouseRelease(view.get(), Qt::LeftButton, {}, at(50));
    QCOMPARE(spy.count(), 1);
    QVERIFY(std::abs(spy.last().at(0).toDouble() - 0.5) < 0.02);
}

void PicturesTest::oddDataDrawsSomething_data()
{
    QTest::addColumn<QString>("id");
    for (const QString &id : viewsWithSamples())
        QTest::addRow("%s", qPrintable(id)) << id;
}

void PicturesTest::oddDataDrawsSomething()
{
    QFETCH(QString, id);
    KeptTokens scored = every(1, 1, 1, 1);
    scored.score = {std::numeric_limits<float>::quiet_NaN()};
    KeptTokens infinite = every(2, 2, 9, 3);
    infinite.score.assign(36, std::numeric_limits<float>::infinity());
    infinite.score[3] = -1;
    KeptTokens channels = every(2, 2, 64, 2);
    channels.axis = "channel";
    std::vector<ViewDataPtr> cases{nullptr, std::make_shared<ViewData>(), runsOf({scored}), runsOf({infinite, every(1, 8, 9, 2)}), runsOf({channels}),
        runsOf({every(1, 1, 1, 1)}), runsOf(std::vector<KeptTokens>(9, every(4, 2, 100, 4))), runsOf({every(2, 2, 8192, 4)})};
    auto curves = std::make_shared<ViewData>(*runsOf({every(2, 2, 10, 2)}));
    Curve curve;
    curve.method = "A";
    curve.x = {1, std::nan(""), 3, 0};
    curve.y = {-1, 2, std::numeric_limits<double>::infinity(), 0};
    curves->curves = {curve, Curve{}, curve};
    cases.push_back(curves);
    auto noReport = std::make_shared<ViewData>();
    noReport->runs.push_back(RunEntry{0, QStringLiteral("Lost"), QStringLiteral("25 %"), QString(), nullptr, true, false, nullptr});
    noReport->current = noReport->runs.front();
    cases.push_back(noReport);
    for (const int nth : {0, 1, 2, 3}) {
        auto odd = std::make_shared<ViewData>();
        std::shared_ptr<PairData> pair = sample::pair();
        if (nth == 0)
            pair->maps.reset();
        if (nth == 1)
            pair->largeSums.clear();
        if (nth == 2)
            pair->maps = sample::pairMaps(1);
        if (nth == 3) {
            auto table = std::make_shared<PairTable>(*pair->table);
            for (std::vector<float> *values : {&table->values, &table->score, &table->margin, &table->control})
                std::fill(values->begin(), values->end(), std::numeric_limits<float>::quiet_NaN());
            pair->table = table;
            pair->series = {PairSeries{"span", "cosine", {8}, {std::nan("")}, {}, {0.5}, {}}};
        }
        odd->pair = pair;
        cases.push_back(odd);
    }
    const std::unique_ptr<RunView> view = makeView(id);
    view->show();
    for (const ViewDataPtr &data : cases) {
        view->setData(data);
        for (const QSize size : {QSize(540, 260), QSize(40, 30), QSize(2000, 60), QSize(1, 1)}) {
            view->resize(size);
            for (const Selection &selection : {Selection{}, Selection{5, 0, 0, 3, 0, true, {2, 1, 1, 1}}, Selection{100000, 500, 70, 9, 40, true, {500, 70, 900, 40}}}) {
                view->setSelection(selection);
                QVERIFY(!view->grab().isNull());
                view->describe();
                view->caption();
                view->csv();
                for (const int key : {Qt::Key_Right, Qt::Key_Down, Qt::Key_Left, Qt::Key_Up, Qt::Key_Return, Qt::Key_Escape})
                    QTest::keyClick(view.get(), static_cast<Qt::Key>(key));
                QTest::mouseMove(view.get(), QPoint(size.width() / 2, size.height() / 2));
                QTest::mouseClick(view.get(), Qt::LeftButton, {}, QPoint(size.width() / 2, size.height() / 2));
            }
        }
    }
}

void PicturesTest::paintsInTime()
{
    std::vector<KeptTokens> sets;
    for (int i = 0; i < 12; ++i)
        sets.push_back(every(30, 3, 1024, 3 + i % 3));
    const ViewDataPtr data = runsOf(sets);
    const KeptTokens other = every(30, 3, 1024, 5);
    for (const QString &id : viewIds()) {
        const std::unique_ptr<RunView> view = makeView(id);
        view->resize(id == QLatin1String("tokens") ? QSize(940, 300) : QSize(540, 260));
        view->setData(data);
        view->show();
        view->grab();
        auto moved = std::make_shared<ViewData>(*data); // a slider move: one report changed
        moved->current = RunEntry{-1, QStringLiteral("SnapKV"), QStringLiteral("20 %"), QString(), reportOf(other), false, false, nullptr};
        QElapsedTimer timer;
        timer.start();
        view->setData(moved);
        const double taken = static_cast<double>(timer.nsecsElapsed()) / 1e6;
        view->grab();
        const double painted = static_cast<double>(timer.nsecsElapsed()) / 1e6;
        qInfo("%-14s 1,024 tokens x 12 runs: data %.1f ms, with paint %.1f ms", qPrintable(id), taken, painted);
    }
}

QTEST_MAIN(PicturesTest)
#include "pictures_test.moc"
