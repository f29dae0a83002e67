#include "tests/views/sample_data.h"
#include "views/type.h"
#include "views/view_factory.h"
#include "views/widgets/banner.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/empty_state.h"
#include "views/widgets/legend_row.h"
#include "views/widgets/part_bars.h"
#include "views/widgets/scrubber.h"
#include "views/widgets/segmented_control.h"
#include "views/widgets/token_boxes.h"
#include "views/widgets/view_frame.h"
#include "views/widgets/view_header.h"

#include <QtTest>
#include <QtWidgets>

using namespace winnow;

class WidgetsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void scrubberStepsFromThePromptToTheEnd();
    void scrubberPlaysAndStopsAtTheEnd();
    void segmentsReportOnlyTheUsersChoice();
    void sliderJumpsWhereItIsClicked();
    void frameShowsTheReasonInsteadOfNothing();
    void frameHandsViewsBack();
    void legendsMoveBelowANarrowHeader();
    void busyBarWaitsBeforeItShows();
    void everyButtonHasAName();
    void elidedLabelTellsTheWholeText();
    void tokenBoxesWrapAndBreak();
    void tokenBoxesAreWalkedWithTheKeys();
    void parametersAreCountedAsPeopleDo();
};

void WidgetsTest::scrubberStepsFromThePromptToTheEnd()
{
    Scrubber scrubber;
    QVERIFY(!scrubber.isEnabled());
    scrubber.setSteps(64);
    scrubber.setStep(23);
    QCOMPARE(scrubber.step(), 23);
    QSignalSpy spy(&scrubber, &Scrubber::stepChanged);
    const auto buttons = scrubber.findChildren<QToolButton *>();
    QCOMPARE(buttons.size(), 3);
    buttons[0]->click();
    QCOMPARE(spy.last().at(0).toInt(), -1);
    buttons[2]->click();
    QCOMPARE(spy.last().at(0).toInt(), 63);
    scrubber.setSteps(10); // a shorter continuation: the step is clamped without a signal
    QCOMPARE(spy.count(), 2);
    QCOMPARE(scrubber.step(), 9);
}

void WidgetsTest::scrubberPlaysAndStopsAtTheEnd()
{
    Scrubber scrubber;
    scrubber.setSteps(3);
    scrubber.setStep(0);
    scrubber.setPlaying(true);
    QTRY_VERIFY(!scrubber.isPlaying());
    QCOMPARE(scrubber.step(), 2);
}

void WidgetsTest::segmentsReportOnlyTheUsersChoice()
{
    SegmentedControl segments({QStringLiteral("a"), QStringLiteral("b"), QStringLiteral("c")});
    QSignalSpy spy(&segments, &SegmentedControl::chosen);
    segments.setCurrent(2);
    QCOMPARE(segments.current(), 2);
    QVERIFY(spy.isEmpty());
    segments.findChildren<QToolButton *>()[1]->click();
    QCOMPARE(spy.last().at(0).toInt(), 1);
}

void WidgetsTest::sliderJumpsWhereItIsClicked()
{
    BudgetSlider slider;
    slider.setRange(0, 100);
    slider.resize(220, 22);
    QTest::mouseClick(&slider, Qt::LeftButton, {}, QPoint(110, 11));
    QCOMPARE(slider.value(), 50);
    QTest::mouseClick(&slider, Qt::LeftButton, {}, QPoint(219, 11));
    QCOMPARE(slider.value(), 100);
}

void WidgetsTest::frameShowsTheReasonInsteadOfNothing()
{
    ViewFrame frame;
    frame.resize(500, 300);
    frame.setView(makeView(QStringLiteral("keptMap")).release());
    frame.show();
    QVERIFY(frame.emptyState()->isVisible());
    QVERIFY(!frame.emptyState()->accessibleName().isEmpty());
    QVERIFY(frame.header()->exportButton()->isHidden());
    const sample::Panthers panthers;
    frame.view()->setData(panthers.viewData(1));
    QVERIFY(!frame.emptyState()->isVisible());
    QVERIFY(frame.view()->isVisible());
    QVERIFY(!frame.header()->exportButton()->isHidden());
}

void WidgetsTest::frameHandsViewsBack()
{
    ViewFrame frame;
    RunView *tokens = makeView(QStringLiteral("tokens")).release();
    QCOMPARE(frame.setView(tokens), nullptr);
    QCOMPARE(frame.findChildren<SegmentedControl *>().size(), 1);
    const std::unique_ptr<RunView> back(frame.setView(makeView(QStringLiteral("quality")).release()));
    QCOMPARE(back.get(), tokens);
    QCOMPARE(back->parent(), nullptr);
    QCOMPARE(back->findChildren<SegmentedControl *>().size(), 1); // its control came along
    QCOMPARE(frame.findChildren<SegmentedControl *>().size(), 0);
}

void WidgetsTest::legendsMoveBelowANarrowHeader()
{
    const sample::Panthers panthers;
    ViewFrame frame;
    RunView *view = makeView(QStringLiteral("bytes")).release();
    frame.setView(view);
    view->setData(panthers.viewData(4));
    const auto legendWidths = [&] { // of the header's and of the row below it
        QVector<int> widths;
        for (const LegendRow *row : {frame.header()->findChild<LegendRow *>(), frame.findChild<LegendRow *>(QString(), Qt::FindDirectChildrenOnly)})
            widths << (row->isVisible() ? row->sizeHint().width() : 0);
        return widths;
    };
    frame.resize(900, 300);
    frame.show();
    QVERIFY(legendWidths()[0] > 100);
    QCOMPARE(legendWidths()[1], 0);
    frame.resize(330, 300);
    QVERIFY(legendWidths()[0] < 10);
    QVERIFY(legendWidths()[1] > 100);
}

void WidgetsTest::busyBarWaitsBeforeItShows()
{
    ViewHeader header;
    header.resize(300, 32);
    const QImage quiet = header.grab().toImage();
    header.setBusy(true);
    QCOMPARE(header.grab().toImage(), quiet);
    QTRY_VERIFY(header.grab().toImage() != quiet);
    header.setBusy(false);
    QCOMPARE(header.grab().toImage(), quiet);
}

void WidgetsTest::everyButtonHasAName()
{
    Scrubber scrubber;
    ViewHeader header;
    Banner banner;
    for (const QWidget *widget : {static_cast<QWidget *>(&scrubber), static_cast<QWidget *>(&header), static_cast<QWidget *>(&banner)})
        for (const QToolButton *button : widget->findChildren<QToolButton *>())
            QVERIFY(!button->accessibleName().isEmpty());
    for (const QString &id : viewIds())
        QVERIFY2(!makeView(id)->accessibleName().isEmpty(), qPrintable(id));
}

void WidgetsTest::elidedLabelTellsTheWholeText()
{
    ElidedLabel label(QStringLiteral("a very long file name that does not fit.txt"));
    label.resize(80, 20);
    label.grab();
    QCOMPARE(label.toolTip(), label.text());
    label.resize(800, 20);
    label.grab();
    QVERIFY(label.toolTip().isEmpty());
}

void WidgetsTest::tokenBoxesWrapAndBreak()
{
    TokenBoxes boxes;
    QVector<TokenBox> tokens;
    for (int i = 0; i < 40; ++i)
        tokens.append({1000 + i, QStringLiteral("token"), i == 0, i == 4, QStringLiteral("token %1").arg(i)});
    boxes.setTokens(tokens);
    boxes.resize(400, 600);
    boxes.show();
    QVERIFY(!boxes.grab().isNull());
    QVERIFY(boxes.heightForWidth(200) > boxes.heightForWidth(400));
    QCOMPARE(boxes.boxOf(5).left(), boxes.boxOf(0).left()); // token 4 ends its line
    QVERIFY(boxes.boxOf(5).top() > boxes.boxOf(4).bottom());
    for (int i = 0; i < 40; ++i) {
        QVERIFY(boxes.boxOf(i).right() <= 400);
        QCOMPARE(boxes.tokenAt(boxes.boxOf(i).center()), i);
    }
    QCOMPARE(boxes.tokenAt(QPointF(1, 1)), -1);
    QVERIFY(boxes.boxOf(40).isEmpty());
    tokens.append({7, QString(500, QLatin1Char('x')), false, false, {}}); // longer than a line: elided, not wider
    boxes.setTokens(tokens);
    QVERIFY(boxes.boxOf(40).right() <= 400);
}

void WidgetsTest::tokenBoxesAreWalkedWithTheKeys()
{
    TokenBoxes boxes;
    boxes.setTokens({{1, QStringLiteral("a"), false, false, QStringLiteral("first")}, {2, QStringLiteral("b"), false, true, QStringLiteral("second")}, {3, QStringLiteral("c"), false, false, QStringLiteral("third")}});
    boxes.resize(300, 200);
    QSignalSpy changed(&boxes, &TokenBoxes::currentChanged);
    QTest::keyClick(&boxes, Qt::Key_Right);
    QCOMPARE(boxes.current(), 0);
    QTest::keyClick(&boxes, Qt::Key_Right);
    QCOMPARE(boxes.accessibleDescription(), QStringLiteral("second"));
    QTest::keyClick(&boxes, Qt::Key_Left);
    QTest::keyClick(&boxes, Qt::Key_Down);
    QCOMPARE(boxes.current(), 2); // the line below
    QTest::keyClick(&boxes, Qt::Key_Right);
    QCOMPARE(boxes.current(), 2);
    QTest::mouseClick(&boxes, Qt::LeftButton, {}, boxes.boxOf(1).center().toPoint());
    QCOMPARE(boxes.current(), 1);
    QTest::keyClick(&boxes, Qt::Key_Escape);
    QCOMPARE(boxes.current(), -1);
    QVERIFY(changed.count() >= 5);
    boxes.setCurrent(2);
    boxes.setTokens({});
    QCOMPARE(boxes.current(), -1);
}

void WidgetsTest::parametersAreCountedAsPeopleDo()
{
    QCOMPARE(parameterText(512), QStringLiteral("512"));
    QCOMPARE(parameterText(127296), QStringLiteral("127 K"));
    QCOMPARE(parameterText(81.4e6), QStringLiteral("81.4 M"));
    QCOMPARE(parameterText(1.54e9), QStringLiteral("1.54 B"));
    QCOMPARE(parameterText(999999), QStringLiteral("1.00 M"));
    PartBars bars;
    bars.setParts({{QStringLiteral("attention"), 100, 50}, {QStringLiteral("norm"), 0, 0}});
    bars.resize(bars.sizeHint());
    QVERIFY(!bars.grab().isNull());
    QVERIFY(bars.accessibleDescription().contains(QStringLiteral("attention: 100 parameters")));
}

QTEST_MAIN(WidgetsTest)
#include "widgets_test.moc"
