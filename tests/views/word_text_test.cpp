#include "tests/views/word_sample.h"
#include "views/ribbon_painter.h"
#include "views/run_view.h"
#include "views/type.h"

#include <QFontDatabase>
#include <QTextLayout>
#include <QtTest>

using namespace winnow;

namespace {

QStringList wordsOf(const WordText &line, const CutLine &cut)
{
    QStringList words;
    for (const WordSpan &word : cut.words)
        words << line.word(word);
    return words;
}

} // namespace

/// Lines as they are read and cut: characters with their marks, words against gold, replies of the engine, glyphs.
class WordTextTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { QApplication::setFont(baseFont()); }

    void marksStayWithTheirBase()
    {
        const WordText thai = WordText::of(QString::fromUtf8("น้ำใจ"));
        QCOMPARE(thai.size(), 5); // code points
        QVERIFY(thai.cells.size() < 5);
        QCOMPARE(thai.cells[0].first, 0);
        QVERIFY(thai.cells[0].end >= 2); // the tone mark stands on its consonant
        const WordText emoji = WordText::of(QString::fromUtf8("a👨‍👩‍👧b"));
        QCOMPARE(emoji.cells.size(), size_t(3));
        QCOMPARE(emoji.size(), 7);
        QCOMPARE(emoji.between(6, 7), QStringLiteral("b"));
        QCOMPARE(emoji.cellOf(6), 2);
        QVERIFY(WordText::of(QStringLiteral("a b")).cells[1].space);
    }

    void aMarkIsNeverDrawnWithoutABase()
    {
        const QStringList characters = sample::slashed("น/้/ำ/ใ");
        QCOMPARE(clusterAt(characters, 0), QString::fromUtf8("น้"));
        QVERIFY(clusterAt(characters, 1).isEmpty());
        QCOMPARE(clusterAt(characters, 3), QString::fromUtf8("ใ"));
        QCOMPARE(standingAlone(characters[1]).size(), 2);
        QCOMPARE(standingAlone(characters[0]), characters[0]);
    }

    void boundariesInsideACellShareItsWidth()
    {
        const WordText line = WordText::of(QString::fromUtf8("กี่ข")); // one cell of three code points, one of one
        QCOMPARE(line.cells.size(), size_t(2));
        QCOMPARE(line.cellPosition(0), 0.0);
        QVERIFY(std::abs(line.cellPosition(1) - 1.0 / 3) < 1e-9);
        QCOMPARE(line.cellPosition(3), 1.0);
        QCOMPARE(line.cellPosition(4), 2.0);
    }

    void errorsAreSplitsJoinsAndCrossings()
    {
        // segmentation-baselines.md 8: gold ab c de f, predicted ab cd e f.
        const WordText line = WordText::of(QStringLiteral("abcdef"));
        const CutErrors errors = compareCuts(sample::cutOf(line, "ab/cd/e/f"), sample::cutOf(line, "ab/c/de/f"));
        QCOMPARE(errors.truePositive, 2);
        QCOMPARE(errors.f1(), 0.5);
        QVERIFY(errors.words[0] == WordVerdict::Right && errors.words[3] == WordVerdict::Right);
        QVERIFY(errors.words[1] == WordVerdict::Crossing); // joins c to d and cuts de
        QVERIFY(errors.words[2] == WordVerdict::Split);
        QCOMPARE(errors.boundaries.size(), size_t(4));
        QVERIFY(errors.boundaries[1].second == BoundaryVerdict::FalseJoin); // after c
        QVERIFY(errors.boundaries[2].second == BoundaryVerdict::FalseSplit); // after d
        const CutErrors joined = compareCuts(sample::cutOf(line, "abc/de/f"), sample::cutOf(line, "ab/c/de/f"));
        QVERIFY(joined.words[0] == WordVerdict::Join);
        QCOMPARE(joined.wrong(), 1);
        QCOMPARE(compareCuts({}, {}).f1(), 1.0);
    }

    void whiteSpaceBelongsToNoWord()
    {
        const WordText line = WordText::of(QString::fromUtf8("한국어 띄어쓰기는 어렵다."));
        const CutLine gold = sample::cutOf(line, "한국어/띄어쓰기는/어렵다/.");
        QCOMPARE(wordsOf(line, gold), sample::slashed("한국어/띄어쓰기는/어렵다/."));
        const CutErrors same = compareCuts(gold, gold);
        QCOMPARE(same.wrong(), 0);
        const GoldLines misfit = alignGold({line}, {sample::slashed("한국어/다르다")});
        QCOMPARE(misfit.misfits, 1);
        QCOMPARE(misfit.lines[0].words.size(), size_t(12)); // its characters
    }

    void aLatticeThatDoesNotFitItsLineIsRefused()
    {
        const WordText line = WordText::of(QStringLiteral("ab c"));
        const Json reply{{"characters", {"a", "b", "c"}}, {"edges", {{{"start", 0}, {"end", 2}, {"kind", "dict"}, {"count", 2}, {"prefix", "a"}, {"prefixSum", 6}, {"log2", -1.584963}, {"unigram", -4}, {"best", true}}}},
            {"kbest", {{{"score", -5.0}, {"gap", 0}, {"words", {"ab", "c"}}}}}};
        const auto lattice = readLattice(reply, line);
        QVERIFY(lattice);
        QCOMPARE((*lattice)->points, (std::vector<int>{0, 1, 3, 4})); // the space is no character of the lattice
        QCOMPARE((*lattice)->edges[0].prefixSum, 6.0);
        Json broken = reply;
        broken["edges"][0]["end"] = 9;
        QVERIFY(!readLattice(broken, line));
        broken = reply;
        broken["characters"] = {"a", "x"};
        QVERIFY(!readLattice(broken, line));
    }

    void reportsAreReadAndRefusedWhenTheirLinesDiffer()
    {
        ReportBuilder builder;
        builder.setRequest(Json{{"command", "run"}, {"method", "llaca"}, {"params", {{"topRatio", 0.99}}}});
        Segmentation gold{"gold", "", "Gold", "zh", {{"武汉市长江大桥", {{0, 3}, {3, 5}, {5, 7}}, 0}}}, cut{"llaca", "llaca", "LLACA", "zh", {{"武汉市长江大桥", {{0, 2}, {2, 4}, {4, 5}, {5, 7}}, -27.5}}};
        builder.add(cut);
        builder.add(gold);
        TableArtifact scores;
        scores.id = "scores";
        scores.columns = {"method", "precision", "recall", "f1", "low", "high"};
        scores.rows = Json::array({Json::array({"llaca", 0.25, 0.3333, 0.2857, 0.2, 0.4})});
        builder.add(scores);
        TableArtifact dictionary;
        dictionary.id = "dictionary";
        dictionary.columns = {"word", "count", "pmi", "kept"};
        dictionary.rows = Json::array({Json::array({"武汉", 86, 5.5, true}), Json::array({"市长", 109, 0.1, false})});
        builder.add(dictionary);
        const ReportPtr report = builder.build();
        const std::vector<WordText> lines{WordText::of(QString::fromUtf8("武汉市长江大桥"))};
        const auto run = readWordRun(*report, lines, goldOf(*report));
        QVERIFY(run);
        QCOMPARE(run->errors[0].truePositive, 1);
        QCOMPARE(run->scores.f1, 0.2857);
        QCOMPARE(run->lines[0].score, -27.5);
        QCOMPARE(run->dictionary->entries.size(), size_t(2));
        QVERIFY(!run->dictionary->entries[1].kept);
        QCOMPARE(run->dictionary->total, 86.0);
        const auto refused = readWordRun(*report, {WordText::of(QStringLiteral("other"))}, {});
        QVERIFY(!refused);
        QVERIFY(QString::fromStdString(refused.error().message).contains(QStringLiteral("line 1")));
    }

    void everyScriptHasGlyphs_data()
    {
        QTest::addColumn<QString>("text");
        QTest::newRow("Chinese") << QString::fromUtf8("糖尿病视网膜病变的风险。");
        QTest::newRow("Japanese") << QString::fromUtf8("東京は日本の首都です。");
        QTest::newRow("Korean") << QString::fromUtf8("한국어띄어쓰기는");
        QTest::newRow("Thai") << QString::fromUtf8("ผู้คนน้ำใจเป็นมิตร");
    }

    void everyScriptHasGlyphs()
    {
        QFETCH(QString, text);
        QTextLayout layout(text, typeFont(TypeRole::WideToken));
        layout.beginLayout();
        layout.createLine();
        layout.endLayout();
        for (const QGlyphRun &run : layout.glyphRuns())
            for (const quint32 glyph : run.glyphIndexes())
                if (glyph == 0)
                    QSKIP("no font of this machine has the script: install those of tools/packages.txt");
    }
};

QTEST_MAIN(WordTextTest)
#include "word_text_test.moc"
