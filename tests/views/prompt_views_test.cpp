#include "tests/views/shown_prompt.h"
#include "views/answer_text.h"
#include "views/figure_export.h"
#include "views/prompt_answers.h"
#include "views/prompt_canvas.h"
#include "views/prompt_diff.h"
#include "views/prompt_quality.h"
#include "views/prompt_rates.h"
#include "views/prompt_rows.h"
#include "views/prompt_scatter.h"
#include "views/prompt_strips.h"
#include "views/prompt_trace.h"
#include "views/type.h"
#include "views/view_factory.h"

#include <QtTest>

using namespace winnow;
using namespace winnow::sample::prompts;

namespace {

ReportPtr tracedReport(const TableArtifact &table)
{
    const sample::ToyPrompt toy;
    ReportBuilder builder;
    std::string text;
    for (const std::string &piece : toy.pieces)
        text += piece;
    builder.setInput(std::vector<int32_t>(toy.pieces.size(), 1), toy.pieces, text);
    PromptTokens tokens;
    tokens.kept = {0, 1, 2};
    builder.add(tokens);
    builder.add(table);
    return builder.build();
}

} // namespace

/// Views of the Prompt page beside the text: what is counted, marked and hit.
class PromptViewsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }

    void stripsStandOverTheOriginalPositions()
    {
        const auto strips = shown<PromptStrips>(sample::promptViewData(), {700, 130});
        QCOMPARE(strips->tokenAt(strips->tokenX(17)), 17);
        QCOMPARE(strips->tokenAt(2), -1);
        QVERIFY(strips->note().contains(QStringLiteral("grey: cut by stage 4")));
        QVERIFY(strips->note().contains(QStringLiteral("−0.14")));
        QSignalSpy asked(strips.get(), &RunView::selectionRequested);
        QTest::mouseClick(strips.get(), Qt::LeftButton, {}, QPoint(static_cast<int>(strips->tokenX(9)), 40));
        QCOMPARE(lastRequest(asked).token, 9);
        strips->setScores(PromptStrips::Scores::Shown);
        QVERIFY(strips->note().contains(QStringLiteral("gained")));
    }

    void barsOfCutTokensAreGrey()
    {
        const auto strips = shown<PromptStrips>(sample::promptViewData(), {700, 140});
        const QImage picture = strips->grab().toImage();
        const auto column = [&](int token) {
            QSet<QRgb> colors;
            for (int y = 0; y < 110; ++y)
                colors.insert(picture.pixel(static_cast<int>(strips->tokenX(token)), y));
            return colors;
        };
        QVERIFY(column(3).contains(Theme::light().accent.rgb()));
        QVERIFY(!column(20).contains(Theme::light().accent.rgb()));
        QVERIFY(column(20).contains(Theme::light().border.rgb()));
    }

    void lengthsThatCouldNotBeMatchedAreHatched()
    {
        auto data = std::make_shared<ViewData>(*sample::promptViewData());
        const auto plain = shown<PromptQuality>(data, {400, 240});
        data->unmatched.assign(data->curves.size(), {});
        data->unmatched[0] = {1};
        const auto marked = shown<PromptQuality>(data, {400, 240});
        QVERIFY(plain->grab().toImage() != marked->grab().toImage());
        QCOMPARE(marked->csv().count(QStringLiteral(",no,no\n")), 1); // measured, of another length than asked
        QCOMPARE(plain->csv().count(QStringLiteral(",no,no\n")), 0);
        auto prompt = std::make_shared<PromptData>(*data->runs[1].prompt);
        prompt->unmatched = true;
        data->runs[1].prompt = prompt;
        const auto rates = shown<PromptRates>(data, {386, 200});
        QVERIFY(rates->csv().contains(QStringLiteral("B,\"LLMLingua\"")) && rates->csv().contains(QStringLiteral(",no\n")));
    }

    void namesOfMethodsStandWholeBesideTheirRates()
    {
        const QFontMetricsF metrics(typeFont(TypeRole::Label));
        QVERIFY2(metrics.horizontalAdvance(QStringLiteral("Selective-Context")) <= PromptRates::nameRoom(scaled(370)), qPrintable(QString::number(PromptRates::nameRoom(scaled(370)))));
        QVERIFY(PromptRates::nameRoom(scaled(300)) > scaled(80)); // where the asked rate has to go
    }

    void theLegendOfTheScatterIsShortInNarrowPlaces()
    {
        const auto narrow = shown<PromptScatter>(sample::promptViewData(), {260, 200}), wide = shown<PromptScatter>(sample::promptViewData(), {600, 200});
        QVERIFY(narrow->legend(Theme::light()).last().text.endsWith(QStringLiteral("only by attention")));
        QVERIFY(wide->legend(Theme::light()).last().text.endsWith(QStringLiteral("dropped by information alone")));
    }

    void ratesThatMissTheBudgetByAPointAreSeen()
    {
        QVERIFY(!PromptRates::missesAsked(0.5, 0.509));
        QVERIFY(PromptRates::missesAsked(0.5, 0.542));
        QVERIFY(PromptRates::missesAsked(0.5, 0.41));
        const auto rates = shown<PromptRates>(sample::promptViewData(), {386, 200});
        const QString csv = rates->csv();
        QVERIFY(csv.contains(QStringLiteral("A,\"DAC\",0.5,0.458333333,11,yes")));
        QVERIFY(csv.contains(QStringLiteral("D,\"Random\",0.5,0.5,12,no")));
        QVERIFY(csv.contains(QStringLiteral(",\"Full prompt\",,1,24,yes")));
        QSignalSpy opened(rates.get(), &RunView::activated);
        QTest::mouseClick(rates.get(), Qt::LeftButton, {}, QPoint(100, 26 + 26 + 12));
        QCOMPARE(opened.size(), 1);
        QCOMPARE(opened.first().first().toInt(), 1);
        QTest::mouseClick(rates.get(), Qt::LeftButton, {}, QPoint(100, 26 + 3 * 26 + 12)); // the full prompt is no run
        QCOMPARE(opened.size(), 1);
    }

    void theFinalNumberDecidesWhetherAnswersAgree()
    {
        QCOMPARE(finalNumber(QStringLiteral("She makes 9 × 2 = $1,800 a day.")), QStringLiteral("1800"));
        QCOMPARE(finalNumber(QStringLiteral("The answer is 18.\nNow question 5")), QStringLiteral("18"));
        QVERIFY(sameAnswer(QStringLiteral("So $18."), QStringLiteral("It is 18")));
        QVERIFY(!sameAnswer(QStringLiteral("So $18."), QStringLiteral("It is 32")));
        QVERIFY(sameAnswer(QStringLiteral("Paris "), QStringLiteral(" Paris")));
        QVERIFY(!sameAnswer(QStringLiteral("Paris"), QStringLiteral("London")));
    }

    void wordsThatTheFullAnswerLacksAreMarked()
    {
        const QString text = QStringLiteral("a duck b every day c");
        const auto changed = changedWords(text, QStringLiteral("a b c"));
        QCOMPARE(changed.size(), 2);
        QCOMPARE(text.mid(changed[0].first, changed[0].second - changed[0].first), QStringLiteral("duck"));
        QCOMPARE(text.mid(changed[1].first, changed[1].second - changed[1].first), QStringLiteral("every day"));
        QVERIFY(changedWords(text, text).isEmpty());
        QVERIFY(changedWords(QStringLiteral("Nine eggs."), QStringLiteral("Nine eggs a day.")).isEmpty()); // marks belong to no word
    }

    void theCurrentAnswerStandsFirstAndWrongNumbersAreSaid()
    {
        const auto answers = shown<PromptAnswers>(sample::promptViewData(), {260, 300});
        QCOMPARE(answers->answers().size(), size_t(4));
        QCOMPARE(answers->answers()[0].head, QStringLiteral("Full, 24 tokens"));
        QCOMPARE(answers->answers()[1].letter, 0);
        QVERIFY(answers->answers()[1].wrong); // the gold answer is 9
        QVERIFY(answers->emptyReason().isEmpty());
        QVERIFY(!PromptAnswers().emptyReason().isEmpty());
    }

    void qualityFallsBackToWhatWasMeasured()
    {
        auto data = std::make_shared<ViewData>(*sample::promptViewData());
        const auto chart = shown<PromptQuality>(data, {340, 220});
        QCOMPARE(chart->shownY(), PromptQuality::Y::DeltaNll);
        QCOMPARE(chart->pointAt(chart->pointPosition({1, 2})), (PromptQuality::Hit{1, 2}));
        for (Curve &curve : data->curves)
            curve.yName = "keptInformation";
        chart->setData(data);
        QCOMPARE(chart->shownY(), PromptQuality::Y::KeptInformation);
        QVERIFY(PromptQuality().emptyReason().contains(QStringLiteral("Sweep")));
    }

    void theScatterCountsQuadrantsAndFindsTheRescued()
    {
        const auto scatter = shown<PromptScatter>(sample::promptViewData(), {360, 260});
        const auto counts = scatter->quadrants();
        QCOMPARE(counts[0] + counts[1] + counts[2] + counts[3], 23);
        // Token 1 is kept for its attention: its information, .4375, is among the lowest.
        QCOMPARE(scatter->kindOf(1), PromptScatter::Kind::Rescued);
        QCOMPARE(scatter->kindOf(20), PromptScatter::Kind::Cut);
        QCOMPARE(scatter->kindOf(5), PromptScatter::Kind::Kept);
        QCOMPARE(scatter->tokenAt(scatter->pointOf(19)), 19);
    }

    void agreementIsTheJaccardIndexOfTheKeptSets()
    {
        const auto diff = shown<PromptDiff>(sample::promptViewData(), {520, 220});
        // A keeps 0-9 and 11, B 0 3 5 6 7 8 9 11 13 16 20 21 22 23: 8 of 17.
        QCOMPARE(diff->value(0, 1), 8.0 / 17);
        QCOMPARE(diff->value(1, 0), diff->value(0, 1));
        QVERIFY(std::count(diff->disputed().begin(), diff->disputed().end(), 1) == 1);
        QVERIFY(std::count(diff->disputed().begin(), diff->disputed().end(), 0) == 0);
        QVERIFY(shown<PromptRows>(sample::promptViewData())->isDisputed(1));
    }

    void unitsStandAgainstTheirThreshold()
    {
        TableArtifact units;
        units.id = "trace.units";
        units.columns = {"unit", "first", "end", "value", "kept"};
        units.rows = Json::array({Json::array({0, 0, 7, 3.9, true}), Json::array({1, 7, 13, 1.5, false}), Json::array({2, 13, 17, 2.8, true})});
        const auto trace = shown<PromptTrace>(only(tracedReport(units)), {400, 200});
        QCOMPARE(trace->title(), QStringLiteral("Unit values"));
        QCOMPARE(trace->unitAt(QPointF(370, 60)), 2);
        QVERIFY(trace->csv().contains(QStringLiteral("0,\"Janet’s\",3.9,1,0")));
        QSignalSpy asked(trace.get(), &RunView::selectionRequested);
        QTest::mouseClick(trace.get(), Qt::LeftButton, {}, QPoint(200, 60));
        QCOMPARE(lastRequest(asked).token, 2); // " ducks" begins at code point 7, with its space
    }

    void barsOfContextsEndBeforeTheirNumbers()
    {
        TableArtifact contexts;
        contexts.id = "trace.contexts";
        contexts.columns = {"context", "rank", "tokens", "nll", "kept"};
        contexts.rows = Json::array({Json::array({0, 0, 1234, 9.14, 1}), Json::array({1, 1, 87, 5.75, 1}), Json::array({2, 2, 61, 6.74, 0})});
        for (const int width : {240, 300, 640}) {
            const auto trace = shown<PromptTrace>(only(tracedReport(contexts)), {width, 120});
            QCOMPARE(trace->title(), QStringLiteral("Ranked contexts"));
            const QImage image = trace->grab().toImage();
            int right = 0; // of the longest bar
            for (int x = 0; x < image.width(); ++x)
                for (int y = 0; y < image.height(); ++y)
                    right = image.pixelColor(x, y) == Theme::light().accent ? x : right;
            const double number = QFontMetricsF(typeFont(TypeRole::Label)).horizontalAdvance(QStringLiteral("9.14 nats"));
            QVERIFY2(right > 90 && right < width - 14 - number, qPrintable(QStringLiteral("%1: %2").arg(width).arg(right)));
        }
    }

    void segmentsSayTheirDrift()
    {
        TableArtifact segments;
        segments.id = "trace.segments";
        segments.columns = {"segment", "first", "end", "tau", "pool", "threshold", "kept"};
        segments.rows = Json::array({Json::array({0, 0, 8, .5, 23, 3.125, 5}), Json::array({1, 8, 16, .5, 20, 2.8125, 4}), Json::array({2, 16, 24, .5, 16, 3.125, 3})});
        const auto trace = shown<PromptTrace>(only(tracedReport(segments)), {400, 200});
        QCOMPARE(trace->title(), QStringLiteral("Segments"));
        QCOMPARE(trace->segmentAt(QPointF(380, 80)), 2);
        QTest::keyClick(trace.get(), Qt::Key_Right);
        QVERIFY(trace->describe().contains(QStringLiteral("drift +12.5 %")));
        QVERIFY(!shown<PromptTrace>(only(sample::promptReport()))->emptyReason().isEmpty());
    }

    void everyViewExportsItsFigureAndItsData()
    {
        const ViewDataPtr data = sample::promptViewData();
        for (const QString &id : viewIds(ViewPage::Prompt)) {
            const std::unique_ptr<RunView> view = makeView(id);
            view->setData(data);
            if (!view->emptyReason().isEmpty())
                continue; // a trace belongs to other methods, a map to one that was asked for
            FigureOptions options;
            options.format = FigureFileKind::Svg;
            const Result<QByteArray> figure = renderFigure(*view, options);
            QVERIFY2(figure && figure->contains("<svg"), qPrintable(id));
            QVERIFY2(view->csv().count(QLatin1Char('\n')) > 1, qPrintable(id));
            QVERIFY2(!view->describe().isEmpty() && !view->caption().isEmpty(), qPrintable(id));
        }
    }

    void emptyViewsSayWhatToDo()
    {
        for (const QString &id : viewIds(ViewPage::Prompt)) {
            const std::unique_ptr<RunView> view = makeView(id);
            view->setData(std::make_shared<const ViewData>());
            QVERIFY2(view->emptyReason().contains(QStringLiteral(". ")), qPrintable(id));
            view->resize(300, 200);
            view->grab(); // and draws nothing
        }
    }
};

QTEST_MAIN(PromptViewsTest)
#include "prompt_views_test.moc"
