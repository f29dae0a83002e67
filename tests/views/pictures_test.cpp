#include "tests/views/sample_data.h"
#include "tests/views/sample_prompt.h"
#include "views/agreement_view.h"
#include "views/figure_export.h"
#include "views/head_map.h"
#include "views/kept_map.h"
#include "views/quality_view.h"
#include "views/score_histogram.h"
#include "views/type.h"
#include "views/view_factory.h"
#include "views/widgets/table_dialog.h"

#include <QtTest>
#include <QSvgRenderer>
#include <QtWidgets>

using namespace winnow;

/// Maps, histogram, agreement, chart; figures; odd data in every view.
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
    void chartHitsItsPoints();
    void forecastIsHollowAndMeasuredFilled();
    void unchangedCurvesAreNotRepainted();
    void onlyMeasuredAxesAreOffered();
    void figuresAreValid_data();
    void figuresAreValid();
    void emptyFiguresSayWhy();
    void stateSurvivesSaving_data();
    void stateSurvivesSaving();
    void oddDataDrawsSomething_data();
    void oddDataDrawsSomething();
    void csvHasAHeadAndEvenRows();
    void paintsInTime();
};

namespace {

template <typename View>
std::unique_ptr<View> shown(const ViewDataPtr &data, QSize size = {540, 260})
{
    auto view = std::make_unique<View>();
    view->setTheme(Theme::light());
    view->setData(data);
    view->resize(size);
    view->show();
    view->grab();
    return view;
}

KeptTokens every(int64_t layers, int64_t heads, int64_t tokens, int nth)
{
    KeptTokens kept = KeptTokens::sized(layers, heads, tokens);
    for (int64_t l = 0; l < layers; ++l)
        for (int64_t h = 0; h < heads; ++h)
            for (int64_t t = 0; t < tokens; ++t)
                if ((t + l + h) % nth == 0)
                    kept.setKept(l, h, t);
    return kept;
}

ReportPtr reportOf(const KeptTokens &kept)
{
    ReportBuilder builder;
    std::vector<int32_t> ids;
    std::vector<std::string> pieces;
    for (int64_t t = 0; t < kept.tokens; ++t) {
        ids.push_back(static_cast<int32_t>(t));
        pieces.push_back(" word" + std::to_string(t));
    }
    builder.setInput(ids, pieces, {});
    builder.add(kept);
    Savings savings;
    savings.nominalBytes = savings.nativeBytes = 1e6;
    savings.fullBytes = 4e6;
    builder.setSavings(savings);
    return builder.build();
}

ViewDataPtr runsOf(const std::vector<KeptTokens> &sets)
{
    auto data = std::make_shared<ViewData>();
    for (size_t i = 0; i < sets.size(); ++i) {
        RunEntry entry;
        entry.index = static_cast<int>(i);
        entry.title = QStringLiteral("Method %1").arg(i);
        entry.budget = QStringLiteral("25 %");
        entry.report = reportOf(sets[i]);
        data->runs.push_back(entry);
    }
    if (!data->runs.empty())
        data->current = data->runs.front();
    return data;
}

int colorCount(const QImage &image, const QColor &color)
{
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) == color ? 1 : 0;
    return count;
}

} // namespace

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

void PicturesTest::chartHitsItsPoints()
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

void PicturesTest::forecastIsHollowAndMeasuredFilled()
{
    const sample::Panthers panthers;
    const auto view = shown<QualityView>(panthers.viewData(3), {700, 400});
    const QImage image = view->grab().toImage();
    const auto centre = [&](int point) { return image.pixelColor(view->pointPosition({0, point}).toPoint()); };
    QCOMPARE(centre(0), Theme::light().surface); // the 10 % point is a forecast
    QCOMPARE(centre(1), Theme::light().run(0).color);
}

void PicturesTest::unchangedCurvesAreNotRepainted()
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

void PicturesTest::onlyMeasuredAxesAreOffered()
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

/// All views but two whose data no sample holds: prompt_views_test draws a map that was asked for and the trace of a method.
QStringList viewsWithSamples()
{
    QStringList ids = viewIds();
    ids.removeAll(QStringLiteral("promptAttention"));
    ids.removeAll(QStringLiteral("promptTrace"));
    return ids;
}

ViewDataPtr sampleOf(const QString &id, const sample::Panthers &panthers)
{
    return viewIds(ViewPage::Prompt).contains(id) ? sample::promptViewData() : panthers.viewData(4);
}

} // namespace

void PicturesTest::figuresAreValid_data()
{
    QTest::addColumn<QString>("id");
    for (const QString &id : viewsWithSamples())
        QTest::addRow("%s", qPrintable(id)) << id;
}

void PicturesTest::figuresAreValid()
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

void PicturesTest::emptyFiguresSayWhy()
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

void PicturesTest::stateSurvivesSaving_data() { figuresAreValid_data(); }

void PicturesTest::stateSurvivesSaving()
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

void PicturesTest::oddDataDrawsSomething_data() { figuresAreValid_data(); }

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

void PicturesTest::csvHasAHeadAndEvenRows()
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
