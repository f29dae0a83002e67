#include "tests/views/shown_view.h"
#include "views/byte_meter.h"
#include "views/quality_view.h"
#include "views/type.h"

#include <QtTest>
#include <QtWidgets>

using namespace winnow;
using namespace winnow::sample;

/// Quality against bytes: points, axes, what is painted again; the byte meter beside it.
class QualityViewTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }
    void chartHitsItsPoints();
    void forecastIsHollowAndMeasuredFilled();
    void unchangedCurvesAreNotRepainted();
    void onlyMeasuredAxesAreOffered();
    void aSmallModelsCacheCountsUntilAnAxisIsChosen();
    void theMarkFollowsTheShownRun();
    void hoveringARunDrawsARingOverTheChartAsItIs();
    void byteMeterCountsASmallModel();
};

void QualityViewTest::chartHitsItsPoints()
{
    const sample::Panthers panthers;
    const auto view = shown<QualityView>(panthers.viewData(3), {700, 400});
    const QPointF at = view->pointPosition({1, 0});
    QCOMPARE(view->pointAt(at + QPointF(3, 3)), (QualityView::Hit{1, 0}));
    QCOMPARE(view->pointAt(QPointF(2, 2)), QualityView::Hit{});
    QSignalSpy spy(view.get(), &RunView::selectionRequested);
    QTest::mouseClick(view.get(), Qt::LeftButton, {}, at.toPoint());
    const auto selection = spy.last().at(0).value<Selection>();
    QCOMPARE(selection.run, 1);
    view->setSelection(selection); // as the window hands it back to every view
    QVERIFY(view->describe().contains(QStringLiteral("H2O")));
}

void QualityViewTest::forecastIsHollowAndMeasuredFilled()
{
    const sample::Panthers panthers;
    const auto view = shown<QualityView>(panthers.viewData(3), {700, 400});
    const QImage image = view->grab().toImage();
    const auto centre = [&](int point) { return image.pixelColor(view->pointPosition({0, point}).toPoint()); };
    QCOMPARE(centre(0), Theme::light().surface); // the 10 % point is a forecast
    QCOMPARE(centre(1), Theme::light().run(0).color);
}

void QualityViewTest::unchangedCurvesAreNotRepainted()
{
    const sample::Panthers panthers;
    const auto view = shown<QualityView>(panthers.viewData(3), {700, 400});
    const int before = view->basePaints();
    view->setData(panthers.viewData(3)); // a slider moved: another preview, the same measurements
    view->grab();
    QCOMPARE(view->basePaints(), before);
    view->setData(panthers.viewData(4));
    view->grab();
    QCOMPARE(view->basePaints(), before + 1);
}

void QualityViewTest::onlyMeasuredAxesAreOffered()
{
    const sample::Panthers panthers;
    QualityView view;
    const QVector<QWidget *> controls = view.headerControls();
    auto *across = qobject_cast<QComboBox *>(controls.at(0)), *up = qobject_cast<QComboBox *>(controls.at(1));
    const auto offered = [](QComboBox *box) {
        QVector<bool> flags;
        for (int i = 0; i < box->count(); ++i)
            flags << qobject_cast<QStandardItemModel *>(box->model())->item(i)->isEnabled();
        return flags;
    };
    view.setData(panthers.viewData(3));
    QCOMPARE(offered(across), QVector<bool>({true, false, false, false, false}));
    QCOMPARE(offered(up), QVector<bool>({true, false, false, false}));
    QVERIFY(!up->itemData(1, Qt::ToolTipRole).toString().isEmpty());
    auto more = std::make_shared<ViewData>(*panthers.viewData(3));
    Curve divergence = more->curves.front();
    divergence.yName = "kl";
    more->curves.push_back(divergence);
    view.setData(more);
    QCOMPARE(offered(up), QVector<bool>({true, true, false, false}));
    view.setAxes(QualityView::X::Stored, QualityView::Y::Kl);
    QVERIFY(view.emptyReason().isEmpty());
    view.setAxes(QualityView::X::Tokens, QualityView::Y::Kl);
    QVERIFY(!view.emptyReason().isEmpty());
    // A method that replaces layers: log-perplexity against their share, the full model where none is.
    Curve ratio = more->curves.front();
    ratio.xName = "replacedShare";
    ratio.yName = "nll";
    ratio.x = {0.1, 0.3, 0.5};
    ratio.y = {2.5, 2.75, 3.5};
    ratio.low = ratio.high = {};
    ratio.forecast = {};
    ratio.budgets = {};
    ratio.thresholds = Json::array({{{"name", "small"}, {"y", 9.5}}}); // far off: named at the edge
    auto layers = std::make_shared<ViewData>(*more);
    layers->curves.push_back(ratio);
    view.setData(layers);
    view.setAxes(QualityView::X::Replaced, QualityView::Y::Nll);
    QCOMPARE(view.title(), QStringLiteral("Quality against replaced layers"));
    QVERIFY2(view.csv().contains(QStringLiteral("30,2.75")), qPrintable(view.csv())); // percent, nats
}

namespace {

/// Bytes over the axis that counts a small model's cache, beside those of the run alone.
ViewDataPtr withSmallModel(const Panthers &panthers)
{
    auto data = std::make_shared<ViewData>(*panthers.viewData(3));
    Curve counted = data->curves.front();
    counted.xName = "effectiveBytes";
    data->curves.push_back(counted);
    return data;
}

} // namespace

void QualityViewTest::aSmallModelsCacheCountsUntilAnAxisIsChosen()
{
    const Panthers panthers;
    QualityView view;
    view.setData(panthers.viewData(3));
    QCOMPARE(view.xAxis(), QualityView::X::Stored);
    view.setData(withSmallModel(panthers));
    QCOMPARE(view.xAxis(), QualityView::X::Effective);
    QVERIFY(view.caption().contains(QStringLiteral("small model")));
    view.setAxes(QualityView::X::Stored, QualityView::Y::DeltaNll);
    view.setData(withSmallModel(panthers));
    QCOMPARE(view.xAxis(), QualityView::X::Stored); // what a person chose stays
    QualityView restored;
    restored.setData(withSmallModel(panthers));
    restored.restoreState(view.saveState());
    QCOMPARE(restored.xAxis(), QualityView::X::Stored);
}

void QualityViewTest::theMarkFollowsTheShownRun()
{
    const Panthers panthers;
    const auto view = shown<QualityView>(panthers.viewData(3), {700, 400});
    QVERIFY2(!view->describe().contains(QStringLiteral("H2O")), qPrintable(view->describe()));
    auto other = std::make_shared<ViewData>(*panthers.viewData(3)); // the same curves, another run in the dock
    other->current = other->runs[1];
    view->setData(other);
    QVERIFY2(view->describe().contains(QStringLiteral("H2O")), qPrintable(view->describe()));
}

void QualityViewTest::hoveringARunDrawsARingOverTheChartAsItIs()
{
    const Panthers panthers;
    const auto view = shown<QualityView>(panthers.viewData(3), {700, 400});
    const QImage still = view->grab().toImage();
    const int paints = view->basePaints();
    Selection hover;
    hover.run = 1;
    view->setSelection(hover);
    const QImage ringed = view->grab().toImage();
    QCOMPARE(view->basePaints(), paints); // the chart below was not painted again
    const QPointF shown25 = view->pointPosition({0, 1}), hovered25 = view->pointPosition({1, 0}); // 25 %: run A has a forecast before it
    const auto near = [](const QPointF &point, int x, int y) { return std::hypot(x - point.x(), y - point.y()) < 12; };
    int left = 0, come = 0, elsewhere = 0; // pixels: of the ring that went, of the one that came, of anything else
    for (int y = 0; y < still.height(); ++y)
        for (int x = 0; x < still.width(); ++x)
            if (still.pixelColor(x, y) != ringed.pixelColor(x, y))
                ++(near(shown25, x, y) ? left : near(hovered25, x, y) ? come : elsewhere);
    QVERIFY2(left > 20 && come > 20, qPrintable(QStringLiteral("%1 %2").arg(left).arg(come)));
    QCOMPARE(elsewhere, 0);
    view->setSelection({}); // back on the run of the dock
    QCOMPARE(view->grab().toImage(), still);
    auto other = std::make_shared<ViewData>(*panthers.viewData(3)); // the same curves, another run in the dock
    other->current = other->runs[1];
    view->setData(other);
    QCOMPARE(view->grab().toImage(), ringed);
    QCOMPARE(view->basePaints(), paints);
}

void QualityViewTest::byteMeterCountsASmallModel()
{
    const ViewDataPtr data = runsOf({every(2, 2, 16, 2), every(2, 2, 16, 2)});
    auto pair = std::make_shared<ViewData>(*data);
    Document document = pair->runs[1].report->document();
    document.body["savings"]["slmCacheBytes"] = 1.5e6;
    pair->runs[1].report = std::make_shared<const Report>(std::move(document));
    const auto alone = shown<ByteMeter>(data, {540, 120}), beside = shown<ByteMeter>(pair, {540, 120});
    const QColor amber = Theme::light().parts[1];
    QCOMPARE(colorCount(alone->grab().toImage(), amber), 0);
    QVERIFY(colorCount(beside->grab().toImage(), amber) > 100);
    QCOMPARE(alone->legend(Theme::light()).size() + 1, beside->legend(Theme::light()).size());
    QVERIFY(beside->csv().contains(QStringLiteral(",1500000,")));
    Selection second;
    second.run = 1;
    beside->setSelection(second);
    QVERIFY2(beside->describe().contains(QStringLiteral("2.38 MiB")), qPrintable(beside->describe())); // 1e6 stored and 1.5e6 beside
}

QTEST_MAIN(QualityViewTest)
#include "quality_view_test.moc"
