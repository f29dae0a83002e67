#include "tests/views/shown_view.h"
#include "views/figure_export.h"
#include "views/grid_view.h"
#include "views/quality_view.h"
#include "views/type.h"
#include "views/widgets/table_dialog.h"

#include <QtTest>
#include <QSvgRenderer>
#include <QtWidgets>

using namespace winnow;
using namespace winnow::sample;

/// Figures of every view in every format, their tables, and the state views are saved with.
class FiguresTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }
    void figuresAreValid_data();
    void figuresAreValid();
    void emptyFiguresSayWhy();
    void stateSurvivesSaving_data();
    void stateSurvivesSaving();
    void csvHasAHeadAndEvenRows();
};

void FiguresTest::figuresAreValid_data()
{
    QTest::addColumn<QString>("id");
    for (const QString &id : viewsWithSamples())
        QTest::addRow("%s", qPrintable(id)) << id;
}

void FiguresTest::figuresAreValid()
{
    QFETCH(QString, id);
    const sample::Panthers panthers;
    const std::unique_ptr<RunView> view = makeView(id); // never shown
    view->setData(sampleOf(id, panthers));
    view->setSelection(Selection{-1, -1, -1, -1, -1, false, {2, 1, 1, 1}});
    FigureOptions options{FigureFileKind::Png, {640, 320}, Theme::dark(), QStringLiteral("A title"), view->caption(), 2};
    const Result<QByteArray> png = renderFigure(*view, options);
    QVERIFY2(png.has_value(), png ? "" : png.error().message.c_str());
    const QImage image = QImage::fromData(*png, "PNG");
    QCOMPARE(image.width(), 1280);
    QVERIFY(image.height() >= 640);
    // Something is drawn in every third of the width: the picture fills the page (a triangle and square cells leave its right empty).
    const bool square = id == QLatin1String("agreement") || id == QLatin1String("layerMatrix") || id == QLatin1String("headMatrix");
    const int thirds = square ? 1 : 3;
    for (int third = 0; third < thirds; ++third) {
        const QImage part = image.copy(image.width() * third / 3, 130, image.width() / 3, 560);
        QVERIFY(colorCount(part, Theme::dark().surface) < part.width() * part.height());
    }
    options.format = FigureFileKind::Svg;
    const Result<QByteArray> svg = renderFigure(*view, options);
    QVERIFY(svg && QSvgRenderer(*svg).isValid());
    QVERIFY(svg->contains("A title"));
    options.format = FigureFileKind::Pdf;
    const Result<QByteArray> pdf = renderFigure(*view, options);
    QVERIFY(pdf && pdf->startsWith("%PDF-") && pdf->contains("%%EOF"));
    QDir().mkpath(QStringLiteral("gallery"));
    for (const auto &[bytes, suffix] : {std::pair(*png, "png"), std::pair(*svg, "svg"), std::pair(*pdf, "pdf")}) {
        QFile file(QStringLiteral("gallery/figure-%1.%2").arg(id, QLatin1String(suffix)));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    }
}

void FiguresTest::emptyFiguresSayWhy()
{
    for (const QString &id : viewIds()) {
        const std::unique_ptr<RunView> view = makeView(id);
        const Result<QByteArray> figure = renderFigure(*view, {});
        QVERIFY(!figure);
        QCOMPARE(QString::fromStdString(figure.error().message), view->emptyReason());
    }
    const sample::Panthers panthers;
    const std::unique_ptr<RunView> view = makeView(QStringLiteral("keptMap"));
    view->setData(panthers.viewData(1));
    FigureOptions tiny;
    tiny.size = {3, 3};
    QVERIFY(!renderFigure(*view, tiny));
}

void FiguresTest::stateSurvivesSaving_data() { figuresAreValid_data(); }

void FiguresTest::stateSurvivesSaving()
{
    QFETCH(QString, id);
    const sample::Panthers panthers;
    const std::unique_ptr<RunView> first = makeView(id), second = makeView(id);
    for (RunView *view : {first.get(), second.get()})
        view->setData(panthers.viewData(4));
    first->setSelection(Selection{100, 9, 1, -1, 1, true, {3, 1, 2, 0}});
    if (auto *map = qobject_cast<GridView *>(first.get()))
        map->setWindow({0, map->window().rows(), 20, 90});
    if (auto *chart = qobject_cast<QualityView *>(first.get()))
        chart->setScales(QualityView::Scale::Log, QualityView::Scale::Log);
    second->restoreState(first->saveState());
    QCOMPARE(second->saveState(), first->saveState());
    second->restoreState(QJsonObject{{QStringLiteral("layer"), 9999}, {QStringLiteral("columns"), QStringLiteral("7:3")}, {QStringLiteral("x"), -4}, {QStringLiteral("scope"), 99}});
    second->resize(300, 200);
    second->grab(); // nonsense in a file must not break the view
}

void FiguresTest::csvHasAHeadAndEvenRows()
{
    const sample::Panthers panthers;
    for (const QString &id : viewsWithSamples()) {
        const std::unique_ptr<RunView> view = makeView(id);
        view->setData(sampleOf(id, panthers));
        view->setSelection(Selection{-1, -1, -1, -1, -1, false, {2, 1, 1, 1}});
        const std::vector<QStringList> rows = parseCsv(view->csv());
        QVERIFY2(rows.size() > 1, qPrintable(id));
        for (const QStringList &row : rows)
            QCOMPARE(row.size(), rows.front().size());
    }
    QCOMPARE(parseCsv(QStringLiteral("a,b\n\"x, \"\"y\"\"\n\",2\n")), (std::vector<QStringList>{{QStringLiteral("a"), QStringLiteral("b")}, {QStringLiteral("x, \"y\"\n"), QStringLiteral("2")}}));
}

QTEST_MAIN(FiguresTest)
#include "figures_test.moc"
