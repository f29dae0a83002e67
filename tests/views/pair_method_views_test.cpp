#include "tests/views/shown_pair.h"
#include "views/consistency_map.h"
#include "views/layer_planner.h"
#include "views/mass_bars.h"
#include "views/match_stability.h"
#include "views/pair_memory.h"
#include "views/ranked_mass.h"
#include "views/saliency_timeline.h"
#include "views/type.h"

#include <QAction>
#include <QSignalSpy>
#include <QtTest>

using namespace winnow;
using namespace winnow::sample;

/// Views of what methods with a small model do: layers, borders, masses, memory, steps.
class PairMethodViewsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }

    void plannerShowsWhatIsForbiddenAndAsksForOthers()
    {
        const auto pair = sample::pair();
        const auto view = shown<LayerPlanner>(dataOf(pair), {2, 1, 1, 1}, {284, 168});
        QVERIFY(view->isForbidden(0)); // e = floor(.2 * 5 + .5) = 1
        QVERIFY(!view->isForbidden(1));
        QCOMPARE(view->isMapped(4), true);
        QSignalSpy toggled(view.get(), &LayerPlanner::layerToggled);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->barRect(1).center().toPoint());
        QCOMPARE(toggled.last().first().toInt(), 1);
        QTest::keyClick(view.get(), Qt::Key_Space); // the marked one
        QCOMPARE(toggled.last().first().toInt(), 2);
        pair->profile.fill(0.5);
        pair->profile[9] = 0.1;
        view->setData(dataOf(pair));
        QVERIFY(view->csv().startsWith(QStringLiteral("layer,delta nats/token")));
        QVERIFY(view->csv().contains(QStringLiteral("4,0.1,1,0")));
    }

    void stabilityShowsLaterRowsOrSpans()
    {
        const auto view = shown<MatchStability>(dataOf(sample::pair()));
        QCOMPARE(view->csv().count(QLatin1Char('\n')), 4);
        view->setAgainst(MatchStability::Against::Span);
        QCOMPARE(view->csv().count(QLatin1Char('\n')), 5);
        auto without = sample::pair();
        without->series.clear();
        view->setData(dataOf(without));
        QVERIFY(view->emptyReason().contains(QStringLiteral("Measure")));
    }

    void consistencyListsTheReplacedHeads()
    {
        const auto pair = sample::pair(); // 40 % of 5 layers: 1 and 4
        const auto view = shown<ConsistencyMap>(dataOf(pair));
        QCOMPARE(view->heads(), (std::vector<int>{3, 4, 5, 12, 13, 14}));
        QCOMPARE(view->agrees(5, 0), false);
        QCOMPARE(view->agrees(4, 0), true);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::keyClick(view.get(), Qt::Key_End);
        QCOMPARE(lastRequest(asked).pair, matchOf(*pair, 14));
    }

    void bordersCostWhatTheirClassesHold()
    {
        const auto view = shown<RankedMass>(dataOf(sample::pair()));
        view->setBorders(4, 10);
        QCOMPARE(view->cost(), 7.0); // six marginal tokens at a half
        QVERIFY(view->massUpTo(1) > 0.5); // the first token has 14 of 24
        QCOMPARE(view->massUpTo(24), 1.0);
        QTest::keyClick(view.get(), Qt::Key_Right);
        QCOMPARE(view->critical(), 5);
        QTest::keyClick(view.get(), Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(view->marginal(), 9);
        view->setBorders(20, 3); // never crossed
        QCOMPARE(view->marginal(), 20);
        QVERIFY(view->csv().contains(QStringLiteral("critical")));
    }

    void aClickOnTheTimelineMovesTheStep()
    {
        const sample::Panthers panthers;
        const auto view = shown<SaliencyTimeline>(panthers.viewData(3));
        QCOMPARE(view->steps(), 64);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        int x = 60;
        while (view->stepAt(QPointF(x, 150)) != 20 && x < 400)
            ++x;
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, QPoint(x, 150));
        QCOMPARE(lastRequest(asked).step, 20);
        view->setQuantity(SaliencyTimeline::Quantity::LostMass);
        QVERIFY(view->csv().startsWith(QStringLiteral("step,run,lostMass,kl nats")));
    }

    void massesAreBarsOfLayersAndOfTheHeadsOfOne()
    {
        const sample::Panthers panthers;
        const auto view = shown<MassBars>(panthers.viewData(2));
        QCOMPARE(view->columns(), 30);
        QVERIFY(view->emptyReason().isEmpty());
        double sum = 0;
        for (int head = 0; head < 9; ++head)
            sum += 0.05 + 0.1 * ((4 * 5 + head * 3) % 7) / 7.0;
        QVERIFY(std::abs(view->mass(4, MassBars::Marginal) - sum / 9) < 1e-9);
        QVERIFY(std::abs(view->mass(4, MassBars::KeptAfter) + view->mass(4, MassBars::MarginalAfter) - 1) < 1e-9);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::keyClick(view.get(), Qt::Key_End);
        QCOMPARE(lastRequest(asked).layer, 29);
        view->setSelection(lastRequest(asked));
        view->setScope(MassBars::Scope::Heads);
        QCOMPARE(view->columns(), 9);
        QCOMPARE(view->layer(), 29);
        int x = 40;
        while (view->columnAt(QPointF(x, 150)) != 7 && x < 460)
            ++x;
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, QPoint(x, 150));
        QCOMPARE(lastRequest(asked).head, 2); // three heads share keys
        QCOMPARE(view->csv().count(QLatin1Char('\n')), 1 + 30 * 9);
        auto preview = std::make_shared<ViewData>(*panthers.viewData(2));
        preview->current.report = panthers.report(0, 0);
        view->setData(preview);
        QVERIFY(view->emptyReason().contains(QStringLiteral("Measure")));
    }

    void memoryBreaksEvenWhereTheSavedBytesPayTheWeights()
    {
        PairCosts costs;
        costs.tokens = 1000;
        costs.full = 57344.0 * 1000;
        costs.stored = 0.2 * costs.full;
        costs.smallCache = 12288.0 * 1000;
        costs.smallWeights = 2 * 494032768.0;
        QCOMPARE(std::round(costs.breakEven()), 29418.0);
        QVERIFY(std::abs(costs.bytesAt(29418) / costs.fullAt(29418) - 1) < 1e-4);
        QVERIFY(!costs.isNetLoss());
        costs.stored = 0.9 * costs.full; // less is saved than the small cache takes
        QVERIFY(std::isinf(costs.breakEven()));
        QVERIFY(costs.isNetLoss());
    }

    void memoryComesFromTheRunAndElseFromThePlan()
    {
        const sample::Panthers panthers;
        auto data = std::make_shared<ViewData>(*panthers.viewData(2));
        const auto view = shown<PairMemory>(data, {2, 1, 1, 1}, {540, 420});
        QVERIFY(view->costs() && view->costs()->computed); // no small model in the run
        QVERIFY(view->note().contains(QStringLiteral("computed")));
        QCOMPARE(view->costs()->full, 24.0 * 2 * 5 * 8 * 4); // 24 tokens, 5 layers of one head of 8, fp32
        QCOMPARE(view->costs()->keys, view->costs()->full / 2 * 3 / 5); // two of five layers
        Document document = panthers.report(1, 8)->document();
        document.body["savings"]["slmCacheBytes"] = 1e6;
        document.body["savings"]["slmWeightsBytes"] = 5e8;
        document.body["savings"]["hostBytes"] = 4e6;
        document.body["savings"]["msPerToken"] = 20.5;
        document.body["metrics"]["keyBytes"] = 2e6;
        document.body["metrics"]["valueBytes"] = 3e6;
        document.body["metrics"]["flopSkipped"] = 1e9;
        document.body["metrics"]["flopAdded"] = 2e9;
        data->current.report = std::make_shared<const Report>(document);
        view->setData(std::make_shared<ViewData>(*data));
        QVERIFY(view->costs() && !view->costs()->computed);
        QCOMPARE(view->parts(false).size(), size_t(5));
        QCOMPARE(view->parts(false).back().bytes, 4e6);
        QVERIFY(view->costs()->isNetLoss()); // work
        QVERIFY(view->describe().contains(QStringLiteral("20.5 ms")));
        QVERIFY(view->breakEvenText().contains(QStringLiteral("pays off from")));
        QVERIFY(view->csv().contains(QStringLiteral("net saved,-1000000000,FLOP/token")));
    }
};

QTEST_MAIN(PairMethodViewsTest)
#include "pair_method_views_test.moc"
