// The Words page against an engine whose segmenters cut after every character, or keep lines whole.
#include "app/export/figure_file.h"
#include "app/window/method_dock.h"
#include "app/window/selection_panel.h"
#include "app/window/session_tree.h"
#include "app/window/view_slot.h"
#include "app/window/word_panel.h"
#include "app/window/words_page.h"
#include "app/workbench/reply_lines.h"
#include "app/workbench/segmented_text.h"
#include "core/base/utf8.h"
#include "tests/support/word_engine.h"
#include "views/word_dictionary.h"
#include "views/word_lattice.h"
#include "views/word_lines.h"
#include "views/word_scores.h"
#include "views/word_teacher.h"
#include "views/widgets/empty_state.h"

#include <QComboBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>

using namespace winnow;

using testing::fakeEngine;
using testing::kBars;
using testing::openPage;

class WordsPageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void treebanksAndBarsBecomeLinesWithGold()
    {
        const auto bars = readSegmentedText(QStringLiteral("x_th.txt"), kBars);
        QVERIFY(bars);
        QCOMPARE(bars->lines, QStringList({QString::fromUtf8("武汉市长江大桥"), QString::fromUtf8("研究生命的起源")}));
        QCOMPARE(bars->words[1].size(), 4);
        QCOMPARE(bars->language, QStringLiteral("th"));
        const QString conllu = QStringLiteral("# text = vámonos al mar\n1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_\n1\tvamos\t_\t_\t_\t_\t_\t_\t_\t_\n2\tnos\t_\t_\t_\t_\t_\t_\t_\t_\n3\tal\t_\t_\t_\t_\t_\t_\t_\t_\n3.1\tx\t_\t_\t_\t_\t_\t_\t_\t_\n4\tmar\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n5\t.\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n\n");
        const auto tree = readSegmentedText(QStringLiteral("es.conllu"), conllu);
        QVERIFY(tree);
        QCOMPARE(tree->lines, QStringList(QStringLiteral("vámonos al mar.")));
        QCOMPARE(tree->words[0], QStringList({QStringLiteral("vámonos"), QStringLiteral("al"), QStringLiteral("mar"), QStringLiteral(".")}));
        QVERIFY(!readSegmentedText(QStringLiteral("plain.txt"), QStringLiteral("just | a text\nwith lines\nand more\n")));
    }

    void repliesAreAlignedAsTheSpecSays()
    {
        // llaca.md 8: S = aba, reply "b ba" -> a/ba, the first b rejected, a third made up.
        TeacherLine line = alignedReply(0, QStringLiteral("aba"), QStringLiteral("b ba"));
        QCOMPARE(line.added, QStringList({QStringLiteral("a"), QStringLiteral("ba")}));
        QVERIFY(!line.words[0].accepted && line.words[1].accepted);
        QVERIFY(std::abs(line.hallucination - 1.0 / 3) < 1e-9);
        const QString bridge = QString::fromUtf8("武汉市长江大桥");
        line = alignedReply(0, bridge, QString::fromUtf8("武汉 长江 大桥 。"));
        QCOMPARE(line.added.join(QLatin1Char('/')), QString::fromUtf8("武汉/市/长江/大桥"));
        QVERIFY(!line.words[3].accepted);
        QVERIFY(std::abs(line.hallucination - 1.0 / 7) < 1e-9);
        line = alignedReply(0, bridge, QString::fromUtf8("武漢市 长江 大桥"));
        QCOMPARE(line.added.join(QLatin1Char('/')), QString::fromUtf8("武/汉/市/长江/大桥"));
        line = alignedReply(0, bridge, QStringLiteral("The bridge"));
        QCOMPARE(line.added.size(), 7);
        QCOMPARE(line.hallucination, 1.0);
        line = alignedReply(0, QString::fromUtf8("发展中国家中国"), QString::fromUtf8("发展中 国家 国家 中国"));
        QVERIFY(line.words[1].accepted && !line.words[2].accepted && line.words[3].accepted);
        QVERIFY(std::abs(line.hallucination - 2.0 / 9) < 1e-9);
        QCOMPARE(alignedReply(0, bridge, QString::fromUtf8("武汉市 长江 大桥")).state, QStringLiteral("exact"));
    }

    void pageSaysWhatItNeeds()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().newSession();
        app.window().openPage(MainWindow::Page::Words);
        QVERIFY(app.window().wordsPage()->emptyState()->isVisible());
    }

    void aTextWithSpacesGivesWayToKnownWordsUntilItIsChosen()
    {
        testing::App app(fakeEngine());
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().newSession();
        const qint64 gold = app.bench().addTextFile(QStringLiteral("zh-two.txt"), kBars);
        const qint64 english = app.bench().addTextInput(QStringLiteral("harbour.txt"), QStringLiteral("Boats left the harbour before dawn.\n"));
        QCOMPARE(app.bench().activeInput(), english);
        app.window().openPage(MainWindow::Page::Words);
        QTRY_VERIFY(app.bench().words().data() && app.bench().words().data()->current());
        QCOMPARE(app.bench().words().input()->id, gold);
        QVERIFY(app.bench().words().data()->hasGold());
        QCOMPARE(app.bench().activeInput(), english); // the other pages keep it
        app.bench().chooseInput(english); // as the toolbar and the banner do
        QCOMPARE(app.bench().words().input()->id, english);
        app.bench().chooseInput(gold);
        QCOMPARE(app.bench().words().input()->id, gold);
        QCOMPARE(app.bench().activeInput(), english);
        const qint64 thai = app.bench().addTextInput(QStringLiteral("own.txt"), QString::fromUtf8("สวัสดีครับผมชื่อสมชาย\n"));
        QCOMPARE(app.bench().words().input()->id, thai); // one's own text of such a language comes first
        QVERIFY(!app.bench().words().data()->hasGold());
    }

    void linesAreCutAndScoredWithoutAModel()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const WordDataPtr data = app.bench().words().data();
        QCOMPARE(data->lines.size(), size_t(2));
        QCOMPARE(data->gold[0].words.size(), size_t(3));
        QCOMPARE(data->current()->run, -1); // the preview
        QCOMPARE(data->current()->method, QStringLiteral("llaca")); // taught by the simulated model: there is gold
        QCOMPARE(data->current()->lines[0].words.size(), size_t(2));
        QVERIFY(data->current()->errors[0].f1() < 0.5);
    }

    void aPinnedSettingIsARunWithItsLetterAndF1()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const qint64 first = app.bench().words().pin();
        QVERIFY(first != 0);
        QCOMPARE(app.bench().words().activeRun(), first);
        QVERIFY(app.bench().document().report(first));
        app.bench().words().setMethod(QStringLiteral("singles"));
        QTRY_COMPARE(app.bench().words().data()->runs.size(), size_t(2));
        QTRY_COMPARE(app.bench().words().data()->current()->method, QStringLiteral("singles"));
        const qint64 second = app.bench().words().pin();
        QTRY_COMPARE(app.bench().words().data()->runs.size(), size_t(2));
        QCOMPARE(app.bench().words().data()->runs[1].run, 1);
        QVERIFY(app.bench().viewData()->runs.empty()); // no run of the cache
        app.bench().document().undoStack().undo();
        QVERIFY(!app.bench().document().run(second));
        app.bench().setActiveRun(first); // as the tree and the table do
        QCOMPARE(app.bench().words().setting().setting.method, std::string("llaca"));
        const QString command = app.bench().words().commandLine(first);
        QVERIFY2(command.startsWith(QStringLiteral("winnow-cli run --method llaca")) && command.contains(QStringLiteral("--gold zh-two.txt")) && command.contains(QStringLiteral("--teacher simulated")), qPrintable(command));
    }

    void aClickOnAWordAsksForItsLattice()
    {
        testing::App app(fakeEngine());
        openPage(app);
        auto *lines = qobject_cast<WordLines *>(app.window().wordsPage()->lines()->view());
        const WordSpan word = app.bench().words().data()->runs[0].lines[0].words[0];
        QTest::mouseClick(lines, Qt::LeftButton, {}, lines->wordRect(0, -1, word).center().toPoint());
        QCOMPARE(app.bench().selection().word.line, 0);
        QTRY_VERIFY(app.bench().words().data()->lattice);
        QCOMPARE(app.bench().words().data()->lattice->edges.size(), size_t(8));
        QTRY_VERIFY(app.bench().words().data()->ribbon); // characters and words need no model
        QCOMPARE(app.bench().words().data()->ribbon->rows[0].count(), 7);
        QVERIFY(!app.bench().words().data()->ribbon->rows[2].why.isEmpty());
        const SelectionFacts facts = wordFacts(app.bench());
        QCOMPARE(facts.title, QString::fromUtf8("武汉市长江大"));
        QCOMPARE(facts.rows[0].second, QString::fromUtf8("武汉市 / 长江 / 大桥"));
    }

    void aMarkFromBeforeTheEngineGetsItsLattice()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().words().pin();
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("words.winnow"));
        QVERIFY(app.bench().saveTo(path));
        testing::App later(fakeEngine());
        later.window().resize(1440, 900);
        later.window().show();
        QVERIFY(later.bench().openSession(path));
        later.window().openPage(MainWindow::Page::Words);
        QTRY_VERIFY(later.bench().selection().word.hasWord());
        QVERIFY(!later.bench().words().data()->lattice);
        QVERIFY(later.startEngine());
        QTRY_VERIFY(later.bench().words().data()->lattice);
    }

    void anotherInputIsMarkedAnew()
    {
        testing::App app(fakeEngine());
        openPage(app);
        QTRY_VERIFY(app.bench().selection().word.hasWord());
        Selection far = app.bench().selection();
        far.word = {1, 2, 3, 7}; // a line and a run of this input
        far.pinned = true;
        app.bench().setSelection(far);
        const qint64 second = app.bench().addTextFile(QStringLiteral("zh-more.txt"), kBars);
        app.bench().chooseInput(second);
        QTRY_VERIFY(app.bench().words().input()->id == second && app.bench().words().data()->current());
        QTRY_COMPARE(app.bench().selection().word.line, 0);
        QTRY_VERIFY(app.bench().words().data()->lattice); // asked for, as it is of a row that stands here
    }

    void anEditedCountBecomesAListOfItsOwnAndIsUndone()
    {
        testing::App app(fakeEngine());
        openPage(app);
        Selection selection;
        selection.word = {0, 0, 2, -1};
        selection.pinned = true;
        app.bench().setSelection(selection);
        QTRY_VERIFY(app.bench().words().data()->lattice);
        app.bench().words().setCount(QString::fromUtf8("武汉"), 7);
        QCOMPARE(app.bench().words().setting().source.counts.at("武汉"), 7.0);
        QCOMPARE(app.bench().words().setting().source.counts.size(), size_t(1)); // what the ratio cut stays cut
        QTRY_COMPARE(app.bench().words().data()->lattice->edges.back().count, 7.0);
        app.bench().document().undoStack().undo();
        QVERIFY(app.bench().words().setting().source.counts.empty());
    }

    void anEditOnAPinnedRowIsFollowedInTheEditedList()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const qint64 pinned = app.bench().words().pin();
        app.bench().words().setMethod(QStringLiteral("singles"));
        QTRY_COMPARE(app.bench().words().data()->current()->method, QStringLiteral("singles"));
        Selection selection;
        selection.word = {0, 0, 2, 0}; // in the row of A, while the form shows another method
        selection.pinned = true;
        app.bench().setSelection(selection);
        QTRY_VERIFY(app.bench().words().data()->lattice && app.bench().words().data()->lattice->run == 0);
        auto *view = qobject_cast<WordLatticeView *>(app.window().wordsPage()->reveal(QStringLiteral("wordLattice")));
        Q_EMIT view->countChanged(QString::fromUtf8("武汉"), 7);
        QCOMPARE(app.bench().words().setting().setting.method, std::string("llaca"));
        QCOMPARE(app.bench().words().setting().source.counts.at("武汉"), 7.0);
        QCOMPARE(app.bench().selection().word, (WordMark{0, 0, 2, -1}));
        QTRY_COMPARE(app.bench().words().data()->lattice->run, -1);
        QTRY_COMPARE(app.bench().words().data()->lattice->edges.back().count, 7.0);
        app.bench().document().undoStack().undo();
        QCOMPARE(app.bench().words().activeRun(), pinned);
    }

    void aMethodThatFoundNothingToLearnFromLeavesNoTraceInTheNext()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().words().setMethod(QStringLiteral("tag_model")); // needs gold of another input: there is none
        QCOMPARE(app.bench().words().setting().source.path, std::string());
        QComboBox *source = nullptr;
        for (QComboBox *box : app.window().methodDock()->findChildren<QComboBox *>())
            if (box->accessibleName() == QLatin1String("Words from"))
                source = box;
        QVERIFY(source);
        QCOMPARE(source->currentText(), QStringLiteral("Nothing yet"));
        app.bench().words().setMethod(QStringLiteral("llaca"));
        QCOMPARE(app.bench().words().setting().source.kind, std::string("simulated"));
        QCOMPARE(source->currentText(), QStringLiteral("Simulated model"));
    }

    void aSettingWithoutAnythingToLearnFromSaysSoInTheForm()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().words().setSource({"lines", {}, {}});
        QTRY_VERIFY(app.bench().words().previewProblem().contains(QStringLiteral("Give a dictionary.")));
        QVERIFY(app.bench().addTextFile(QStringLiteral("zh-other.txt"), kBars) != 0); // another text asks anew
        QVERIFY(app.bench().words().previewProblem().isEmpty());
    }

    void aSweepDrawsACurveThatTheSessionKeeps()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const auto variables = app.bench().words().variables();
        QCOMPARE(variables.front().name, QStringLiteral("topRatio"));
        app.bench().words().sweep(variables.front().name, variables.front().values);
        QTRY_COMPARE(app.bench().words().data()->curves.size(), size_t(1));
        QCOMPARE(app.bench().words().data()->curves[0].run, 0); // pinned as A
        QCOMPARE(app.bench().words().data()->curves[0].y[0], 50.0);
    }

    void stateSurvivesClosing()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().words().setMethod(QStringLiteral("singles"));
        QTRY_COMPARE(app.bench().words().data()->current()->method, QStringLiteral("singles"));
        app.bench().words().pin();
        app.window().wordsPage()->reveal(QStringLiteral("wordDictionary"));
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("words.winnow"));
        QVERIFY(app.bench().saveTo(path));
        app.bench().closeSession();
        QVERIFY(!app.bench().words().data());
        QVERIFY(app.bench().openSession(path));
        QTRY_VERIFY(app.bench().words().data() && app.bench().words().data()->runs.size() == 1);
        QCOMPARE(app.bench().words().setting().setting.method, std::string("singles"));
    }

    void everyViewFitsASmallWindow()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.window().resize(1024, 640);
        QTRY_COMPARE(app.window().wordsPage()->shownViews().size(), 2);
        QCOMPARE(app.window().size(), QSize(1024, 640));
        for (const char *id : {"wordLattice", "wordAutomaton", "wordRibbon", "wordBranching", "wordScores", "wordDictionary", "wordTeacher", "wordCurves", "wordTraining"}) {
            RunView *view = app.window().wordsPage()->reveal(QString::fromLatin1(id));
            QVERIFY2(view, id);
        }
        app.window().resize(1440, 900);
        QTRY_COMPARE(app.window().wordsPage()->shownViews().size(), 4);
    }

    void theFormSpeaksOfSegmentersOnlyHere()
    {
        testing::App app(fakeEngine());
        openPage(app);
        QVERIFY(app.window().methodDock()->wordForm()->isVisible());
        QCOMPARE(app.window().methodDock()->wordForm()->methodBox()->count(), 4);
        app.window().openPage(MainWindow::Page::Cache);
        QVERIFY(!app.window().methodDock()->wordForm()->isVisible());
    }
};

int main(int argc, char **argv)
{
    if (testing::isFakeEngine(argc, argv))
        return testing::WordEngine().run();
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    WordsPageTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "words_page_test.moc"
