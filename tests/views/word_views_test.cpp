#include "tests/views/word_sample.h"
#include "views/ribbon_painter.h"
#include "views/run_view.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"
#include "views/word_automaton.h"
#include "views/word_branching.h"
#include "views/word_curves.h"
#include "views/word_dictionary.h"
#include "views/word_lattice.h"
#include "views/word_lines.h"
#include "views/word_ribbon.h"
#include "views/word_scores.h"
#include "views/word_teacher.h"
#include "views/word_training.h"

#include <QScrollBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QtTest>

using namespace winnow;

namespace {

ViewDataPtr dataOf(std::shared_ptr<const WordData> words)
{
    auto data = std::make_shared<ViewData>();
    data->words = std::move(words);
    return data;
}

template <typename View>
std::unique_ptr<View> shown(const std::shared_ptr<const WordData> &words, const WordMark &mark = {}, QSize size = {900, 420})
{
    auto view = std::make_unique<View>();
    view->setTheme(Theme::light());
    view->resize(size);
    view->setData(dataOf(words));
    Selection selection;
    selection.word = mark;
    selection.pinned = mark.isSet();
    view->setSelection(selection);
    view->show();
    view->grab();
    return view;
}

WordMark lastMark(const QSignalSpy &spy) { return spy.last().first().value<Selection>().word; }

} // namespace

/// Views of the Words page: cells, errors against gold, what a click marks, what is counted.
class WordViewsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }

    void aClickMarksTheWordInItsRow()
    {
        const auto data = sample::words();
        const auto view = shown<WordLines>(data);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        const WordSpan word = data->runs[0].lines[0].words[7]; // 糖尿病 in the row of A
        const QRectF box = view->wordRect(0, 0, word);
        QVERIFY(!box.isNull());
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, box.center().toPoint());
        QCOMPARE(lastMark(asked), (WordMark{0, word.first, word.end, 0}));
        QVERIFY(asked.last().first().value<Selection>().pinned);
        const WordSpan gold = data->gold[0].words[7]; // 糖尿
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->wordRect(0, WordLines::kGoldRow, gold).center().toPoint());
        QCOMPARE(lastMark(asked), (WordMark{0, gold.first, gold.end, WordLines::kGoldRow}));
    }

    void rowsOfAGroupAlign()
    {
        const auto data = sample::words();
        const auto view = shown<WordLines>(data);
        const WordSpan first{0, 2}; // 长期 in gold and A
        const QRectF gold = view->wordRect(0, WordLines::kGoldRow, first), a = view->wordRect(0, 0, first), c = view->wordRect(0, 2, first);
        QCOMPARE(gold.left(), a.left());
        QCOMPARE(gold.width(), c.width());
        QCOMPARE(c.top() - a.top(), 2 * (a.top() - gold.top()));
        const WordSpan later{14, 16};
        QVERIFY(std::abs(view->wordRect(0, 0, later).left() - gold.left() - 14 * scaled(26)) < 1.5);
    }

    void keysMoveThroughWordsAndRows()
    {
        const auto data = sample::words();
        const WordSpan word = data->runs[0].lines[0].words[0];
        const auto view = shown<WordLines>(data, {0, word.first, word.end, 0});
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::keyClick(view.get(), Qt::Key_Right);
        QCOMPARE(lastMark(asked), (WordMark{0, 2, 4, 0}));
        QTest::keyClick(view.get(), Qt::Key_Down); // the row of B has 长 there
        QCOMPARE(lastMark(asked), (WordMark{0, 0, 1, 1}));
        QTest::keyClick(view.get(), Qt::Key_Escape);
        QVERIFY(!lastMark(asked).isSet());
    }

    void linesAreFilteredAndSorted()
    {
        const auto view = shown<WordLines>(sample::words());
        QCOMPARE(view->order(), (std::vector<int>{0, 1, 2, 3, 4}));
        view->setFilter(WordLines::Filter::Wrong); // A errs in the first and the last line
        QCOMPARE(view->order(), (std::vector<int>{0, 4}));
        view->setFilter(WordLines::Filter::Right);
        QCOMPARE(view->order(), (std::vector<int>{1, 2, 3}));
        view->setFilter(WordLines::Filter::All);
        view->setSort(WordLines::Sort::LowestF1);
        QCOMPARE(view->order()[0], 4); // 2 * 5 / 13 against 2 * 11 / 28
        QCOMPARE(view->order()[1], 0);
    }

    void longLinesWrapAndTheRibbonStandsBelowTheMarkedLine()
    {
        const auto narrow = shown<WordLines>(sample::words(), {}, {500, 400}), wide = shown<WordLines>(sample::words(), {}, {1200, 400});
        QVERIFY(narrow->contentHeight() > wide->contentHeight() + 5 * scaled(26) - 1);
        auto plain = std::make_shared<WordData>(*sample::words());
        plain->ribbon.reset();
        QVERIFY(wide->contentHeight() > shown<WordLines>(plain, {}, {1200, 400})->contentHeight());
    }

    void anArcSaysWhatItsWeightIsMadeOf()
    {
        const auto data = sample::words();
        const auto view = shown<WordLatticeView>(data, {}, {420, 320});
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        int city = -1;
        for (size_t i = 0; i < data->lattice->edges.size(); ++i)
            if (data->lattice->edges[i].start == 0 && data->lattice->edges[i].end == 3)
                city = static_cast<int>(i);
        QCOMPARE(view->edgeAt(view->edgeTop(city)), city);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->edgeTop(city).toPoint());
        QCOMPARE(lastMark(asked), (WordMark{1, 0, 3, 0}));
        const WordFacts facts = edgeFacts(data->lattice->edges[size_t(city)]);
        QCOMPARE(facts.size(), 5);
        QCOMPARE(facts[0].second, QStringLiteral("33"));
        QCOMPARE(facts[1].second, QString::fromUtf8("武汉"));
        QCOMPARE(facts[2].second, QStringLiteral("122"));
        QCOMPARE(facts[3].second, QString::fromUtf8("−1.89")); // llaca.md 8: -1.8863
        QCOMPARE(facts[4].second, QString::fromUtf8("−16.04"));
    }

    void theMarkedWordOfALongLineComesIntoSight()
    {
        auto waiting = std::make_shared<WordData>(*sample::words());
        waiting->lattice.reset();
        const auto view = shown<WordLatticeView>(waiting, {1, 5, 7, 0}, {150, 320});
        QVERIFY(view->emptyReason().startsWith(QStringLiteral("No candidate words yet")));
        view->setData(dataOf(sample::words())); // the answer comes after the click
        const QPointF top = view->edgeTop(view->chosenEdge());
        QVERIFY2(top.x() > 0 && top.x() < 150, qPrintable(QString::number(top.x())));
        view->findChild<QScrollBar *>()->setValue(0); // who looks elsewhere is left there
        view->setData(dataOf(std::make_shared<WordData>(*sample::words())));
        QCOMPARE(view->findChild<QScrollBar *>()->value(), 0);
    }

    void aCountIsEditedOnTheArc()
    {
        const auto view = shown<WordLatticeView>(sample::words(), {1, 0, 3, 0}, {420, 320});
        QVERIFY(view->countBox()->isVisible());
        QCOMPARE(view->countBox()->value(), 33);
        QSignalSpy changed(view.get(), &WordLatticeView::countChanged);
        view->countBox()->setValue(1);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed[0][0].toString(), QString::fromUtf8("武汉市"));
        QCOMPARE(changed[0][1].toDouble(), 1.0);
        Selection none;
        view->setSelection(none);
        QVERIFY(!view->countBox()->isVisible());
    }

    void theAutomatonWalksCharacterByCharacter()
    {
        const auto data = sample::words();
        const auto view = shown<WordAutomaton>(data, {}, {420, 320});
        QCOMPARE(view->stepCount(), 7);
        view->setStep(0);
        QCOMPARE(view->currentNode(), 0);
        QTest::keyClick(view.get(), Qt::Key_Right);
        QTest::keyClick(view.get(), Qt::Key_Right);
        QCOMPARE(data->lattice->nodes[size_t(view->currentNode())].word, QString::fromUtf8("武汉"));
        QVERIFY(view->describe().contains(QString::fromUtf8("武汉, 汉")));
        Selection marked;
        marked.word = {1, 3, 5, 0}; // 长江: the walk stands behind it
        view->setSelection(marked);
        QCOMPARE(view->step(), 5);
        view->setStep(99);
        QCOMPARE(view->step(), 7);
    }

    void theRibbonCountsAndMarksEveryRow()
    {
        const auto data = sample::words();
        const auto view = shown<WordRibbonView>(data, {}, {520, 260});
        const auto &rows = data->ribbon->rows;
        QCOMPARE(rows[0].count(), 7);
        QCOMPARE(rows[1].count(), 3);
        QCOMPARE(rows[2].count(), 14);
        QCOMPARE(rows[4].count(), 8); // kept ones only
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->partRect(2, 5).center().toPoint()); // half of the third character
        QCOMPARE(lastMark(asked), (WordMark{1, 2, 3, 0}));
        QVERIFY(view->note().contains(QStringLiteral("2.00")));
        QVERIFY(ribbonColor(RibbonRow::Kind::Tokens, 1, Theme::light()) != ribbonColor(RibbonRow::Kind::Tokens, 0, Theme::light()));
    }

    void namesStandAboveTheStripsWhereThePlaceIsNarrow()
    {
        const auto wide = shown<WordRibbonView>(sample::words(), {}, {520, 260}), narrow = shown<WordRibbonView>(sample::words(), {}, {300, 260}), low = shown<WordRibbonView>(sample::words(), {}, {300, 120});
        QVERIFY(wide->partRect(0, 0).left() > scaled(150));
        QVERIFY(narrow->partRect(0, 0).left() < scaled(20));
        QVERIFY(narrow->partRect(1, 0).top() - narrow->partRect(0, 0).bottom() > scaled(14)); // a name between them
        QVERIFY(low->partRect(0, 0).left() > scaled(150)); // no height for that
    }

    void errorsLeadToTheirLine()
    {
        const auto data = sample::words();
        const std::vector<WordErrorRow> errors = countErrors(*data, data->runs[0]);
        QCOMPARE(errors.size(), size_t(3)); // 糖尿病, 视网膜, ประเทศไทย
        QCOMPARE(errors[0].kind, QStringLiteral("falseJoin"));
        const auto view = shown<WordScoresView>(data, {}, {420, 300});
        view->setPart(WordScoresView::Part::Errors);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->rowRect(0).center().toPoint());
        QCOMPARE(lastMark(asked).line, errors[0].line);
        QCOMPARE(lastMark(asked).first, errors[0].first);
    }

    void scoresAreSortedByTheirHeads()
    {
        const auto view = shown<WordScoresView>(sample::words(), {}, {700, 300});
        QCOMPARE(view->order(), (std::vector<int>{0, 1, 2, 3}));
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->headRect(1).center().toPoint());
        const auto f1 = [&](int row) { return view->rows()[size_t(view->order()[size_t(row)])].cells[1].key; };
        QVERIFY(f1(0) >= f1(1) && f1(1) >= f1(2) && f1(2) >= f1(3));
        QSignalSpy activated(view.get(), &RunView::activated);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->rowRect(0).center().toPoint());
        QCOMPARE(activated.size(), 1);
    }

    void theDictionaryShowsWhatTheRatioCuts()
    {
        const auto view = shown<WordDictionaryView>(sample::words(), {}, {320, 420});
        QCOMPARE(view->rows().size(), size_t(7));
        view->setPart(WordDictionaryView::Part::Cut);
        QCOMPARE(view->rows().size(), size_t(1));
        QVERIFY(view->rows()[0].cells[0].struck);
        view->setPart(WordDictionaryView::Part::All);
        view->setSearch(QString::fromUtf8("糖"));
        QCOMPARE(view->rows().size(), size_t(2));
        view->setSearch({});
        QSignalSpy ratio(view.get(), &WordDictionaryView::topRatioChanged);
        view->ratioSlider()->setValue(400);
        QCOMPARE(ratio.last().first().toDouble(), 0.9);
        QSignalSpy asked(view.get(), &RunView::selectionRequested);
        QTest::mouseClick(view.get(), Qt::LeftButton, {}, view->rowRect(0).center().toPoint());
        QCOMPARE(lastMark(asked), (WordMark{0, 14, 17, 0})); // 糖尿病 in the first line
    }

    void countsAreEditedInTheDictionary()
    {
        const auto view = shown<WordDictionaryView>(sample::words(), {}, {320, 420});
        QSignalSpy changed(view.get(), &WordDictionaryView::countChanged);
        view->editCount(QString::fromUtf8("血糖"));
        QVERIFY(view->countBox()->isVisible());
        QCOMPARE(view->countBox()->value(), 19);
        view->countBox()->setValue(40);
        QTest::keyClick(view->countBox(), Qt::Key_Return);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed[0][0].toString(), QString::fromUtf8("血糖"));
        QCOMPARE(changed[0][1].toDouble(), 40.0);
        QVERIFY(!view->countBox()->isVisible());
    }

    void mergesAreUsedUpToTheSlider()
    {
        auto data = std::make_shared<WordData>(*sample::words());
        data->runs[0].training.used = 2;
        const auto view = shown<WordTrainingView>(data, {}, {360, 260});
        QCOMPARE(view->mergesSlider()->value(), 2);
        QVERIFY(view->rows()[2].cells[0].tone == PaintedTable::Cell::Tone::Quiet);
        QSignalSpy changed(view.get(), &WordTrainingView::mergesChanged);
        view->mergesSlider()->setValue(1);
        QCOMPARE(changed.last().first().toInt(), 1);
        data = std::make_shared<WordData>(*data);
        data->runs[0].training.round = {1, 2, 3};
        data->runs[0].training.pieces = {4439, 3329, 3300};
        data->runs[0].training.logLikelihood = {-9.6, -9.5, -9.4};
        const auto em = shown<WordTrainingView>(data, {}, {360, 300});
        QVERIFY(em->note().contains(QStringLiteral("3 rounds")));
        QCOMPARE(em->csv().count(QLatin1Char('\n')), 4);
    }

    void entropyRisesMarkBorders()
    {
        const auto view = shown<WordBranchingView>(sample::words(), {1, 0, 3, 0}, {360, 260});
        QCOMPARE(view->rises(), std::vector<int>{3}); // 1.04 .21 1.86 .4 .02: up after the third character
    }

    void rejectedPartsOfAReplyAreSaid()
    {
        const auto view = shown<WordTeacherView>(sample::words(), {}, {420, 300});
        QVERIFY(view->note().contains(QStringLiteral("1 altered")));
        QVERIFY(view->csv().contains(QString::fromUtf8("。")));
        QSignalSpy asked(view.get(), &WordTeacherView::teachAsked);
        view->setSource(QStringLiteral("simulated"));
        QTest::mouseClick(view->askButton(), Qt::LeftButton);
        QCOMPARE(asked.last().first().toString(), QStringLiteral("simulated"));
    }
};

QTEST_MAIN(WordViewsTest)
#include "word_views_test.moc"
