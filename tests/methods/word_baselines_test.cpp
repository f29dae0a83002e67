#include "core/words/branching.h"
#include "core/words/byte_pairs.h"
#include "core/words/characters.h"
#include "core/words/dictionary_route.h"
#include "core/words/digamma.h"
#include "core/words/maximum_match.h"
#include "core/words/patterns.h"
#include "core/words/tag_model.h"
#include "core/words/unigram_pieces.h"
#include "core/words/word_lattice.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace winnow;

namespace {

bool near(double found, double expected, double tolerance = 5e-7) { return std::abs(found - expected) <= tolerance; }

WordDictionary dictionaryOf(std::initializer_list<std::pair<const char *, uint64_t>> words)
{
    std::vector<WordCount> list;
    for (const auto &[word, count] : words)
        list.push_back({toCharacters(word), count});
    return WordDictionary(std::move(list));
}

WordDictionary origin()
{
    return dictionaryOf({{"研究", 5}, {"研究生", 4}, {"生命", 6}, {"命", 3}, {"的", 10}, {"起源", 4}, {"生", 2}});
}

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

template <typename Cut> QString cutWords(std::u32string_view text, Cut cut)
{
    std::vector<int32_t> ends;
    cut(text, ends);
    return joined(text, ends);
}

ChunkCounts chunksOfWords(std::initializer_list<std::pair<const char32_t *, uint32_t>> chunks)
{
    std::map<std::u32string, uint32_t> table;
    for (const auto &[chunk, count] : chunks)
        table[chunk] += count;
    return ChunkCounts(table);
}

Branching smallBranching() { return *Branching::count(chunksOfWords({{U"abcab", 1}, {U"abd", 1}, {U"cabc", 1}}), 3, {}); }

TagModel smallTags()
{
    return TagModel({{U"ab", U"c"}, {U"ab", U"ab"}, {U"c", U"def"}}, .1);
}

} // namespace

/// segmentation-baselines.md 8: every worked value and invariant that needs no treebank.
class WordBaselinesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void matchesFromBothSides()
    {
        const MaximumMatch match(origin(), 0);
        const std::u32string text = U"研究生命的起源";
        const QString backward = QStringLiteral("研究/生命/的/起源");
        QCOMPARE(cutWords(text, [&](auto t, auto &e) { match.forward(t, 0, e); }), QStringLiteral("研究生/命/的/起源"));
        QCOMPARE(cutWords(text, [&](auto t, auto &e) { match.backward(t, 0, e); }), backward);
        QCOMPARE(cutWords(text, [&](auto t, auto &e) { match.bidirectional(t, 0, e); }), backward);
        const MaximumMatch window(origin(), 2);
        QCOMPARE(cutWords(text, [&](auto t, auto &e) { window.forward(t, 0, e); }), backward);
    }

    void matchOfAReversedLineIsTheOtherMatch()
    {
        std::mt19937 random(3);
        std::vector<WordCount> words, mirrored;
        for (int i = 0; i < 40; ++i) {
            std::u32string word;
            for (uint64_t n = 1 + random() % 4; n > 0; --n)
                word += static_cast<char32_t>(U'a' + random() % 4);
            words.push_back({word, 1});
            mirrored.push_back({std::u32string(word.rbegin(), word.rend()), 1});
        }
        const MaximumMatch match{WordDictionary(words), 0}, mirror{WordDictionary(mirrored), 0};
        for (int i = 0; i < 50; ++i) {
            std::u32string text;
            for (int n = 0; n < 30; ++n)
                text += static_cast<char32_t>(U'a' + random() % 4);
            std::vector<int32_t> forward, backward;
            match.backward(text, 0, backward);
            mirror.forward(std::u32string(text.rbegin(), text.rend()), 0, forward);
            std::vector<int32_t> turned{30};
            for (const int32_t end : forward) {
                if (end < 30)
                    turned.insert(turned.begin(), 30 - end);
            }
            QCOMPARE(backward, turned);
        }
    }

    void routeOfSingleCounts()
    {
        const DictionaryRoute route(origin());
        std::vector<DictionaryRoute::Step> steps;
        route.route(U"研究生命的起源", steps);
        const double values[]{-7.015365, -8.624803, -5.098443, -5.791590, -3.363842, -2.140066, -3.526361, 0};
        const int32_t next[]{2, 2, 4, 4, 5, 7, 7, 7};
        QCOMPARE(steps.size(), std::size(values));
        for (size_t i = 0; i < steps.size(); ++i) {
            QVERIFY(near(steps[i].value, values[i]));
            QCOMPARE(steps[i].next, next[i]);
        }
    }

    void latticeOfTheSameDictionary()
    {
        const CutText text = cutText("研究生命的起源", WhiteSpaceMode::Strip);
        const WordAutomaton prefix(origin(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton unigram(origin(), TrieAlphabet::CodePoint, {false, true});
        const auto paths = bestPaths(7, latticeEdges(text, prefix, Patterns::Off), 2);
        QCOMPARE(joined(text.characters, paths[0].ends), QStringLiteral("研究/生命/的/起源"));
        QVERIFY(near(paths[0].score, -11.033570));
        QCOMPARE(joined(text.characters, paths[1].ends), QStringLiteral("研究生/命/的/起源"));
        QVERIFY(near(paths[1].score, -12.525423));
        std::vector<int32_t> ends;
        QVERIFY(near(WordCutter(unigram, Patterns::Off).cut(text, ends), -14.121033));
    }

    void numbersLatinWordsAndSymbolsAreChunksBefore()
    {
        const auto chunks = [](const char32_t *text) {
            std::vector<WordChunk> found;
            appendChunks(text, 0, found);
            QStringList parts;
            for (const WordChunk &chunk : found) {
                const std::u32string_view part = std::u32string_view(text).substr(size_t(chunk.first), size_t(chunk.end - chunk.first));
                parts << QString::number(int(chunk.kind)) + QString::fromStdString(toUtf8(part));
            }
            return parts.join(QLatin1Char(' '));
        };
        QCOMPARE(chunks(U"１２．５"), QStringLiteral("1１２．５"));
        QCOMPARE(chunks(U"3-4/5:6"), QStringLiteral("13-4/5:6"));
        QCOMPARE(chunks(U"1.2."), QStringLiteral("11.2 3."));
        QCOMPARE(chunks(U"x+5"), QStringLiteral("2x 1+5"));
        QCOMPARE(chunks(U"it's--ok"), QStringLiteral("2it's 3- 3- 2ok"));
        QCOMPARE(chunks(U"a-b-"), QStringLiteral("2a-b 3-"));
        QCOMPARE(chunks(U"中国，2001年"), QStringLiteral("0中国 3， 12001 0年"));
        QCOMPARE(chunks(U""), QString());
    }

    void mergesFrequentPairs()
    {
        const auto merges = SymbolMerges::learn(chunksOfWords({{U"abab", 2}, {U"abc", 1}, {U"bcab", 1}}), 100, {});
        QVERIFY(merges.has_value());
        QCOMPARE(merges->merges().size(), size_t(2));
        QVERIFY(merges->merges()[0].left == U"a" && merges->merges()[0].right == U"b");
        QVERIFY(merges->merges()[1].left == U"ab" && merges->merges()[1].right == U"ab");
        const auto cut = [&](const SymbolMerges &of, const char32_t *text) {
            return cutWords(text, [&](auto t, auto &e) { of.cut(t, 0, e); });
        };
        QCOMPARE(cut(*merges, U"abab"), QStringLiteral("abab"));
        QCOMPARE(cut(*merges, U"abcab"), QStringLiteral("ab/c/ab"));
        QCOMPARE(cut(*merges, U"bcbc"), QStringLiteral("b/c/b/c"));
        QCOMPARE(cut(*merges, U"cab"), QStringLiteral("c/ab"));
        const auto saved = SymbolMerges::fromJson(merges->toJson());
        QVERIFY(saved.has_value());
        QCOMPARE(cut(*saved, U"abab"), QStringLiteral("abab"));
        QVERIFY(!SymbolMerges::fromJson(Json::object()));
    }

    void everyNeighbourOfAPairCounts()
    {
        // aaa holds (a, a) twice, so it goes before (b, c), which is there once.
        const auto merges = SymbolMerges::learn(chunksOfWords({{U"aaa", 1}, {U"bc", 1}}), 100, {});
        QCOMPARE(merges->merges().size(), size_t(1));
        QCOMPARE(merges->merges()[0].count, uint64_t(2));
        QCOMPARE(cutWords(U"aaaa", [&](auto t, auto &e) { merges->cut(t, 0, e); }), QStringLiteral("aa/aa"));
    }

    void oneRoundOfExpectationMaximisation()
    {
        const ChunkCounts chunks = chunksOfWords({{U"abab", 2}, {U"abc", 1}, {U"bc", 1}});
        size_t bytes = 0;
        std::vector<UnigramPiece> seeds = seedPieces(chunks, {}, bytes);
        const std::map<std::u32string, double> scores{{U"a", 5}, {U"b", 6}, {U"c", 2}, {U"ab", 10}, {U"aba", 6}, {U"abab", 8}, {U"ba", 4},
            {U"bab", 6}, {U"bc", 4}};
        QCOMPARE(seeds.size(), scores.size());
        for (const UnigramPiece &piece : seeds) {
            QCOMPARE(piece.expected, scores.at(piece.text));
            QVERIFY(near(piece.logp, std::log(scores.at(piece.text) / 51), 1e-12));
        }
        const UnigramPieces model(seeds);
        const auto expectation = expectedCounts(model, chunks, {});
        QVERIFY(expectation.has_value());
        QVERIFY(near(expectation->logLikelihood, -9.606429));
        const std::map<std::u32string, double> expected{{U"a", .666580}, {U"ab", 1.205435}, {U"aba", .122352}, {U"abab", 1.386662},
            {U"b", .256813}, {U"ba", .007997}, {U"bab", .101960}, {U"bc", 1.430159}, {U"c", .569841}};
        double characters = 0;
        for (size_t i = 0; i < model.pieces().size(); ++i) {
            QVERIFY(near(expectation->counts[i], expected.at(model.pieces()[i].text)));
            characters += expectation->counts[i] * double(model.pieces()[i].text.size());
        }
        QVERIFY(near(characters, double(chunks.characters), 1e-9));
        const UnigramPieces after = maximised(model, *expectation);
        const std::map<std::u32string, double> logs{{U"a", -2.979878}, {U"ab", -1.943550}, {U"abab", -1.736526}, {U"b", -3.624887},
            {U"bc", -1.692279}, {U"c", -3.316418}};
        QCOMPARE(after.pieces().size(), logs.size());
        double sum = 0;
        for (const UnigramPiece &piece : after.pieces()) {
            QVERIFY(near(piece.logp, logs.at(piece.text)));
            sum += piece.expected;
        }
        QVERIFY(near(sum, 5.758676, 1e-6));
        const std::tuple<const char32_t *, const char *, double> decoded[]{
            {U"abab", "abab", -1.736526}, {U"abc", "a/bc", -4.672158}, {U"bcab", "bc/ab", -3.635830}};
        for (const auto &[text, words, score] : decoded) {
            std::vector<int32_t> ends;
            QVERIFY(near(after.cut(text, 0, ends), score));
            QCOMPARE(joined(text, ends), QString::fromUtf8(words));
        }
        const auto saved = UnigramPieces::fromJson(after.toJson());
        QVERIFY(saved && saved->pieces().size() == after.pieces().size());
    }

    void likelihoodDoesNotFallBeforePruning()
    {
        std::mt19937 random(9);
        std::map<std::u32string, uint32_t> table;
        const char32_t *words[]{U"ab", U"abc", U"d", U"da", U"bcd"};
        for (int i = 0; i < 200; ++i) {
            std::u32string chunk;
            for (uint64_t n = 1 + random() % 5; n > 0; --n)
                chunk += words[random() % 5];
            ++table[chunk];
        }
        const auto trained = trainPieces(ChunkCounts(table), {.size = 20, .emRounds = 4}, {});
        QVERIFY(trained.has_value());
        QVERIFY(trained->model.pieces().size() <= 20);
        for (size_t i = 1; i < trained->rounds.size(); ++i) {
            if (trained->rounds[i - 1].pruned == 0) {
                const double before = trained->rounds[i - 1].logLikelihood;
                QVERIFY(trained->rounds[i].logLikelihood >= before - std::abs(before) * .01);
            }
        }
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(trainPieces(ChunkCounts(table), {}, {stop.get_token(), nullptr}).error().code, ErrorCode::Cancelled);
    }

    void digammaOfTable()
    {
        QVERIFY(near(digamma(.5), -1.963510026, 5e-10));
        QVERIFY(near(digamma(1), -.577215664, 1e-9));
        QVERIFY(near(digamma(2.5), .703156641, 5e-10));
        QVERIFY(near(digamma(10), 2.251752589, 5e-10));
    }

    void branchingOfThreeChunks()
    {
        const Branching branching = smallBranching();
        const struct {
            const char32_t *word;
            int64_t n;
            double right, left, autonomy;
            int64_t variety;
        } rows[]{{U"a", 4, 0, 1.039721, .028317, 1}, {U"b", 4, 1.039721, 0, .028317, 1}, {U"c", 3, .636514, .636514, .261624, 2},
            {U"d", 1, 0, 0, -1.011404, 1}, {U"abc", 2, .693147, .693147, .519860, 2}, {U"abd", 1, 0, 0, -.866434, 1},
            {U"ab", 4, 1.039721, 1.039721, 1.707698, 3}, {U"bc", 2, .693147, 0, -1.354832, 1}, {U"ca", 2, 0, .693147, -1.354832, 1},
            {U"bd", 1, 0, 0, -1.411465, 1}, {U"cab", 2, .693147, .693147, .519860, 2}, {U"bca", 1, 0, 0, -1.213008, 1}};
        for (const auto &row : rows) {
            const BranchingValues values = branching.values(row.word);
            QCOMPARE(values.occurrences, row.n);
            QVERIFY(near(values.entropyRight, row.right));
            QVERIFY(near(values.entropyLeft, row.left));
            QVERIFY2(near(values.autonomy, row.autonomy), toUtf8(row.word).c_str());
            QCOMPARE(values.variety, row.variety);
            QVERIFY(values.variety <= values.occurrences);
            QVERIFY(values.occurrences > 1 || (values.entropyRight == 0 && values.entropyLeft == 0));
        }
        QCOMPARE(branching.substrings(), int64_t(std::size(rows)));
        QCOMPARE(branching.values(U"dd").occurrences, int64_t(0));
    }

    void cutsByBranching()
    {
        const Branching branching = smallBranching();
        const struct {
            const char32_t *chunk;
            const char *entropy;
            double value;
            const char *variety;
            double square;
        } rows[]{{U"abcab", "ab/c/ab", 7.092415, "abc/ab", 10.632774}, {U"abd", "ab/d", 2.403991, "ab/d", 4.394449},
            {U"cabc", "c/ab/c", 3.938644, "cab/c", 6.238325}};
        for (const auto &row : rows) {
            std::vector<int32_t> ends;
            QVERIFY(near(branching.cutByEntropy(row.chunk, 0, ends), row.value));
            QCOMPARE(joined(row.chunk, ends), QString::fromUtf8(row.entropy));
            ends.clear();
            QVERIFY(near(branching.cutByVariety(row.chunk, VarietyValue::Square, 0, ends), row.square));
            QCOMPARE(joined(row.chunk, ends), QString::fromUtf8(row.variety));
        }
        std::vector<int32_t> ends;
        branching.cutByVariety(U"xyab", VarietyValue::Linear, 0, ends);
        QCOMPARE(joined(U"xyab", ends), QStringLiteral("x/y/ab"));
        ends.clear();
        branching.cutByEntropy(U"x", 0, ends);
        QCOMPARE(ends, std::vector<int32_t>{1});
    }

    void tagsOfThreeLines()
    {
        const TagModel tags = smallTags();
        QVERIFY(near(tags.start(kTagB), -.421213) && near(tags.start(kTagS), -1.067841));
        QVERIFY(std::isinf(tags.start(kTagM)) && std::isinf(tags.start(kTagE)));
        QVERIFY(near(tags.transition(kTagB, kTagE), -.303682) && near(tags.transition(kTagB, kTagM), -1.339774));
        QVERIFY(near(tags.transition(kTagE, kTagB), -.693147) && near(tags.transition(kTagE, kTagS), -.693147));
        QVERIFY(near(tags.transition(kTagM, kTagE), -.087011) && near(tags.transition(kTagS, kTagB), -.087011));
        QVERIFY(near(tags.transition(kTagM, kTagM), -2.484907) && near(tags.transition(kTagS, kTagS), -2.484907));
        QVERIFY(near(tags.emission(kTagB, U'a'), -.416160) && near(tags.emission(kTagB, U'd'), -1.452252));
        QVERIFY(near(tags.emission(kTagB, U'x'), -3.850148) && near(tags.emission(kTagE, U'b'), -.416160));
        QVERIFY(near(tags.emission(kTagE, U'f'), -1.452252) && near(tags.emission(kTagE, U'x'), -3.850148));
        QVERIFY(near(tags.emission(kTagM, U'e'), -.435318) && near(tags.emission(kTagM, U'x'), -2.833213));
        QVERIFY(near(tags.emission(kTagS, U'c'), -.251314) && near(tags.emission(kTagS, U'x'), -3.295837));
        for (const WordTag from : {kTagB, kTagE, kTagM, kTagS}) {
            double sum = 0;
            for (const WordTag to : {kTagB, kTagE, kTagM, kTagS})
                sum += std::exp(tags.transition(from, to));
            QVERIFY(near(sum, 1, 1e-12));
        }
        const std::tuple<const char32_t *, const char *, double> cuts[]{{U"abc", "ab/c", -2.501678}, {U"cab", "c/ab", -2.542170},
            {U"ax", "ax", -4.991204}, {U"x", "x", -4.363677}, {U"defab", "def/ab", -7.016972}};
        for (const auto &[text, words, score] : cuts) {
            std::vector<int32_t> ends;
            QVERIFY(near(tags.cut(text, 0, ends), score));
            QCOMPARE(joined(text, ends), QString::fromUtf8(words));
        }
        const auto saved = TagModel::fromJson(tags.toJson());
        QVERIFY(saved.has_value());
        std::vector<int32_t> ends;
        QVERIFY(near(saved->cut(U"defab", 0, ends), -7.016972));
        QVERIFY(!TagModel::fromJson(Json{{"kind", "tags"}, {"lambda", 0.1}}));
    }
};

QTEST_GUILESS_MAIN(WordBaselinesTest)
#include "word_baselines_test.moc"
