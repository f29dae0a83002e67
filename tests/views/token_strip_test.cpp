#include "tests/views/sample_data.h"
#include "views/token_strip.h"
#include "views/type.h"
#include "views/widgets/table_dialog.h"

#include <QtTest>
#include <QtWidgets>

using namespace winnow;

class TokenStripTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void piecesJoinIntoText();
    void bytePiecesShareTheirCharacter();
    void lossyPiecesAreRecoveredFromTheText();
    void newlinesBecomeVisible();
    void findsTheTokenUnderAPoint();
    void leadingSpaceLiesOutsideTheMark();
    void clickSelectsAndHoverDoesNotPin();
    void hoverRepaintsOnlyTheMarks();
    void stepShowsDecodedTokensOneByOne();
    void evictedLaterIsShownAsItWas();
    void classesChangeStepByStepAndTokensComeBack();
    void keyboardWalksThroughTheText();
    void copiesTheSelectedText();
    void followsThePinnedLayer();
    void survivesAReportWithoutKeptTokens();
};

namespace {

std::unique_ptr<TokenStrip> shownStrip(const ViewDataPtr &data, QSize size = {940, 400})
{
    auto strip = std::make_unique<TokenStrip>();
    strip->setTheme(Theme::light());
    strip->setData(data);
    strip->resize(size);
    strip->show();
    strip->grab();
    return strip;
}

ReportPtr textReport(const std::vector<std::string> &pieces, KeptTokens kept, const std::string &text = {})
{
    ReportBuilder builder;
    std::vector<int32_t> ids(pieces.size(), 1);
    builder.setInput(ids, pieces, text);
    builder.add(kept);
    return builder.build();
}

ViewDataPtr dataOf(const ReportPtr &report)
{
    auto data = std::make_shared<ViewData>();
    data->current.report = report;
    data->current.title = QStringLiteral("Test");
    return data;
}

} // namespace

void TokenStripTest::initTestCase() { QApplication::setFont(baseFont()); }

void TokenStripTest::piecesJoinIntoText()
{
    const TokenText text = TokenText::fromPieces({"The", " Panthers", " won"}, {});
    QCOMPARE(text.text, QStringLiteral("The Panthers won"));
    QCOMPARE(text.spans[1].begin, 3);
    QCOMPARE(text.spans[1].end, 12);
    QCOMPARE(text.tokenAt(0), 0);
    QCOMPARE(text.tokenAt(3), 1);
    QCOMPARE(text.tokenAt(15), 2);
    QCOMPARE(text.tokenAt(16), -1);
    QCOMPARE(text.label(1), QStringLiteral("Panthers"));
}

void TokenStripTest::bytePiecesShareTheirCharacter()
{
    // U+1F600 is F0 9F 98 80: three tokens hold its bytes.
    const TokenText text = TokenText::fromPieces({"a", "\xF0\x9F", "\x98", "\x80", "b"}, {});
    QCOMPARE(text.text, QStringLiteral("a\U0001F600b"));
    for (size_t i = 1; i <= 3; ++i) {
        QCOMPARE(text.spans[i].begin, 1);
        QCOMPARE(text.spans[i].end, 3);
        QCOMPARE(text.spans[i].parts, 3);
        QCOMPARE(text.spans[i].part, static_cast<int>(i) - 1);
    }
    QCOMPARE(text.spans[4].begin, 3);
}

void TokenStripTest::lossyPiecesAreRecoveredFromTheText()
{
    const TokenText text = TokenText::fromPieces({"x", "\xEF\xBF\xBD", "\xEF\xBF\xBD", "y"}, "x\xE5\x88\x86y");
    QCOMPARE(text.text, QStringLiteral("x分y"));
    QCOMPARE(text.spans[1].parts, 2);
    QCOMPARE(text.spans[3].begin, 2);
}

void TokenStripTest::newlinesBecomeVisible()
{
    const TokenText text = TokenText::fromPieces({"a", "\n", "b"}, {});
    QCOMPARE(text.shown, QStringLiteral("a↵b"));
    const TokenLayout layout(std::make_shared<TokenText>(text), 300);
    QCOMPARE(layout.lines().size(), size_t(2));
    QVERIFY(TokenText::fromPieces({"分词", "很", "好"}, {}).isWide());
}

void TokenStripTest::findsTheTokenUnderAPoint()
{
    const sample::Panthers panthers;
    const auto strip = shownStrip(panthers.viewData(1));
    for (const int token : {0, 1, 17, 100, 215, 319}) {
        const QRectF box = strip->tokenRect(token);
        QVERIFY(box.isValid());
        QCOMPARE(strip->tokenAt(box.center()), token);
    }
    QCOMPARE(strip->tokenAt(QPointF(2, 2)), -1);
    QCOMPARE(strip->tokenAt(QPointF(500, 5000)), -1);
}

void TokenStripTest::leadingSpaceLiesOutsideTheMark()
{
    const auto strip = shownStrip(dataOf(textReport({"one", " two"}, KeptTokens::sized(1, 1, 2))));
    QVERIFY(strip->tokenRect(1).left() > strip->tokenRect(0).right() + 2);
}

void TokenStripTest::clickSelectsAndHoverDoesNotPin()
{
    const sample::Panthers panthers;
    const auto strip = shownStrip(panthers.viewData(1));
    QSignalSpy spy(strip.get(), &RunView::selectionRequested);
    const QPoint at = strip->tokenRect(42).center().toPoint();
    QTest::mouseMove(strip.get(), at);
    QTRY_VERIFY(!spy.isEmpty());
    QCOMPARE(spy.last().at(0).value<Selection>().token, 42);
    QVERIFY(!spy.last().at(0).value<Selection>().pinned);
    QTest::mouseClick(strip.get(), Qt::LeftButton, {}, at);
    QCOMPARE(spy.last().at(0).value<Selection>().token, 42);
    QVERIFY(spy.last().at(0).value<Selection>().pinned);
    QTest::keyClick(strip.get(), Qt::Key_Escape);
    QCOMPARE(spy.last().at(0).value<Selection>().token, -1);
}

void TokenStripTest::hoverRepaintsOnlyTheMarks()
{
    const sample::Panthers panthers;
    const auto strip = shownStrip(panthers.viewData(1));
    const int before = strip->basePaints();
    const QImage plain = strip->grab().toImage();
    for (int token = 0; token < 50; ++token) {
        Selection selection;
        selection.token = token;
        strip->setSelection(selection);
        strip->grab();
    }
    QCOMPARE(strip->basePaints(), before);
    QVERIFY(strip->grab().toImage() != plain);
}

void TokenStripTest::stepShowsDecodedTokensOneByOne()
{
    const sample::Panthers panthers;
    const auto strip = shownStrip(panthers.viewData(1, 64));
    const QPointF fresh = strip->tokenRect(321).center();
    QCOMPARE(strip->tokenAt(fresh), -1); // after the prompt nothing is decoded yet
    Selection selection;
    selection.step = 1;
    strip->setSelection(selection);
    QCOMPARE(strip->tokenAt(fresh), 321);
    QCOMPARE(strip->tokenAt(strip->tokenRect(322).center()), -1);
}

void TokenStripTest::evictedLaterIsShownAsItWas()
{
    KeptTokens kept = KeptTokens::sized(1, 1, 3);
    for (int t = 0; t < 3; ++t)
        kept.setKept(0, 0, t);
    kept.steps = 2;
    kept.evictions = {{1, 0, 0, 2, 0.5f}};
    const KeptGrid grid(kept, 5);
    QVERIFY(grid.keptAt(0, 0, 2, 0));
    QVERIFY(!grid.keptAt(0, 0, 2, 1));
    QVERIFY(!grid.keptAt(0, 0, 3, -1));
    QVERIFY(grid.keptAt(0, 0, 3, 0));
    QCOMPARE(grid.evictionStep(0, 0, 2), 1);
    QCOMPARE(grid.meanCacheLength(-1), 3.0);
    QCOMPARE(grid.meanCacheLength(1), 4.0);
}

void TokenStripTest::classesChangeStepByStepAndTokensComeBack()
{
    KeptTokens kept = KeptTokens::sized(1, 2, 3);
    kept.classes.assign(6, uint8_t(TokenClass::Evicted));
    kept.setKept(0, 0, 0);
    kept.classes[0] = uint8_t(TokenClass::Kept);
    kept.classes[1] = uint8_t(TokenClass::Marginal);
    kept.steps = 3;
    kept.changes = {{0, 0, 0, 3, TokenClass::Window}, {1, 0, 0, 0, TokenClass::Marginal}, {1, 0, 0, 1, TokenClass::Kept}, {2, 0, 0, 0, TokenClass::Kept}, {2, 0, 0, 3, TokenClass::Evicted}};
    const KeptGrid grid(kept, 6);
    QVERIFY(grid.decodes());
    QCOMPARE(grid.classAt(0, 0, 0, -1), TokenClass::Kept);
    QCOMPARE(grid.classAt(0, 0, 1, 0), TokenClass::Marginal);
    QCOMPARE(grid.classAt(0, 0, 0, 1), TokenClass::Marginal);
    QCOMPARE(grid.classAt(0, 0, 1, 1), TokenClass::Kept);
    QCOMPARE(grid.classAt(0, 0, 0, 2), TokenClass::Kept); // came back
    QVERIFY(!grid.keptAt(0, 0, 0, 1));
    QVERIFY(!grid.keptAt(0, 0, 3, -1)); // not read yet
    QVERIFY(grid.keptAt(0, 0, 3, 0));
    QVERIFY(!grid.keptAt(0, 0, 3, 2));
    QCOMPARE(grid.classAt(0, 1, 0, 2), TokenClass::Evicted); // the other head never changes
    QCOMPARE(grid.headsKept(0, 1, 1), 1);
    QCOMPARE(grid.history(0, 0, 0).size(), size_t(2));
    QVERIFY(grid.history(0, 1, 2).empty());

    // Hovering says rank, what the token was, and whose attention decided.
    kept.score = {0.5f, 0.9f, 0.1f, 0.5f, 0.9f, 0.1f};
    ReportBuilder builder;
    builder.setModel(Json{{"name", "m"}, {"layers", 1}, {"heads", 4}, {"kvHeads", 2}});
    builder.setInput({1, 2, 3, 4, 5, 6}, {"a", " b", " c", " d", " e", " f"}, {});
    builder.add(kept);
    builder.add(sample::guidedHeads(1, 4));
    const auto strip = shownStrip(dataOf(builder.build()));
    strip->setScope(TokenStrip::Scope::Head);
    const QString text = strip->hoverText(0);
    QVERIFY2(text.contains(QStringLiteral("Rank 2 of 3")), qPrintable(text));
    QVERIFY(text.contains(QStringLiteral("kept, marginal from step 2, kept from step 3")));
    QVERIFY(text.contains(QStringLiteral("small heads 0·0, 0·1"))); // of the two query heads that share keys
    QVERIFY(strip->hoverText(17).isEmpty());
    QVERIFY(shownStrip(dataOf(textReport({"a"}, KeptTokens::sized(1, 1, 1))))->hoverText(0).isEmpty()); // nothing changes there
}

void TokenStripTest::keyboardWalksThroughTheText()
{
    const sample::Panthers panthers;
    const auto strip = shownStrip(panthers.viewData(1));
    connect(strip.get(), &RunView::selectionRequested, strip.get(), [&](const Selection &s) { strip->setSelection(s); });
    QSignalSpy spy(strip.get(), &RunView::selectionRequested);
    const auto token = [&] { return spy.last().at(0).value<Selection>().token; };
    QTest::keyClick(strip.get(), Qt::Key_Home);
    QCOMPARE(token(), 0);
    QTest::keyClick(strip.get(), Qt::Key_Right);
    QCOMPARE(token(), 1);
    QTest::keyClick(strip.get(), Qt::Key_Down);
    QVERIFY(token() > 5);
    QVERIFY(strip->tokenRect(token()).top() > strip->tokenRect(1).top());
    QTest::keyClick(strip.get(), Qt::Key_Up);
    QVERIFY(token() <= 2);
    QTest::keyClick(strip.get(), Qt::Key_End);
    QCOMPARE(token(), 319); // undecoded tokens cannot be reached
}

void TokenStripTest::copiesTheSelectedText()
{
    const auto strip = shownStrip(dataOf(textReport({"one", " two", "\n", "three"}, KeptTokens::sized(1, 1, 4))));
    QTest::mousePress(strip.get(), Qt::LeftButton, {}, strip->tokenRect(0).center().toPoint());
    QMouseEvent move(QEvent::MouseMove, strip->tokenRect(3).center(), strip->mapToGlobal(strip->tokenRect(3).center()), Qt::NoButton, Qt::LeftButton, {});
    QApplication::sendEvent(strip.get(), &move);
    QTest::mouseRelease(strip.get(), Qt::LeftButton, {}, strip->tokenRect(3).center().toPoint());
    QTest::keyClick(strip.get(), Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("one two\nthree"));
}

void TokenStripTest::followsThePinnedLayer()
{
    const sample::Panthers panthers;
    const auto strip = shownStrip(panthers.viewData(1));
    strip->setScope(TokenStrip::Scope::Layer);
    strip->grab();
    const int before = strip->basePaints();
    Selection selection;
    selection.layer = 7; // hover: the text stays
    strip->setSelection(selection);
    strip->grab();
    QCOMPARE(strip->layer(), 0);
    QCOMPARE(strip->basePaints(), before);
    selection.pinned = true;
    strip->setSelection(selection);
    strip->grab();
    QCOMPARE(strip->layer(), 7);
    QCOMPARE(strip->basePaints(), before + 1);
    QCOMPARE(parseCsv(strip->csv()).size(), size_t(321));
}

void TokenStripTest::survivesAReportWithoutKeptTokens()
{
    ReportBuilder builder;
    builder.setInput({1, 2}, {"a", " b"}, "a b");
    const auto strip = shownStrip(dataOf(builder.build()));
    QCOMPARE(strip->emptyReason(), QString());
    QCOMPARE(strip->tokenAt(strip->tokenRect(1).center()), 1);
    strip->setData(nullptr);
    QVERIFY(!strip->emptyReason().isEmpty());
    strip->grab();
}

QTEST_MAIN(TokenStripTest)
#include "token_strip_test.moc"
