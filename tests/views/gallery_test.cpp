#include "tests/views/sample_data.h"
#include "tests/views/sample_prompt.h"
#include "views/icons.h"
#include "views/quality_view.h"
#include "views/token_strip.h"
#include "views/type.h"
#include "views/view_factory.h"
#include "views/widgets/banner.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/meter_bar.h"
#include "views/widgets/scrubber.h"
#include "views/widgets/switch_box.h"
#include "views/widgets/view_frame.h"

#include <QtTest>
#include <QtWidgets>

using namespace winnow;

/// Renders views and widgets in both themes at the sizes of the look, into the folder "gallery" of the build, to be looked at.
class GalleryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void drawsEveryView_data();
    void drawsEveryView();
    void drawsTheSweepPage_data();
    void drawsTheSweepPage();
    void drawsSmall();
    void drawsTheCachePage_data();
    void drawsTheCachePage();
};

namespace {

void useTheme(const Theme &theme)
{
    initIcons();
    qApp->setStyle(QStringLiteral("Fusion"));
    qApp->setPalette(theme.palette());
    qApp->setStyleSheet(theme.styleSheet());
}

QSize sizeOf(const QString &id)
{
    if (id == QLatin1String("tokens"))
        return {940, 306};
    if (id == QLatin1String("prompt") || id == QLatin1String("promptStrips"))
        return {940, 180};
    if (id == QLatin1String("wordLines"))
        return {940, 440};
    return {540, 284};
}

ViewFrame *framed(const QString &id, const sample::Panthers &panthers, const Theme &theme, int runs)
{
    auto *frame = new ViewFrame;
    RunView *view = makeView(id).release();
    frame->setTheme(theme);
    frame->setView(view);
    view->setData(panthers.viewData(runs));
    if (auto *strip = qobject_cast<TokenStrip *>(view))
        strip->setScope(TokenStrip::Scope::Layer);
    const int layer = id == QLatin1String("scores") ? 10 : 12; // the sample has scores of layers 0, 10, 20 and 29
    view->setSelection(Selection{215, layer, 1, 23, 0, true, {2, 1, 1, 1}, {1, 0, 3, 0}});
    if (viewIds(ViewPage::Prompt).contains(id)) {
        view->setData(sample::promptViewData());
        view->setSelection(Selection{16, -1, -1, 2, -1, true, {}});
    }
    return frame;
}

QString suffix(bool dark) { return dark ? QStringLiteral("dark") : QStringLiteral("light"); }

} // namespace

void GalleryTest::initTestCase()
{
    QApplication::setFont(baseFont());
    QDir().mkpath(QStringLiteral("gallery"));
}

void GalleryTest::drawsEveryView_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("dark");
    for (const QString &id : viewIds())
        for (const bool dark : {false, true})
            QTest::addRow("%s %s", qPrintable(id), dark ? "dark" : "light") << id << dark;
}

void GalleryTest::drawsEveryView()
{
    QFETCH(QString, id);
    QFETCH(bool, dark);
    const sample::Panthers panthers;
    QVERIFY(panthers.valid());
    const Theme &theme = dark ? Theme::dark() : Theme::light();
    useTheme(theme);
    const std::unique_ptr<ViewFrame> frame(framed(id, panthers, theme, 5));
    frame->resize(sizeOf(id));
    frame->show();
    QVERIFY(frame->grab().save(QStringLiteral("gallery/%1-%2.png").arg(id, suffix(dark))));
}

void GalleryTest::drawsTheSweepPage_data()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

void GalleryTest::drawsTheSweepPage()
{
    QFETCH(bool, dark);
    const sample::Panthers panthers;
    const Theme &theme = dark ? Theme::dark() : Theme::light();
    useTheme(theme);
    QWidget page;
    auto *column = new QVBoxLayout(&page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(1);
    ViewFrame *chart = framed(QStringLiteral("quality"), panthers, theme, 7);
    auto *quality = qobject_cast<QualityView *>(chart->view());
    quality->setScales(QualityView::Scale::Log, QualityView::Scale::Log);
    column->addWidget(chart, 3);
    column->addWidget(framed(QStringLiteral("keptPositions"), panthers, theme, 4), 1);
    page.resize(940, 640);
    page.show();
    page.grab();
    QTest::mouseMove(quality, quality->pointPosition({0, 2}).toPoint());
    QTest::qWait(20);
    QVERIFY(page.grab().save(QStringLiteral("gallery/sweep-%1.png").arg(suffix(dark))));
}

void GalleryTest::drawsSmall()
{
    const sample::Panthers panthers;
    useTheme(Theme::light());
    for (const QString &id : viewIds()) {
        const std::unique_ptr<ViewFrame> frame(framed(id, panthers, Theme::light(), 9));
        frame->resize(300, 210);
        frame->show();
        QVERIFY(frame->grab().save(QStringLiteral("gallery/small-%1.png").arg(id)));
    }
}

void GalleryTest::drawsTheCachePage_data()
{
    QTest::addColumn<bool>("dark");
    QTest::addColumn<QStringList>("slots");
    QTest::newRow("light") << false << QStringList{QStringLiteral("keptMap"), QStringLiteral("quality")};
    QTest::newRow("dark") << true << QStringList{QStringLiteral("scores"), QStringLiteral("headMap"), QStringLiteral("agreement")};
}

void GalleryTest::drawsTheCachePage()
{
    QFETCH(bool, dark);
    QFETCH(QStringList, slots);
    const sample::Panthers panthers;
    const Theme &theme = dark ? Theme::dark() : Theme::light();
    useTheme(theme);
    QWidget page;
    page.setProperty("ground", QStringLiteral("surface"));
    page.setAttribute(Qt::WA_StyledBackground);
    auto *column = new QVBoxLayout(&page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *banner = new Banner;
    banner->setTheme(theme);
    banner->addButton(QStringLiteral("Start again"), QStringLiteral("view-refresh"));
    banner->addButton(QStringLiteral("Show log"));
    banner->showMessage(Banner::Tone::Error, QStringLiteral("The engine stopped."), QStringLiteral("The system ended it for memory. Results are kept."));
    column->addWidget(banner);
    ViewFrame *strip = framed(QStringLiteral("tokens"), panthers, theme, 4);
    strip->setMinimumHeight(300);
    column->addWidget(strip);
    auto *scrubber = new Scrubber;
    scrubber->setTheme(theme);
    scrubber->setSteps(64);
    scrubber->setStep(23);
    scrubber->setCacheText(QStringLiteral("cache 104 of 344"));
    column->addWidget(scrubber);
    auto *row = new QHBoxLayout;
    row->setSpacing(1);
    for (const QString &id : slots)
        if (makeView(id))
            row->addWidget(framed(id, panthers, theme, id == QLatin1String("quality") ? 3 : 4), 1);
    column->addLayout(row, 1);
    page.resize(940, 720);
    page.show();
    QVERIFY(page.grab().save(QStringLiteral("gallery/page-%1.png").arg(suffix(dark))));
}

QTEST_MAIN(GalleryTest)
#include "gallery_test.moc"
