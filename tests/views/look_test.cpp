#include "views/heat_image.h"
#include "views/icons.h"
#include "views/legend.h"
#include "views/theme.h"
#include "views/ticks.h"

#include <QtTest>

#include <cmath>
#include <limits>

using namespace winnow;

/// Colours, runs, icons, ticks and the pooling of heat maps.
class LookTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void textHasEnoughContrast();
    void ninthRunStartsAgainHollow();
    void cividisGrowsLighter();
    void divergingHasZeroInTheMiddle();
    void styleSheetKnowsEveryToken();
    void everyNamedIconIsDrawn();
    void ticksAreRoundAndInside();
    void indexTicksNameBothEnds();
    void maximumPoolingKeepsEveryPeak();
    void meanPoolingIgnoresMaskedCells();
    void zoomedInCellsCoverTheirPixels();
    void legendNamesAreWholeWhereThereIsRoom();
};

namespace {

double luminance(const QColor &color) // WCAG 2.1, relative luminance
{
    const auto channel = [](double v) { return v <= 0.03928 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
    return 0.2126 * channel(color.redF()) + 0.7152 * channel(color.greenF()) + 0.0722 * channel(color.blueF());
}

double contrast(const QColor &a, const QColor &b)
{
    const double x = luminance(a), y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

int grayOf(QRgb color) { return qGray(color); }

} // namespace

void LookTest::textHasEnoughContrast()
{
    for (const Theme &theme : {Theme::light(), Theme::dark()}) {
        for (const QColor &text : {theme.t1, theme.t2, theme.t3})
            QVERIFY(contrast(text, theme.surface) >= 4.5);
        QVERIFY(contrast(theme.onAccent, theme.accent) >= 4.5);
        for (int run = 0; run < 8; ++run)
            QVERIFY(contrast(theme.run(run).color, theme.surface) >= 3.0);
    }
}

void LookTest::ninthRunStartsAgainHollow()
{
    const RunStyle first = Theme::light().run(0), ninth = Theme::light().run(8);
    QCOMPARE(ninth.color, first.color);
    QVERIFY(!first.hollow && ninth.hollow);
    QVERIFY(!Theme::light().run(16).hollow);
    QCOMPARE(runLetter(0), QStringLiteral("A"));
    QCOMPARE(runLetter(25), QStringLiteral("Z"));
    QCOMPARE(runLetter(26), QStringLiteral("A2"));
    QCOMPARE(runLetter(-1), QString());
}

void LookTest::cividisGrowsLighter()
{
    QCOMPARE(QColor(Theme::cividis(0)).name(), QStringLiteral("#00224e"));
    QCOMPARE(QColor(Theme::cividis(1)).name(), QStringLiteral("#fee838"));
    for (int i = 1; i < 256; ++i)
        QVERIFY(grayOf(Theme::cividis(i / 255.0)) >= grayOf(Theme::cividis((i - 1) / 255.0)));
    QCOMPARE(Theme::cividis(7), Theme::cividis(1));
    QCOMPARE(Theme::cividis(std::nan("")), Theme::cividis(0));
}

void LookTest::divergingHasZeroInTheMiddle()
{
    QCOMPARE(QColor(Theme::light().diverging(0)).name(), QStringLiteral("#f6f6f6"));
    QCOMPARE(QColor(Theme::light().diverging(-1)).name(), QStringLiteral("#1e5696"));
    QCOMPARE(QColor(Theme::dark().diverging(1)).name(), QStringLiteral("#ffa05f"));
}

void LookTest::styleSheetKnowsEveryToken()
{
    for (const Theme &theme : {Theme::light(), Theme::dark()}) {
        const QString sheet = theme.styleSheet();
        QVERIFY(!sheet.contains(QLatin1Char('@')));
        QVERIFY(!sheet.contains(QStringLiteral(": ;")));
        QVERIFY(sheet.contains(theme.accent.name()));
    }
}

void LookTest::everyNamedIconIsDrawn()
{
    const QStringList names = QStringLiteral("document-open document-save document-export document-new folder-open edit-undo edit-redo edit-find edit-copy "
                                             "media-playback-start media-playback-pause media-skip-backward media-skip-forward process-stop view-refresh window-close list-add "
                                             "view-more go-down go-next view-grid table office-chart-line text-x-generic image-x-generic note window-pin dialog-warning "
                                             "dialog-error dialog-information emblem-ok configure system-lock-screen view-left-pane utilities-terminal")
                                  .split(QLatin1Char(' '));
    for (const QString &name : names) {
        const QImage image = iconPixmap(name, Qt::red, 16).toImage();
        bool inked = false;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x)
                inked = inked || qAlpha(image.pixel(x, y)) > 128;
        QVERIFY2(inked, qPrintable(name));
    }
    QVERIFY(iconPixmap(QStringLiteral("no-such-icon"), Qt::red, 16).isNull());
    QVERIFY(!applicationIcon().isNull());
}

void LookTest::ticksAreRoundAndInside()
{
    QCOMPARE(niceTicks(0, 15, 5), (std::vector<double>{0, 5, 10, 15}));
    QCOMPARE(niceTicks(0, 0.3, 3).size(), size_t(4));
    QCOMPARE(logTicks(0.005, 1, 9), (std::vector<double>{0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1}));
    QVERIFY(logTicks(1e-9, 1, 5).size() <= 5);
    QVERIFY(logTicks(0, 1, 5).empty());
}

void LookTest::indexTicksNameBothEnds()
{
    QCOMPARE(indexTicks(0, 319, 4), (std::vector<int>{0, 80, 160, 240, 319}));
    QCOMPARE(indexTicks(0, 29, 3), (std::vector<int>{0, 10, 20, 29}));
    QCOMPARE(indexTicks(0, 0, 3), (std::vector<int>{0}));
    QCOMPARE(indexTicks(0, 1, 3), (std::vector<int>{0, 1}));
}

void LookTest::maximumPoolingKeepsEveryPeak()
{
    std::vector<float> values(1000, 0.0f);
    values[777] = 1.0f;
    const HeatData data{values, 1, 1000, 0, 1};
    const QImage image = heatImage(data, {0, 1, 0, 1000}, {100, 1}, Pooling::Max, HeatColors::Cividis, Theme::light());
    QCOMPARE(image.pixel(77, 0), Theme::cividis(1));
    QCOMPARE(image.pixel(76, 0), Theme::cividis(0));
    const QImage mean = heatImage(data, {0, 1, 0, 1000}, {100, 1}, Pooling::Mean, HeatColors::Cividis, Theme::light());
    QCOMPARE(mean.pixelIndex(77, 0), 25); // 0.1 of 254, rounded
}

void LookTest::meanPoolingIgnoresMaskedCells()
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> values{nan, 1.0f, nan, nan};
    const HeatData data{values, 1, 4, 0, 1};
    const QImage image = heatImage(data, {0, 1, 0, 4}, {2, 1}, Pooling::Mean, HeatColors::Cividis, Theme::light());
    QCOMPARE(image.pixel(0, 0), Theme::cividis(1));
    QCOMPARE(image.pixel(1, 0), Theme::light().masked.rgb());
}

void LookTest::zoomedInCellsCoverTheirPixels()
{
    const std::vector<float> values{0.0f, 1.0f, 1.0f, 0.0f};
    const HeatData data{values, 2, 2, 0, 1};
    const QImage image = heatImage(data, {0, 2, 0, 2}, {10, 10}, Pooling::Max, HeatColors::Cividis, Theme::light());
    QCOMPARE(image.pixel(4, 4), Theme::cividis(0));
    QCOMPARE(image.pixel(5, 4), Theme::cividis(1));
    QCOMPARE(image.pixel(4, 5), Theme::cividis(1));
    QCOMPARE(image.pixel(9, 9), Theme::cividis(0));
    QCOMPARE(cellsUnderPixel(0, 10, 2), (std::pair<int, int>{0, 1}));
    QCOMPARE(cellsUnderPixel(99, 100, 1000), (std::pair<int, int>{990, 1000}));
}

void LookTest::legendNamesAreWholeWhereThereIsRoom()
{
    QVector<LegendEntry> entries(3);
    entries[0].text = QStringLiteral("kept by 1 to 90 of 90 heads");
    entries[1].text = QStringLiteral("window");
    entries[2].text = QStringLiteral("evicted");
    const QStringList whole{entries[0].text, entries[1].text, entries[2].text};
    for (const double extra : {4.0, 60.0, 4000.0})
        QCOMPARE(legendNames(entries, legendWidth(entries) + extra), whole);
    const QStringList cut = legendNames(entries, legendWidth(entries) - 60);
    QVERIFY(cut[0] != whole[0]);
    QCOMPARE(cut.mid(1), whole.mid(1)); // short names keep their length
}

QTEST_MAIN(LookTest)
#include "look_test.moc"
