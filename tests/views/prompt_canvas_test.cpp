#include "tests/views/shown_prompt.h"
#include "views/prompt_canvas.h"
#include "views/type.h"

#include <QtTest>

#include <set>

using namespace winnow;
using namespace winnow::sample::prompts;

namespace {

ReportPtr piecesReport(const std::vector<std::string> &pieces, const std::vector<int32_t> &kept, const std::string &rendered)
{
    ReportBuilder builder;
    std::string text;
    for (const std::string &piece : pieces)
        text += piece;
    builder.setInput(std::vector<int32_t>(pieces.size(), 1), pieces, text);
    PromptTokens tokens;
    tokens.kept = kept;
    tokens.text = rendered;
    builder.add(tokens);
    return builder.build();
}

} // namespace

/// What is read of a prompt's report, and the text with its cuts.
class PromptCanvasTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }

    void aReportIsReadAndOthersAreLeftAlone()
    {
        const PromptDataPtr prompt = readPromptData(*sample::promptReport());
        QVERIFY(prompt);
        QCOMPARE(prompt->tokens(), 24);
        QCOMPARE(prompt->stageCount, 4);
        QCOMPARE(prompt->leftAfter(0), 24);
        QCOMPARE(prompt->leftAfter(1), 20);
        QCOMPARE(prompt->keptTokens(), 11);
        QCOMPARE(prompt->scores.size(), size_t(4));
        QCOMPARE(prompt->stages[2].kept, 13);
        QVERIFY(std::isnan(prompt->stages[0].ms)); // nothing was computed for it
        QCOMPARE(prompt->stages[1].ms, 11.5);
        QVERIFY(std::isnan(prompt->scores[0].information[0])); // the first token is never scored
        QVERIFY(std::isnan(prompt->scores[1].information[23])); // gone with stage 1
        ReportBuilder other;
        other.setInput({1}, {"a"}, "a");
        QVERIFY(!readPromptData(*other.build()));
    }

    void aSetWithoutStagesIsOneStage()
    {
        const PromptDataPtr prompt = readPromptData(*sample::promptReport("random_prompt", {0, 2, 5}));
        QCOMPARE(prompt->stageCount, 1);
        QCOMPARE(prompt->keptTokens(), 3);
        QVERIFY(prompt->cutBy(1, 1) && !prompt->cutBy(1, 0) && !prompt->cutBy(2, 1));
    }

    void correlationIsTheOneOfTheWorkedLoop()
    {
        const PromptDataPtr prompt = readPromptData(*sample::promptReport());
        // dac.md 8: r(I, s) of the first stage.
        QVERIFY(std::abs(correlation(prompt->scores[0].information, prompt->scores[0].attention) + 0.137543) < 2e-4);
    }

    void sharesOfTheFusedScoreSumToOneWithoutProtection()
    {
        const std::vector<float> shares = fusedShares({std::nanf(""), 1.0F, 3.0F, 1e5F});
        QVERIFY(std::isnan(shares[0]));
        QCOMPARE(shares[1], 0.25F);
        QCOMPARE(shares[2], 0.75F);
        QCOMPARE(shares[3], 0.0F);
    }

    void cellsSayWhenTheyAreCut()
    {
        const auto canvas = shown<PromptCanvas>(sample::promptViewData(), {640, 240}, 2);
        using Cut = PromptCanvas::Cut;
        QCOMPARE(canvas->cutOf(0), Cut::Kept);
        QCOMPARE(canvas->cutOf(21), Cut::Earlier);
        QCOMPARE(canvas->cutOf(19), Cut::Now);
        QCOMPARE(canvas->cutOf(17), Cut::Next);
        QCOMPARE(canvas->cutOf(10), Cut::Kept); // goes in the last stage
        Selection selection;
        selection.step = -1; // after the last one
        canvas->setSelection(selection);
        QCOMPARE(canvas->cutOf(10), Cut::Now);
        selection.step = 0;
        canvas->setSelection(selection);
        QCOMPARE(canvas->cutOf(21), Cut::Next);
        QCOMPARE(canvas->cutOf(19), Cut::Kept);
    }

    void aCutCellStandsOnItsFill()
    {
        const auto canvas = shown<PromptCanvas>(sample::promptViewData(), {640, 240}, 2);
        const QRectF box = canvas->tokenRect(16); // " morning" goes in the second stage
        QCOMPARE(canvas->cutOf(16), PromptCanvas::Cut::Now);
        const QImage picture = canvas->grab().toImage();
        QCOMPARE(picture.pixelColor(static_cast<int>(box.left()) + 1, static_cast<int>(box.top()) + 5), Theme::light().merged.fill);
        QCOMPARE(picture.pixelColor(static_cast<int>(canvas->tokenRect(0).left()) + 1, static_cast<int>(canvas->tokenRect(0).top()) + 1), Theme::light().surface);
    }

    void aCutSpaceIsNotStruckThrough()
    {
        const auto canvas = shown<PromptCanvas>(only(piecesReport({"takes", " ", "9", "-", "3"}, {0, 2, 4}, "takes93")));
        const auto colours = [&](int token, int from, int to) { // down the middle of its cell
            const QRectF box = canvas->tokenRect(token);
            const QImage picture = canvas->grab().toImage();
            std::set<QRgb> found;
            for (int y = from; y < to; ++y)
                found.insert(picture.pixel(static_cast<int>(box.center().x()), static_cast<int>(box.top()) + y));
            return found.size();
        };
        QCOMPARE(colours(1, 4, 14), size_t(1)); // no stroke, which would read as a minus
        QVERIFY(colours(1, 14, 19) > 1); // but a foot
        QVERIFY(colours(3, 4, 14) > 1);
    }

    void clickMarksAndHoverPaintsNothingBelow()
    {
        const auto canvas = shown<PromptCanvas>(sample::promptViewData());
        QSignalSpy asked(canvas.get(), &RunView::selectionRequested);
        const int paints = canvas->basePaints();
        QTest::mouseMove(canvas.get(), canvas->tokenRect(4).center().toPoint());
        QTRY_VERIFY(!asked.isEmpty());
        QCOMPARE(lastRequest(asked).token, 4);
        QVERIFY(!lastRequest(asked).pinned);
        canvas->setSelection(lastRequest(asked));
        canvas->grab();
        QCOMPARE(canvas->basePaints(), paints);
        QTest::mouseClick(canvas.get(), Qt::LeftButton, {}, canvas->tokenRect(5).center().toPoint());
        QCOMPARE(lastRequest(asked).token, 5);
        QVERIFY(lastRequest(asked).pinned);
    }

    void arrowsWalkByTokensOrByWords()
    {
        const auto canvas = shown<PromptCanvas>(sample::promptViewData());
        QSignalSpy asked(canvas.get(), &RunView::selectionRequested);
        Selection selection;
        selection.token = 12;
        selection.pinned = true;
        canvas->setSelection(selection);
        QTest::keyClick(canvas.get(), Qt::Key_Right);
        QCOMPARE(lastRequest(asked).token, 13);
        canvas->setWholeWords(true); // " break" and "fast" are one word
        selection.token = 13;
        canvas->setSelection(selection);
        QTest::keyClick(canvas.get(), Qt::Key_Right);
        QCOMPARE(lastRequest(asked).token, 15);
        QTest::keyClick(canvas.get(), Qt::Key_Escape);
        QCOMPARE(lastRequest(asked).token, -1);
    }

    void detailsNameEveryStageThatMeasuredTheToken()
    {
        const auto canvas = shown<PromptCanvas>(sample::promptViewData());
        const QString late = canvas->details(17), early = canvas->details(22);
        QVERIFY(late.contains(QStringLiteral("id 3")));
        QVERIFY(late.contains(QStringLiteral("stage 3:")) && !late.contains(QStringLiteral("stage 4:")));
        QVERIFY(late.contains(QStringLiteral("cut in stage 3 of 4")));
        QVERIFY(early.contains(QStringLiteral("stage 1:")) && !early.contains(QStringLiteral("stage 2:")));
        QVERIFY(canvas->details(0).contains(QStringLiteral("stays")));
    }

    void whatIsLeftStandsBesideAndIsLinked()
    {
        const auto canvas = shown<PromptCanvas>(sample::promptViewData());
        canvas->setMode(PromptCanvas::Mode::SideBySide);
        canvas->grab();
        QVERIFY(!canvas->keptRect(11).isNull());
        QVERIFY(canvas->keptRect(10).isNull()); // cut
        QVERIFY(canvas->keptRect(11).left() > canvas->tokenRect(11).left());
        QCOMPARE(canvas->tokenAt(canvas->keptRect(11).center()), 11);
        QCOMPARE(canvas->tokenAt(canvas->tokenRect(10).center()), 10);
    }

    void tokensThatSplitAClusterShareItsPlace()
    {
        // A Thai consonant with its vowel sign in two tokens, and an emoji in two byte pieces.
        const std::vector<std::string> pieces{"\xE0\xB8\x9B", "\xE0\xB8\xA5\xE0\xB8\xB2\xE0\xB8\x97", "\xE0\xB8\xB9", " \xF0\x9F\x98", "\x80"};
        const auto canvas = shown<PromptCanvas>(only(piecesReport(pieces, {0, 1}, "\xE0\xB8\x9B\xE0\xB8\xA5\xE0\xB8\xB2\xE0\xB8\x97")));
        const QRectF consonant = canvas->tokenRect(1), sign = canvas->tokenRect(2), left = canvas->tokenRect(3), right = canvas->tokenRect(4);
        QVERIFY(!consonant.isNull() && !sign.isNull() && !left.isNull() && !right.isNull());
        QCOMPARE(left.width(), right.width());
        QVERIFY(std::abs(left.right() - right.left()) < 0.5);
        QCOMPARE(canvas->tokenAt(right.center()), 4);
        QCOMPARE(canvas->tokenAt(left.center()), 3);
    }
};

QTEST_MAIN(PromptCanvasTest)
#include "prompt_canvas_test.moc"
