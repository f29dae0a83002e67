#include "tests/views/sample_data.h"
#include "views/type.h"
#include "views/view_factory.h"
#include "views/widgets/banner.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/empty_state.h"
#include "views/widgets/scrubber.h"
#include "views/widgets/segmented_control.h"
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
    void busyBarWaitsBeforeItShows();
    void everyButtonHasAName();
    void elidedLabelTellsTheWholeText();
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

QTEST_MAIN(WidgetsTest)
#include "widgets_test.moc"
