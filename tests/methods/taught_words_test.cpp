#include "core/words/characters.h"
#include "core/words/reply_alignment.h"
#include "core/words/simulated_teacher.h"
#include "core/words/substring_counts.h"
#include "core/words/taught_dictionary.h"
#include "core/words/word_scores.h"

#include <QTest>

#include <cmath>

using namespace winnow;

namespace {

QString joined(std::u32string_view text, const std::vector<int32_t> &ends)
{
    QStringList words;
    int32_t first = 0;
    for (const int32_t end : ends) {
        words << QString::fromStdString(toUtf8(text.substr(size_t(first), size_t(end - first))));
        first = end;
    }
    return words.join(QLatin1Char('/'));
}

std::vector<std::u32string> wordsOf(const char *text) { return replyWords(text); }

CutText plain(const char *text) { return cutText(text, WhiteSpaceMode::Strip); }

} // namespace

/// llaca.md 8: alignment, mixed words, the filter of batches, the simulated model, scoring.
class TaughtWordsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void repliesAreAlignedWithTheirLines()
    {
        const struct {
            const char *source, *reply, *words;
            double hallucination;
            std::vector<uint8_t> used;
        } rows[]{{"aba", "b ba", "a/ba", 1.0 / 3, {0, 1}},
            {"武汉市长江大桥", "武汉 长江 大桥 。", "武汉/市/长江/大桥", 1.0 / 7, {1, 1, 1, 0}},
            {"武汉市长江大桥", "武漢市 长江 大桥", "武/汉/市/长江/大桥", 1.0 / 7, {0, 1, 1}},
            {"武汉市长江大桥", "The bridge", "武/汉/市/长/江/大/桥", 1, {0, 0}},
            {"发展中国家中国", "发展中 国家 国家 中国", "发展中/国家/中国", 2.0 / 9, {1, 1, 0, 1}},
            {"武汉市", "武汉 市", "武汉/市", 0, {1, 1}}};
        for (const auto &row : rows) {
            const std::u32string source = toCharacters(row.source);
            const ReplyAlignment found = alignReply(source, wordsOf(row.reply));
            QCOMPARE(joined(source, found.ends), QString::fromUtf8(row.words));
            QVERIFY(std::abs(found.hallucination - row.hallucination) < 1e-12);
            QCOMPARE(found.used, row.used);
            QCOMPARE(found.altered, row.hallucination > 0);
        }
        const ReplyAlignment empty = alignReply(U"ab", {});
        QCOMPARE(joined(U"ab", empty.ends), QStringLiteral("a/b"));
        QVERIFY(empty.altered);
        QCOMPARE(empty.hallucination, 0.0);
        QVERIFY(alignReply(U"", wordsOf("x")).ends.empty());
    }

    void mixedWordsAreStopMarksWithCompany()
    {
        for (const char *word : {"，", "……", "…", "好", "2001", "a-b"})
            QVERIFY2(!isMixed(toCharacters(word)), word);
        for (const char *word : {"。。", "，好", "，。", "3.5", "…。", "好…"})
            QVERIFY2(isMixed(toCharacters(word)), word);
    }

    void informationIsThatOfTheWorstSplit()
    {
        // c(ab) 3, c(a) 4, c(b) 3, N 10; c(abc) 1, c(bc) 1, c(c) 1.
        const std::u32string text = U"ab\nabcaabd";
        const std::vector<std::u32string_view> words{U"ab", U"abc", U"x", U"é", U"xy"};
        const SubstringCounts counts(text, words);
        const SuffixArray sorted(text);
        QCOMPARE(counts.textLength(), uint64_t(10));
        for (const std::u32string_view part : {U"a", U"b", U"c", U"ab", U"bc", U"abc"})
            QCOMPARE(counts.count(part), sorted.count(part));
        QVERIFY(std::abs(pointwiseInformation(U"ab", counts) - std::log(10.0 * 3 / (4 * 3))) < 1e-12);
        const double ab = std::log(10.0 / (4 * 1)), abc = std::log(10.0 / (3 * 1));
        QVERIFY(std::abs(pointwiseInformation(U"abc", counts) - std::min(ab, abc)) < 1e-12);
        QCOMPARE(pointwiseInformation(U"x", counts), 0.0);
        QCOMPARE(pointwiseInformation(U"é", counts), 1e60);
        QCOMPARE(pointwiseInformation(U"xy", counts), 0.0);
    }

    void theFilterKeepsTheTopTypesOfEachBatch()
    {
        const std::vector<std::vector<std::u32string>> lines{{U"ab", U"c", U"，好"}, {U"ab", U"cd"}, {U"é", U"ab"}};
        const std::u32string raw = U"abc，好\nabcd\néab";
        auto all = teachDictionary(lines, raw, {.topRatio = 1, .batch = 0, .passes = 1, .seed = 1}, {});
        QVERIFY(all.has_value());
        QCOMPARE(all->batch, int64_t(1)); // floor(sqrt(3))
        QCOMPARE(all->mixed, int64_t(1));
        QCOMPARE(all->dictionary.count(U"ab"), uint64_t(3));
        QCOMPARE(all->dictionary.total(), uint64_t(6));
        auto twice = teachDictionary(lines, raw, {.topRatio = 1, .batch = 0, .passes = 2, .seed = 1}, {});
        QCOMPARE(twice->dictionary.total(), uint64_t(12));
        // Half of the two types of a line is one: the one with more information.
        auto half = teachDictionary(lines, raw, {.topRatio = .5, .batch = 1, .passes = 1, .seed = 7}, {});
        QCOMPARE(half->dictionary.total(), uint64_t(3));
        QCOMPARE(half->dictionary.count(U"é"), uint64_t(1)); // + 1e60
        QCOMPARE(half->dictionary.count(U"c"), uint64_t(0)); // one byte: 0
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(teachDictionary(lines, raw, {}, {stop.get_token(), nullptr}).error().code, ErrorCode::Cancelled);
    }

    void theSimulatedTeacherDrawsAtZeroToo()
    {
        SimulatedTeacher honest(1, 0, 0);
        const std::vector<int32_t> gold{2, 3, 7};
        QCOMPARE(honest.next(gold), gold);
        // Words of >= 2 characters draw once each, then every piece but the first: 2 + 2 numbers.
        SplitMix64 random(5);
        SimulatedTeacher teacher(5, 0, 0);
        teacher.next(gold);
        for (int i = 0; i < 4; ++i)
            random.uniform();
        SimulatedTeacher cutting(5, 0, 1), gluing(5, 1, 0);
        QCOMPARE(gluing.next(gold), std::vector<int32_t>{7});
        const std::vector<int32_t> cut = cutting.next(gold);
        QCOMPARE(cut.size(), size_t(5));
        QCOMPARE(cut.front(), 1);
    }

    void scoresCompareSpans()
    {
        const CutText text = plain("abcdef");
        const WordDictionary list(std::vector<WordCount>{{U"ab", 1}, {U"f", 1}});
        const std::vector<ScoredLine> lines{{&text, {2, 3, 5, 6}, {2, 4, 5, 6}, 0}};
        // gold ab c de f, predicted ab cd e f
        const WordScores scores = scoreWords(lines, &list, 0);
        QCOMPARE(scores.precision, .5);
        QCOMPARE(scores.recall, .5);
        QCOMPARE(scores.f1, .5);
        QVERIFY(std::abs(scores.boundaryF1 - 2.0 / 3) < 1e-12);
        QCOMPARE(scores.oov, .5);
        QCOMPARE(scores.recallIv, 1.0);
        QCOMPARE(scores.recallOov, 0.0);
        QVERIFY(std::abs(scores.recallIv * (1 - scores.oov) + scores.recallOov * scores.oov - scores.recall) < 1e-12);
        QCOMPARE(scores.exactLines, int64_t(0));
        const std::vector<WordError> errors = wordErrors(lines);
        QCOMPARE(errors.size(), size_t(1));
        QCOMPARE(wordErrorName(errors[0].kind), "crossing");
        QCOMPARE(toUtf8(errors[0].gold), std::string("c/de"));
        QCOMPARE(toUtf8(errors[0].found), std::string("cd/e"));
    }

    void errorsAreNamedAndCounted()
    {
        const CutText text = plain("abcd");
        const std::vector<ScoredLine> lines{{&text, {2, 4}, {1, 2, 4}, 0}, {&text, {2, 4}, {1, 2, 4}, 0}, {&text, {2, 4}, {4}, 0}};
        const std::vector<WordError> errors = wordErrors(lines);
        QCOMPARE(errors.size(), size_t(2));
        QCOMPARE(wordErrorName(errors[0].kind), "falseSplit");
        QCOMPARE(errors[0].count, int64_t(2));
        QCOMPARE(wordErrorName(errors[1].kind), "falseJoin");
        QCOMPARE(errors[1].line, 2);
    }

    void intervalsComeFromPairedDraws()
    {
        const CutText text = plain("abcd");
        const std::vector<ScoredLine> some{{&text, {2, 4}, {2, 4}, 0}, {&text, {2, 4}, {1, 2, 4}, 0}, {&text, {2, 4}, {4}, 0}};
        const WordScores scores = scoreWords(some, nullptr, 1000);
        QCOMPARE(scores.draws.size(), size_t(1000));
        // The first draw takes the lines below(3) of seed 1 three times.
        SplitMix64 random(1);
        const double f1Of[3][3]{{2, 2, 2}, {2, 3, 1}, {2, 1, 0}};
        double gold = 0, predicted = 0, both = 0;
        for (int i = 0; i < 3; ++i) {
            const double *line = f1Of[random.below(3)];
            gold += line[0];
            predicted += line[1];
            both += line[2];
        }
        QCOMPARE(scores.draws.front(), 2 * both / (gold + predicted));
        QVERIFY(scores.low <= scores.f1 && scores.f1 <= scores.high);
        QCOMPARE(drawQuantile({1, 2, 3, 4, 5}, .25), 2.0);
        QCOMPARE(drawQuantile({0, 1}, .025), .025);
        QVERIFY(std::isnan(scoreWords({}, nullptr).f1));
        // A resample may be of empty lines alone: it has no score, and no place among those that have one.
        const double none = std::nan("");
        QCOMPARE(drawQuantile({4, none, 2, 5, none, 1, 3}, .25), 2.0);
        QVERIFY(std::isnan(drawQuantile({none}, .5)));
    }
};

QTEST_GUILESS_MAIN(TaughtWordsTest)
#include "taught_words_test.moc"
