// The alignment ribbon below the Cache and the Prompt page.
#include "app/window/actions.h"
#include "app/window/ribbon_strip.h"
#include "app/workbench/text_ribbon.h"
#include "tests/support/app_fixture.h"
#include "views/word_ribbon.h"

#include <algorithm>

using namespace winnow;

namespace {

using Kind = RibbonRow::Kind;

const WordRibbon *ribbonOf(testing::App &app)
{
    const auto &data = app.window().ribbon()->ribbon().data();
    return data ? data->ribbon.get() : nullptr;
}

const RibbonRow *rowOf(testing::App &app, Kind kind)
{
    const WordRibbon *ribbon = ribbonOf(app);
    if (!ribbon)
        return nullptr;
    const auto found = std::find_if(ribbon->rows.begin(), ribbon->rows.end(), [&](const RibbonRow &row) { return row.kind == kind && !row.parts.empty(); });
    return found == ribbon->rows.end() ? nullptr : &*found;
}

/// A window with a tiny model whose preview keeps something of a text of three lines.
void openText(testing::App &app)
{
    app.window().resize(1440, 900);
    app.window().show();
    QVERIFY(app.startEngine());
    app.bench().chooseModel(testing::tinyModel());
    QVERIFY(app.waitModel());
    app.bench().addTextInput(QStringLiteral("lines.txt"), QStringLiteral("The first line is short.\n\nA second line, with a comma, is a little longer.\nThe third one ends it."));
    QVERIFY(app.waitPreview());
}

/// The token in which a text begins.
int tokenWith(testing::App &app, const std::string &text)
{
    std::string before;
    const std::vector<std::string> pieces = app.bench().currentReport()->pieces();
    const std::string whole = std::accumulate(pieces.begin(), pieces.end(), std::string());
    for (size_t t = 0; t < pieces.size(); ++t) {
        before += pieces[t];
        if (before.size() > whole.find(text))
            return static_cast<int>(t);
    }
    return -1;
}

void mark(testing::App &app, int token)
{
    Selection selection = app.bench().selection();
    selection.token = token;
    selection.pinned = true;
    app.bench().setSelection(selection);
}

} // namespace

class RibbonTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void linesAreCutAtBreaks()
    {
        const std::vector<std::string> pieces{"One line", " of", " text.\n", "\n", "Second", " line\n", "end"};
        const TokenLine first = lineOfToken(pieces, 1);
        QCOMPARE(first.text, QStringLiteral("One line of text."));
        QCOMPARE(first.number, 0);
        QCOMPARE(first.tokens, (std::vector<int>{0, 1, 2}));
        QCOMPARE(first.spans, (std::vector<std::pair<int64_t, int64_t>>{{0, 8}, {8, 11}, {11, 17}})); // without the break
        const TokenLine empty = lineOfToken(pieces, 3); // an empty line: the next one that is not
        QCOMPARE(empty.text, QStringLiteral("Second line"));
        QCOMPARE(empty.number, 2);
        QCOMPARE(empty.tokens, (std::vector<int>{4, 5}));
        QCOMPARE(lineOfToken(pieces, 6).text, QStringLiteral("end"));
        QCOMPARE(lineOfToken(pieces, 99).text, QStringLiteral("end"));
        QCOMPARE(lineOfToken({}, 0).number, -1);
        QCOMPARE(lineOfToken({"\n", "\n"}, 1).text, QString());
    }

    void charactersThatTokensCutStayWhole()
    {
        const TokenLine line = lineOfToken({"a\xC3", "\xA9z"}, 1);
        QCOMPARE(line.text, QString::fromUtf8("a\xC3\xA9z"));
        const std::vector<RibbonPart> parts = tokenParts(WordText::of(line.text), line.spans);
        QCOMPARE(parts.size(), size_t(2));
        QCOMPARE(parts[0].end, 1.5);
        QCOMPARE(parts[1].first, 1.5);
        std::vector<std::string> many(400, "\xE6\xB0\xB4"); // a line of 1,200 bytes is cut around the token, between characters
        const TokenLine part = lineOfToken(many, 200);
        QVERIFY(part.text.size() < 400);
        QCOMPARE(part.text, QString(part.text.size(), QChar(0x6C34)));
        QVERIFY(std::binary_search(part.tokens.begin(), part.tokens.end(), 200));
    }

    void piecesThatLostTheirBytesAreMadeWholeFromTheText()
    {
        const std::string text = "a \xE8\xBF\x99\xE6\xA0\xB7 z"; // 这样 in five tokens, as a report shows them
        const std::string lost = "\xEF\xBF\xBD";
        const std::vector<std::string> pieces{"a", " " + lost, lost, lost, lost, lost, " z"};
        const std::vector<std::string> whole = wholePieces(pieces, text);
        QCOMPARE(whole.size(), pieces.size());
        QCOMPARE(std::accumulate(whole.begin(), whole.end(), std::string()), text);
        const TokenLine line = lineOfToken(whole, 3);
        QCOMPARE(line.text, QString::fromUtf8("a 这样 z"));
        QCOMPARE(line.spans.back(), (std::pair<int64_t, int64_t>{8, 10}));
        QVERIFY(tokenParts(WordText::of(line.text), line.spans).size() == pieces.size());
        QCOMPARE(wholePieces({"other"}, text), std::vector<std::string>{"other"}); // not of this text
    }

    void tokensThatCutCharactersAreFollowedIntoThePromptMethod()
    {
        testing::App app;
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().chooseModel(testing::tinyModel());
        QVERIFY(app.waitModel());
        QVERIFY(app.bench().addTextFile(QStringLiteral("zh-two.txt"), QString::fromUtf8("武汉市|长江|大桥\n研究|生命|的|起源\n")) != 0);
        app.window().openPage(MainWindow::Page::Words);
        QTRY_VERIFY(app.bench().words().data() && app.bench().words().data()->current());
        Selection selection = app.bench().selection();
        selection.word = {0, 0, 2, -1};
        selection.pinned = true;
        app.bench().setSelection(selection);
        const auto parts = [&](Kind kind) -> size_t {
            const WordDataPtr data = app.bench().words().data();
            for (const RibbonRow &row : data && data->ribbon ? data->ribbon->rows : std::vector<RibbonRow>())
                if (row.kind == kind)
                    return row.parts.size();
            return 0;
        };
        QTRY_VERIFY(parts(Kind::Tokens) > 0);
        QTRY_COMPARE(parts(Kind::KeptPrompt), parts(Kind::Tokens));
    }

    void unicodeWordsLeaveSpacesOut()
    {
        const WordText text = WordText::of(QStringLiteral("It’s 3.5 km, 𝒜 here"));
        QStringList words;
        for (const WordSpan &word : unicodeWords(text).words)
            words << text.word(word);
        QCOMPARE(words, QStringList({QStringLiteral("It’s"), QStringLiteral("3.5"), QStringLiteral("km"), QStringLiteral(","), QStringLiteral("𝒜"), QStringLiteral("here")}));
    }

    void theStripFollowsTheMarkedToken()
    {
        testing::App app;
        openText(app);
        RibbonStrip *strip = app.window().ribbon();
        QVERIFY(!strip->isVisible());
        app.window().actions().toggleRibbon->trigger();
        QVERIFY(strip->isVisible());
        QTRY_VERIFY(rowOf(app, Kind::Tokens));
        for (const Kind kind : {Kind::Characters, Kind::Words, Kind::KeptCache})
            QVERIFY(rowOf(app, kind));
        QCOMPARE(ribbonOf(app)->line, 0);
        // The tokens of the result are those the engine cuts the line into.
        QCOMPARE(rowOf(app, Kind::Tokens)->parts.size(), rowOf(app, Kind::KeptCache)->parts.size());
        const int third = tokenWith(app, "third");
        QVERIFY(third > 0);
        Selection hover = app.bench().selection();
        hover.token = third;
        hover.pinned = false;
        app.bench().setSelection(hover);
        QCOMPARE(ribbonOf(app)->line, 0); // a token under the mouse moves nothing
        mark(app, third);
        QTRY_COMPARE(ribbonOf(app)->line, 3);
        const WordMark shown = strip->marked();
        QVERIFY(shown.hasWord());
        QCOMPARE(strip->ribbon().tokenAt(shown), third);
        app.window().actions().toggleRibbon->trigger();
        QVERIFY(!strip->isVisible());
    }

    void whatTheStripMarksIsMarkedOnThePage()
    {
        testing::App app;
        openText(app);
        app.window().actions().toggleRibbon->trigger();
        QTRY_VERIFY(rowOf(app, Kind::Tokens));
        WordRibbonView *view = app.window().ribbon()->view();
        view->grab();
        const auto &rows = ribbonOf(app)->rows;
        const auto tokens = std::find_if(rows.begin(), rows.end(), [](const RibbonRow &row) { return row.kind == Kind::Tokens; });
        QTest::mouseClick(view, Qt::LeftButton, {}, view->partRect(static_cast<int>(tokens - rows.begin()), 2).center().toPoint());
        QVERIFY(app.bench().selection().pinned);
        QCOMPARE(app.bench().selection().token, app.window().ribbon()->ribbon().tokenAt(app.window().ribbon()->marked()));
        QVERIFY(app.bench().selection().token >= 0);
        QVERIFY(!app.bench().selection().word.isSet()); // that is a mark of the Words page
    }

    void everyPinnedRunHasARow()
    {
        testing::App app;
        openText(app);
        app.window().actions().toggleRibbon->trigger();
        app.bench().pin();
        app.bench().setBudget({BudgetKind::Fraction, 0.75});
        QVERIFY(app.waitPreview());
        QTRY_VERIFY(ribbonOf(app));
        QStringList names;
        for (const RibbonRow &row : ribbonOf(app)->rows)
            if (row.kind == Kind::KeptCache)
                names << row.name;
        QCOMPARE(names.size(), 2);
        QVERIFY2(names[0].contains(QStringLiteral("75 %")), qPrintable(names.join(QLatin1Char(';'))));
        QVERIFY2(names[1].startsWith(QStringLiteral("A ")), qPrintable(names.join(QLatin1Char(';'))));
    }

    void otherPagesHaveNoStrip()
    {
        testing::App app;
        openText(app);
        app.window().actions().toggleRibbon->trigger();
        app.window().openPage(MainWindow::Page::Similarity);
        QVERIFY(!app.window().ribbon()->isVisible());
        QVERIFY(!app.window().actions().toggleRibbon->isEnabled());
        app.window().openPage(MainWindow::Page::Prompt);
        QVERIFY(app.window().ribbon()->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(rowOf(app, Kind::KeptPrompt), 60000);
        QVERIFY(rowOf(app, Kind::KeptPrompt)->name.startsWith(QStringLiteral("kept by ")));
    }
};

int main(int argc, char **argv)
{
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    RibbonTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "ribbon_test.moc"
