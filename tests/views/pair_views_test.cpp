#include "tests/views/shown_pair.h"
#include "views/attention_maps.h"
#include "views/best_scores.h"
#include "views/column_sums.h"
#include "views/head_matrix.h"
#include "views/layer_matrix.h"
#include "views/matched_pairs.h"
#include "views/type.h"

#include <QAction>
#include <QSignalSpy>
#include <QtTest>

using namespace winnow;
using namespace winnow::sample;

/// Views of two models: what a click and a key mark, what is sorted, counted and cut.
class PairViewsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }

    void reportIsReadAndRefusedWhenItsPartsDoNotFit()
    {
        const auto pair = readPairData(sample::pairReport());
        QVERIFY(pair && *pair);
        QCOMPARE((*pair)->large.layers(), 5);
        QCOMPARE((*pair)->large.shortName, QStringLiteral("1.5B"));
        QCOMPARE((*pair)->small.shortName, QStringLiteral("0.5B"));
        QCOMPARE((*pair)->tokens, 24);
        QCOMPARE((*pair)->tables.size(), size_t(3));
        QVERIFY((*pair)->find(QStringLiteral("jaccard"), 0));
        QVERIFY(!(*pair)->find(QStringLiteral("jaccard"), 2));
        QVERIFY((*pair)->find(QStringLiteral("cosine_nosink"), 0)); // leaves out one at least
        QVERIFY((*pair)->find(QStringLiteral("cosine"), 7)); // skips nothing, whatever is asked
        QVERIFY(!*readPairData(nullptr));
        Document broken = sample::pairReport()->document();
        broken.body["smallModel"]["heads"] = 3;
        const auto refused = readPairData(std::make_shared<const Report>(broken));
        QVERIFY(!refused);
        QVERIFY(QString::fromStdString(refused.error().message).contains(QStringLiteral("cosine")));
    }

    void aProfileIsReadFromItsCurve()
    {
        ReportBuilder builder;
        Curve curve;
        curve.id = "profile";
        curve.x = {2, 9};
        curve.y = {0.25, -0.01};
        builder.add(curve);
        const auto profile = readProfile(*builder.build());
        QVERIFY(profile);
        QCOMPARE((*profile)[2], 0.25);
        QCOMPARE((*profile)[9], -0.01);
        QVERIFY(std::isnan((*profile)[0]));
        QVERIFY(!readProfile(*sample::pairReport()));
    }

    void layersPoolTheirHeads()
    {
        const auto pair = sample::pair();
        const std::vector<float> best = layerTable(*pair, HeadPooling::Best), mean = layerTable(*pair, HeadPooling::Mean);
        QCOMPARE(best.size(), size_t(5 * 4));
        for (int layer = 0; layer < 5; ++layer)
            for (int small = 0; small < 4; ++small) {
                float top = -1;
                double sum = 0;
                for (int h = 0; h < 3; ++h)
                    for (int s = 0; s < 2; ++s) {
                        const float v = pair->table->value(layer * 3 + h, small * 2 + s);
                        top = std::max(top, v);
                        sum += static_cast<double>(v);
                    }
                QCOMPARE(best[size_t(layer * 4 + small)], top);
                QVERIFY(std::abs(static_cast<double>(mean[size_t(layer * 4 + small)]) - sum / 6) < 1e-6);
            }
    }

    void aLayerCellMarksItsBestPairOfHeads()
    {
        const auto pair = sample::pair();
        const auto view = shown<LayerMatrix>(dataOf(pair));
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->cellRect({3, 2}).center().toPoint());
        QCOMPARE(asked.size(), 1);
        const Selection selection = lastRequest(asked);
        QVERIFY(selection.pinned);
        QCOMPARE(selection.pair, bestHeads(*pair, 3, 2));
        const float marked = pair->table->value(3 * 3 + selection.pair.head, 2 * 2 + selection.pair.smallHead);
        QCOMPARE(marked, layerTable(*pair, HeadPooling::Best)[size_t(3 * 4 + 2)]);
        QCOMPARE(view->cellAt(view->cellRect({4, 3}).center()), (MatrixView::Cell{4, 3}));
        QCOMPARE(view->cellAt(QPointF(1, 1)), MatrixView::Cell{});
    }

    void arrowsMoveTheCellAndEscapeClears()
    {
        const auto view = shown<LayerMatrix>(dataOf(sample::pair()));
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::keyClick(view.get(), Qt::Key_Down);
        QCOMPARE(lastRequest(asked).pair.layer, 3);
        QCOMPARE(lastRequest(asked).pair.smallLayer, 1);
        QTest::keyClick(view.get(), Qt::Key_End);
        QCOMPARE(lastRequest(asked).pair.smallLayer, 3);
        QTest::keyClick(view.get(), Qt::Key_Escape);
        QVERIFY(!lastRequest(asked).pair.hasLayers());
    }

    void aDotStandsInEveryRowAndMeansHaveTheirOwnRange()
    {
        const auto view = shown<LayerMatrix>(dataOf(sample::pair()));
        QCOMPARE(view->best().size(), size_t(5));
        for (int row = 0; row < 5; ++row)
            for (int column = 0; column < 4; ++column)
                QVERIFY(view->value({row, view->best()[size_t(row)]}) >= view->value({row, column}));
        const float before = view->value({2, 1});
        view->setPooling(HeadPooling::Mean);
        QVERIFY(view->value({2, 1}) < before);
        QVERIFY(view->note().contains(QStringLiteral("mean")));
    }

    void headsFollowTheMarkedLayers()
    {
        const auto pair = sample::pair();
        const auto view = shown<HeadMatrix>(dataOf(pair));
        QCOMPARE(view->note(), QStringLiteral("layer 2 with layer 1"));
        QCOMPARE(view->value({1, 1}), pair->table->value(2 * 3 + 1, 1 * 2 + 1));
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->cellRect({0, 1}).center().toPoint());
        QCOMPARE(lastRequest(asked).pair, (PairMark{2, 0, 1, 1}));
        QVERIFY(view->describe().contains(QStringLiteral("2·1 with 1·1")));
    }

    void hoveringRepaintsNoPicture()
    {
        const auto view = shown<LayerMatrix>(dataOf(sample::pair()));
        const int paints = view->basePaints();
        for (int i = 0; i < 5; ++i) {
            QTest::mouseMove(view.get(), view->cellRect({i, i % 4}).center().toPoint());
            view->grab();
        }
        QCOMPARE(view->basePaints(), paints);
    }

    void pairsSortByAnyColumnAndWorstComesOnTop()
    {
        const auto pair = sample::pair();
        const auto view = shown<MatchedPairs>(dataOf(pair));
        QCOMPARE(view->order(), (std::vector<int>{6, 7, 8})); // layer 2
        view->setScope(MatchedPairs::Scope::All);
        QCOMPARE(view->order().size(), size_t(15));
        QAction *worst = nullptr;
        for (QAction *action : view->actions())
            if (action->text().contains(QStringLiteral("Worst")))
                worst = action;
        QVERIFY(worst);
        worst->trigger();
        for (size_t i = 1; i < view->order().size(); ++i)
            QVERIFY(pair->table->score[size_t(view->order()[i - 1])] <= pair->table->score[size_t(view->order()[i])]);
        view->sortBy(MatchedPairs::Column::Margin, Qt::DescendingOrder);
        QVERIFY(!worst->isChecked());
        for (size_t i = 1; i < view->order().size(); ++i)
            QVERIFY(pair->table->margin[size_t(view->order()[i - 1])] >= pair->table->margin[size_t(view->order()[i])]);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::keyClick(view.get(), Qt::Key_Home);
        QCOMPARE(lastRequest(asked).pair, matchOf(*pair, view->order().front()));
        QVERIFY(view->csv().startsWith(QStringLiteral("large layer,large head,small layer,small head,cosine,margin,control,cosine_nosink\n")));
    }

    void theMatchIsShownWithoutTheSinkWhereThatWasCompared()
    {
        using Column = MatchedPairs::Column;
        const auto pair = sample::pair();
        const auto view = shown<MatchedPairs>(dataOf(pair));
        const PairTable *plain = pair->find(QStringLiteral("cosine_nosink"), 1);
        QVERIFY(plain);
        QCOMPARE(view->withoutSink(7), plain->value(7, pair->table->match[7]));
        QVERIFY(view->columnsAt(460) == (std::vector<Column>{Column::Head, Column::Match, Column::Score, Column::NoSink, Column::Margin}));
        QVERIFY(view->columnsAt(150) == (std::vector<Column>{Column::Head, Column::Match, Column::Score, Column::NoSink})); // narrow
        view->setScope(MatchedPairs::Scope::All);
        view->sortBy(Column::NoSink, Qt::AscendingOrder);
        for (size_t i = 1; i < view->order().size(); ++i)
            QVERIFY(view->withoutSink(view->order()[i - 1]) <= view->withoutSink(view->order()[i]));
        view->setData(dataOf(std::make_shared<PairData>(*withTable(pair, QStringLiteral("cosine_nosink"), 1))));
        QVERIFY(std::isnan(view->withoutSink(7))); // it is the score then
        QCOMPARE(view->columnsAt(460).size(), size_t(4));
    }

    void aClickOnAColumnHeadSorts()
    {
        const auto view = shown<MatchedPairs>(dataOf(sample::pair()));
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, QPoint(300, 8));
        QVERIFY(view->sortColumn() != MatchedPairs::Column::Head);
        const MatchedPairs::Column column = view->sortColumn();
        QVERIFY(view->ascending());
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, QPoint(300, 8));
        QCOMPARE(view->sortColumn(), column);
        QVERIFY(!view->ascending());
    }

    void histogramCountsEveryHeadOnce()
    {
        const auto pair = sample::pair();
        const auto view = shown<BestScores>(dataOf(pair));
        int matched = 0, control = 0;
        for (const BestScores::Bin &bin : view->bins()) {
            matched += bin.matched;
            control += bin.control;
        }
        QCOMPARE(matched, 15);
        QCOMPARE(control, 15);
        QVERIFY(view->note().contains(QStringLiteral("shuffled control 0.3")));
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::keyClick(view.get(), Qt::Key_End);
        const PairMark &mark = lastRequest(asked).pair;
        QCOMPARE(pair->table->score[size_t(mark.layer * 3 + mark.head)], *std::max_element(pair->table->score.begin(), pair->table->score.end()));
    }

    void medianIsTheMiddleOne()
    {
        QCOMPARE(medianOf({3, 1, 2}), 2.0);
        QCOMPARE(medianOf({4, 1, 2, 3}), 2.5);
        QCOMPARE(medianOf({std::numeric_limits<float>::quiet_NaN(), 7}), 7.0);
        QVERIFY(std::isnan(medianOf({})));
    }

    // log scale from 1e-4 to 0.5
    void weightsAreShadedOnALogScale()
    {
        QCOMPARE(attentionShade(1e-4f), 0.0f);
        QVERIFY(std::abs(attentionShade(0.5f) - 1.0f) < 1e-6f);
        QCOMPARE(attentionShade(0.9f), 1.0f);
        QCOMPARE(attentionShade(0.0f), 0.0f);
        QVERIFY(std::abs(attentionShade(std::sqrt(0.5f * 1e-4f)) - 0.5f) < 1e-5f);
        QVERIFY(std::isnan(attentionShade(std::numeric_limits<float>::quiet_NaN())));
    }

    void mapsMarkTheKeyThatIsClicked()
    {
        const auto view = shown<AttentionMaps>(dataOf(sample::pair()), {2, 1, 1, 1}, {600, 260});
        QVERIFY(view->emptyReason().isEmpty());
        QVERIFY(view->differenceRange() > 0.01);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        int clicked = -1;
        for (int x = 20; x < 180 && clicked < 0; x += 7)
            if (view->keyAt(QPointF(x, 100)) == 12)
                clicked = x;
        QVERIFY(clicked > 0);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, QPoint(clicked, 100));
        QCOMPARE(lastRequest(asked).token, 12);
        QCOMPARE(lastRequest(asked).pair, (PairMark{2, 1, 1, 1})); // the pair stays
        auto another = sample::pair();
        another->maps = view ? sample::pairMaps() : nullptr;
        const int paints = view->basePaints();
        auto same = std::make_shared<PairData>(*sample::pair());
        view->setData(dataOf(same));
        view->grab();
        QCOMPARE(view->basePaints(), paints + 1); // other maps
        view->setData(dataOf(std::make_shared<PairData>(*same)));
        view->grab();
        QCOMPARE(view->basePaints(), paints + 1); // another metric shows the same ones
    }

    void theFirstTokenIsCutWhereItWouldFlattenTheRest()
    {
        const auto view = shown<ColumnSums>(dataOf(sample::pair()));
        QVERIFY(view->firstIsCut()); // 14 beside values below 1
        QVERIFY(view->top() < 2);
        QVERIFY(view->note().contains(QStringLiteral("first token cut at")));
        const QStringList lines = view->csv().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 25);
        QVERIFY(lines[1].startsWith(QStringLiteral("0,14,14")));
    }

    // 0.5B beside 7B at a fifth of the cache in fp16 pays off at 29 418 tokens (smallkv.md 8).
};

QTEST_MAIN(PairViewsTest)
#include "pair_views_test.moc"
