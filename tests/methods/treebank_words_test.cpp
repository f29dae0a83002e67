// labels: slow
#include "core/base/method_info.h"
#include "core/methods/registry.h"
#include "core/methods/segmenter.h"
#include "core/words/maximum_match.h"
#include "core/words/simulated_teacher.h"
#include "core/words/substring_counts.h"
#include "core/words/taught_dictionary.h"
#include "tests/support/treebank.h"

#include <QTest>

using namespace winnow;
using namespace winnow::test;

namespace {

constexpr auto kStrip = WhiteSpaceMode::Strip;
constexpr auto kSeparator = WhiteSpaceMode::Separator;

/// A method of the registry learned from a source and scored on a bank.
struct Scored {
    WordScores scores;
    double perplexity = 0;
    SegmentModelPtr model;

    double f1() const { return 100 * scores.f1; }
};

Scored score(const char *id, const Treebank &bank, SegmentSource source, Json parameters = Json::object(), int draws = 0)
{
    const MethodSpec *spec = findMethod(id);
    auto canonical = canonicalParameters(methodInfo(*spec), parameters);
    if (!canonical)
        qFatal("%s", canonical.error().message.c_str());
    source.lines = bank.lines;
    auto model = spec->createSegmenter()->learn(source, Parameters(*canonical), {});
    if (!model)
        qFatal("%s", model.error().message.c_str());
    const auto cutter = (*model)->cutter();
    const auto lines = scoredLines(bank, [&](const CutText &text, std::vector<int32_t> &ends) { return cutter->cut(text, ends); });
    return {scoreWords(lines, (*model)->wordList(), draws), pathPerplexity(lines), *model};
}

SegmentSource supervised(const Treebank &training, WhiteSpaceMode mode = kStrip)
{
    SegmentSource source;
    source.whiteSpace = mode;
    source.trainingGold = training.words;
    return source;
}

SegmentSource raw(WhiteSpaceMode mode = kStrip, const char *language = "zh")
{
    SegmentSource source;
    source.whiteSpace = mode;
    source.language = language;
    return source;
}

SegmentSource simulated(const Treebank &bank)
{
    SegmentSource source = raw();
    source.simulatedGold = bank.gold;
    return source;
}

/// The table gives two decimals and this much slack.
bool agrees(double found, double expected, double tolerance)
{
    const bool ok = std::abs(found - expected) <= tolerance;
    if (!ok)
        qWarning("found %.3f, expected %.2f", found, expected);
    return ok;
}

} // namespace

/// The tables of llaca.md 8 and segmentation-baselines.md 8 and 9 on the treebanks of resources/treebanks.
class TreebankWordsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void banksHaveTheirWords()
    {
        const Treebank zh = treebank("zh_test", kStrip), ja = treebank("ja_test", kStrip), th = treebank("th", kSeparator);
        const auto characters = [](const Treebank &bank) {
            size_t sum = 0;
            for (const CutText &text : bank.texts)
                sum += text.size();
            return sum;
        };
        QCOMPARE(zh.lines.size(), size_t(500));
        QCOMPARE(characters(zh), size_t(19206));
        QCOMPARE(zh.dictionary().size(), size_t(4044));
        QCOMPARE(ja.lines.size(), size_t(543));
        QCOMPARE(characters(ja), size_t(21322));
        QCOMPARE(ja.dictionary().total(), uint64_t(13034));
        QCOMPARE(characters(th), size_t(96162));
    }

    void informationOfKnownWords()
    {
        const struct {
            const char *part;
            uint64_t length;
            std::vector<std::tuple<const char *, uint64_t, double>> rows;
        } sets[]{{"zh_test", 19705,
                     {{"中国", 22, 3.0764}, {"美国", 33, 4.3714}, {"我们", 4, 6.3696}, {"问题", 6, 6.7106}, {"委员会", 2, 5.3243},
                         {"大学", 11, 2.9417}, {"的人", 11, 1.2121}, {"国家", 12, 3.3228}, {"公里", 20, 4.9878}, {"一个", 32, 3.8937},
                         {"平方公里", 15, 6.0385}, {"国的", 8, .6294}}},
            {"ja_test", 21864,
                {{"日本", 17, 5.0118}, {"こと", 75, 3.1269}, {"ました", 43, 3.3980}, {"という", 37, 3.8673}, {"東京", 4, 7.3535},
                    {"のが", 7, -.6334}, {"ている", 82, 3.3849}}}};
        for (const auto &set : sets) {
            const std::u32string text = rawText(treebank(set.part, kStrip).lines, kStrip);
            std::vector<std::u32string> words;
            for (const auto &row : set.rows)
                words.push_back(toCharacters(std::get<0>(row)));
            const SubstringCounts counts(text, {words.begin(), words.end()});
            const SuffixArray sorted(text);
            QCOMPARE(counts.textLength(), set.length);
            for (size_t i = 0; i < words.size(); ++i) {
                QCOMPARE(counts.count(words[i]), std::get<1>(set.rows[i]));
                QCOMPARE(sorted.count(words[i]), std::get<1>(set.rows[i]));
                QVERIFY(std::abs(pointwiseInformation(words[i], counts) - std::get<2>(set.rows[i])) < 5e-5);
            }
        }
    }

    void weightsOfTheDevelopmentDictionary()
    {
        const WordDictionary dictionary = treebank("zh_dev", kStrip).dictionary();
        QCOMPARE(dictionary.size(), size_t(4305));
        QCOMPARE(dictionary.total(), uint64_t(12663));
        const WordAutomaton automaton(dictionary, TrieAlphabet::CodePoint, {true, true});
        QVERIFY(std::abs(automaton.rootLog() - 14.628332) < 5e-7);
        const struct {
            const char *word;
            uint64_t count, prefixSum;
            double weight;
        } rows[]{{"中", 41, 25326, -9.270780}, {"中国", 26, 105, -2.013806}, {"国家", 25, 88, -1.815575}, {"大学", 18, 87, -2.273018},
            {"美国", 5, 13, -1.378512}, {"的", 596, 25326, -5.409163}};
        for (const auto &row : rows) {
            const uint32_t node = automaton.trie().find(toCharacters(row.word));
            QCOMPARE(automaton.count(node), row.count);
            QCOMPARE(automaton.sum(automaton.prefix(node)), row.prefixSum);
            QVERIFY(std::abs(automaton.weight(node) - row.weight) < 5e-7);
        }
        QVERIFY(std::abs(automaton.unigram(automaton.trie().find(U"中国")) - -9.927892) < 5e-7);
    }

    void dictionaryOfAnotherSplit()
    {
        const struct {
            const char *name;
            Treebank training, bank;
            WhiteSpaceMode mode;
            double prefix, unigram, noPatterns, forward, backward, known, unknown, oov, boundary, perplexity, unigramPerplexity;
        } rows[]{{"zh", treebank("zh_dev", kStrip), treebank("zh_test", kStrip), kStrip, 67.34, 67.31, 64.80, 64.76, 64.48, .9915, .1323,
                     .2675, 87.31, 261.396, 500.667},
            {"ja", treebank("ja_dev", kStrip), treebank("ja_test", kStrip), kStrip, 70.65, 70.62, 69.64, 69.62, 68.52, .9904, .1082, .2107,
                86.74, 190.120, 316.041},
            {"th", treebank("th", kSeparator, 0, 750), treebank("th", kSeparator, 750), kSeparator, 69.34, 69.31, 0, 67.35, 67.25, .9813,
                .0850, .1377, 79.33, 0, 0},
            {"th, stripped", treebank("th", kStrip, 0, 750), treebank("th", kStrip, 750), kStrip, 69.26, 69.23, 0, 67.24, 67.23, .9811,
                .0770, .1377, 79.29, 0, 0},
            {"ko", treebank("ko", kStrip, 0, 489), treebank("ko", kStrip, 489), kStrip, 28.03, 28.06, 0, 27.18, 27.32, .9923, .0315, .5735,
                60.80, 0, 0}};
        for (const auto &row : rows) {
            const SegmentSource source = supervised(row.training, row.mode);
            const Scored prefix = score("llaca", row.bank, source), unigram = score("llaca_unigram", row.bank, source);
            QVERIFY2(agrees(prefix.f1(), row.prefix, .05), row.name);
            QVERIFY2(agrees(unigram.f1(), row.unigram, .05), row.name);
            QVERIFY2(agrees(score("fmm", row.bank, source).f1(), row.forward, .05), row.name);
            QVERIFY2(agrees(score("bmm", row.bank, source).f1(), row.backward, .05), row.name);
            QVERIFY2(agrees(prefix.scores.recallIv, row.known, .0005), row.name);
            QVERIFY2(agrees(prefix.scores.recallOov, row.unknown, .0005), row.name);
            QVERIFY2(agrees(prefix.scores.oov, row.oov, .0005), row.name);
            QVERIFY2(agrees(100 * prefix.scores.boundaryF1, row.boundary, .05), row.name);
            const double recall = prefix.scores.recallIv * (1 - prefix.scores.oov) + prefix.scores.recallOov * prefix.scores.oov;
            QVERIFY(std::abs(recall - prefix.scores.recall) < 1e-12);
            if (row.noPatterns > 0) {
                QVERIFY(agrees(score("llaca", row.bank, source, {{"patterns", false}}).f1(), row.noPatterns, .05));
                QVERIFY(agrees(prefix.perplexity, row.perplexity, .01));
                QVERIFY(agrees(unigram.perplexity, row.unigramPerplexity, .01));
            }
        }
    }

    void switchesOfTheLattice()
    {
        const Treebank zhDev = treebank("zh_dev", kStrip), zh = treebank("zh_test", kStrip);
        const Treebank jaDev = treebank("ja_dev", kStrip), ja = treebank("ja_test", kStrip);
        const Json undoubled{{"rootDoubling", false}}, oov{{"oovModel", true}}, halves{{"alphabet", "halfByte"}};
        QVERIFY(agrees(score("llaca", zh, supervised(zhDev), undoubled).f1(), 67.34, .05));
        QVERIFY(agrees(score("llaca", ja, supervised(jaDev), undoubled).f1(), 70.63, .05));
        QVERIFY(agrees(score("llaca", zh, supervised(zhDev), oov).f1(), 83.61, .05));
        QVERIFY(agrees(score("llaca", ja, supervised(jaDev), oov).f1(), 86.07, .05));
        QCOMPARE(score("llaca", zh, supervised(zhDev), halves).scores.f1, score("llaca", zh, supervised(zhDev)).scores.f1);
    }

    void dictionaryMethods()
    {
        const struct {
            Treebank training, bank;
            double both, routeAlone, route, tagged, taggedUnknown, tags, tagsAlone;
        } rows[]{{treebank("zh_dev", kStrip), treebank("zh_test", kStrip), 64.48, 64.79, 67.31, 83.60, .6539, 79.41, 77.36},
            {treebank("ja_dev", kStrip), treebank("ja_test", kStrip), 68.71, 69.60, 70.60, 86.02, .6449, 83.70, 82.18}};
        const Json whole{{"chunks", false}}, withTags{{"tagModel", true}};
        for (const auto &row : rows) {
            const SegmentSource source = supervised(row.training);
            QVERIFY(agrees(score("bidirectional", row.bank, source).f1(), row.both, .05));
            QVERIFY(agrees(score("jieba_like", row.bank, source, whole).f1(), row.routeAlone, .05));
            QVERIFY(agrees(score("jieba_like", row.bank, source).f1(), row.route, .05));
            const Scored tagged = score("jieba_like", row.bank, source, withTags);
            QVERIFY(agrees(tagged.f1(), row.tagged, .05));
            QVERIFY(agrees(tagged.scores.recallOov, row.taggedUnknown, .0005));
            QVERIFY(agrees(score("tag_model", row.bank, source).f1(), row.tags, .05));
            QVERIFY(agrees(score("tag_model", row.bank, source, whole).f1(), row.tagsAlone, .05));
        }
    }

    void simulatedTeacher()
    {
        const struct {
            const char *part;
            double merge, split, direct;
            std::vector<std::pair<double, double>> prefix; // top ratio, F1
            double unigram, forward, backward; // 1.0; .99
            double types, total;
        } rows[]{{"zh_test", .05, .05, 89.41, {{1, 90.27}, {.99, 90.17}, {.95, 89.59}, {.9, 86.69}}, 90.95, 89.70, 89.30, 4259, 11525},
            {"zh_test", .08, .08, 84.03, {{1, 85.81}, {.99, 85.74}, {.95, 85.58}, {.9, 83.04}}, 86.21, 84.49, 84.50, 4369, 11285},
            {"zh_test", .12, .12, 76.37, {{1, 79.72}, {.99, 79.70}, {.95, 80.33}, {.9, 78.71}}, 80.71, 78.36, 78.17, 4432, 10818},
            {"zh_test", 0, .20, 85.72, {{1, 92.90}, {.99, 92.77}, {.95, 90.48}, {.9, 86.33}}, 92.80, 92.23, 92.13, 4161, 13184},
            {"zh_test", .20, 0, 71.23, {{1, 73.05}, {.99, 73.57}, {.95, 74.44}, {.9, 73.49}}, 74.36, 72.30, 72.17, 4317, 9076},
            {"ja_test", .05, .05, 89.72, {{1, 83.46}, {.99, 83.27}, {.95, 84.04}, {.9, 83.14}}, 86.11, 81.69, 78.67, 3935, 12598},
            {"ja_test", .12, .12, 76.81, {{1, 72.02}, {.99, 72.20}, {.95, 72.83}, {.9, 74.52}}, 72.59, 69.20, 67.60, 4294, 11840},
            {"ja_test", 0, .20, 86.27, {{1, 93.09}, {.99, 92.66}, {.95, 91.79}, {.9, 88.48}}, 93.28, 92.09, 90.46, 3793, 14284},
            {"zh_test", 0, 0, 100, {{1, 99.07}}, 99.00, 0, 0, 4015, 11983}, {"ja_test", 0, 0, 100, {{1, 98.83}}, 99.53, 0, 0, 3568, 13034}};
        for (const auto &row : rows) {
            const Treebank bank = treebank(row.part, kStrip);
            const SegmentSource source = simulated(bank);
            Json parameters{{"pMerge", row.merge}, {"pSplit", row.split}};
            QVERIFY(agrees(score("llm_direct", bank, source, parameters).f1(), row.direct, .1));
            for (const auto &[top, f1] : row.prefix) {
                parameters["topRatio"] = top;
                QVERIFY(agrees(score("llaca", bank, source, parameters).f1(), f1, .1));
            }
            parameters["topRatio"] = 1.0;
            const Scored unigram = score("llaca_unigram", bank, source, parameters);
            QVERIFY(agrees(unigram.f1(), row.unigram, .1));
            QCOMPARE(double(unigram.model->wordList()->size()), row.types);
            QCOMPARE(double(unigram.model->wordList()->total()), row.total);
            if (row.forward == 0)
                continue;
            parameters["topRatio"] = .99;
            SegmentSource taught = raw();
            taught.dictionary = *score("llaca", bank, source, parameters).model->wordList();
            QVERIFY(agrees(score("fmm", bank, taught).f1(), row.forward, .1));
            QVERIFY(agrees(score("bmm", bank, taught).f1(), row.backward, .1));
        }
    }

    void secondLineOfTheSimulatedTeacher()
    {
        const Treebank bank = treebank("zh_test", kStrip, 0, 2);
        SimulatedTeacher teacher(1, .05, .05);
        teacher.next(bank.gold[0]);
        std::string words;
        int32_t first = 0;
        for (const int32_t end : teacher.next(bank.gold[1])) {
            words += (first == 0 ? "" : "/") + toUtf8(bank.texts[1].word(first, end));
            first = end;
        }
        QCOMPARE(words, std::string("自从2004/年/提出/了/兴建/人文/大楼/的/构想/，/企业/界/陆续/有/人/提/供/捐款/。"));
    }

    void learningCurves()
    {
        const std::pair<const char *, std::vector<double>> rows[]{
            {"zh_test", {50.82, 61.49, 72.65, 82.58, 90.17}}, {"ja_test", {52.11, 59.71, 68.04, 75.70, 83.27}}};
        const double shares[]{.1, .25, .5, .75, 1};
        for (const auto &[part, expected] : rows) {
            const Treebank bank = treebank(part, kStrip);
            for (size_t i = 0; i < expected.size(); ++i)
                QVERIFY(agrees(score("llaca", bank, simulated(bank), {{"share", shares[i]}}).f1(), expected[i], .1));
        }
    }

    void learnedFromRawTextAlone()
    {
        const struct {
            const char *part, *language;
            WhiteSpaceMode mode;
            double singles, bare, chunks, entropy, square, square1;
            std::vector<std::pair<int, double>> merges, pieces;
        } rows[]{{"zh_test", "zh", kStrip, 43.12, 39.45, 31.03, 70.21, 58.14, 55.40, {{500, 53.41}, {1000, 55.00}, {2000, 57.33}},
                     {{3000, 58.66}, {4000, 57.41}}},
            {"ja_test", "ja", kStrip, 42.51, 41.15, 22.14, 62.82, 41.06, 46.38, {{500, 41.12}, {1000, 41.96}, {2000, 41.51}},
                {{3000, 44.30}, {4000, 41.24}}},
            {"th", "th", kSeparator, 1.31, .81, 8.46, 59.74, 52.31, 48.50, {{500, 33.71}, {1000, 42.26}, {2000, 47.85}},
                {{2000, 54.91}, {4000, 46.37}}}};
        for (const auto &row : rows) {
            const Treebank bank = treebank(row.part, row.mode);
            const SegmentSource source = raw(row.mode, row.language);
            QVERIFY(agrees(score("singles", bank, source).f1(), row.singles, .1));
            QVERIFY(agrees(score("singles", bank, source, {{"chunks", false}}).f1(), row.bare, .1));
            QVERIFY(agrees(score("chunks", bank, source).f1(), row.chunks, .1));
            QVERIFY(agrees(score("nvbe", bank, source).f1(), row.entropy, .1));
            QVERIFY(agrees(score("accessor_variety", bank, source).f1(), row.square, .1));
            QVERIFY(agrees(score("accessor_variety", bank, source, {{"value", "square1"}}).f1(), row.square1, .1));
            for (const auto &[count, f1] : row.merges)
                QVERIFY(agrees(score("bpe", bank, source, {{"merges", count}}).f1(), f1, .1));
            for (const auto &[size, f1] : row.pieces)
                QVERIFY(agrees(score("unigram_lm", bank, source, {{"size", size}}).f1(), f1, .1));
        }
    }

    void intervalsOfTheTaughtLattice()
    {
        const Treebank bank = treebank("zh_test", kStrip);
        const Scored scored = score("llaca", bank, simulated(bank), Json::object(), 1000);
        QVERIFY(agrees(100 * scored.scores.low, 89.51, .1));
        QVERIFY(agrees(100 * scored.scores.high, 90.81, .1));
    }
};

QTEST_GUILESS_MAIN(TreebankWordsTest)
#include "treebank_words_test.moc"
