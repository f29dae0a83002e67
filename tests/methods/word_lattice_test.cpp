#include "core/words/characters.h"
#include "core/words/word_lattice.h"

#include <QTest>

#include <cmath>

using namespace winnow;

namespace {

WordDictionary dictionaryOf(std::initializer_list<std::pair<const char *, uint64_t>> words)
{
    std::vector<WordCount> list;
    for (const auto &[word, count] : words)
        list.push_back({toCharacters(word), count});
    return WordDictionary(std::move(list));
}

WordDictionary tiny() { return dictionaryOf({{"a", 3}, {"ab", 2}, {"abc", 1}, {"b", 4}, {"bc", 5}, {"c", 1}}); }

WordDictionary bridge()
{
    return dictionaryOf({{"武", 46}, {"武汉", 86}, {"武汉市", 33}, {"汉", 9}, {"市", 368}, {"市长", 109}, {"长", 323}, {"长江", 90},
        {"江", 601}, {"大", 2225}, {"大桥", 30}, {"桥", 24}, {"而", 1586}, {"并", 1549}, {"不", 4479}, {"是", 10006}, {"。", 35603},
        {"武※", 494}, {"武汉※", 3}, {"长※", 1037}, {"市※", 2569}, {"大※", 5001}, {"※", 1043676}});
}

/// "w/o/r/d score" of the best path, by the search in place and by the list of edges.
struct Cut {
    QString words;
    double score = 0;
};

QString joined(const CutText &text, const std::vector<int32_t> &ends)
{
    QStringList words;
    int32_t first = 0;
    for (const int32_t end : ends) {
        words << QString::fromStdString(toUtf8(text.word(first, end)));
        first = end;
    }
    return words.join(QLatin1Char('/'));
}

Cut cut(const WordAutomaton &automaton, const char *line, Patterns patterns, WhiteSpaceMode mode = WhiteSpaceMode::Strip)
{
    const CutText text = cutText(line, mode);
    WordCutter cutter(automaton, patterns);
    std::vector<int32_t> ends;
    const double score = cutter.cut(text, ends);
    return {joined(text, ends), score};
}

std::vector<LatticePath> paths(const WordAutomaton &automaton, const char *line, size_t k, Patterns patterns = Patterns::Off)
{
    const CutText text = cutText(line, WhiteSpaceMode::Strip);
    return bestPaths(static_cast<int32_t>(text.size()), latticeEdges(text, automaton, patterns), k);
}

bool near(double found, double expected, double tolerance) { return std::abs(found - expected) <= tolerance; }

constexpr double kSix = 5e-7; // the values have six decimals
constexpr double kFour = 5e-5;

} // namespace

/// llaca.md 8: the tiny dictionary, the bridge dictionary, patterns and invariants of lattice and automaton.
class WordLatticeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void weightsOfTheTinyDictionary()
    {
        const WordAutomaton prefix(tiny(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton unigram(tiny(), TrieAlphabet::CodePoint, {false, true});
        const WordAutomaton plain(tiny(), TrieAlphabet::CodePoint, {true, false});
        QCOMPARE(prefix.total(), uint64_t(16));
        const struct {
            const char32_t *word;
            double conditional, alone, undoubled;
        } rows[]{{U"a", -3.415037, -3.415037, -2.415037}, {U"ab", -1.584963, -4, -1.584963}, {U"abc", -1.584963, -5, -1.584963},
            {U"b", -3, -3, -2}, {U"bc", -.847997, -2.678072, -.847997}, {U"c", -5, -5, -4}};
        for (const auto &row : rows) {
            const uint32_t node = prefix.trie().find(row.word);
            QVERIFY(near(prefix.weight(node), row.conditional, kSix));
            QVERIFY(near(prefix.unigram(node), row.alone, kSix));
            QVERIFY(near(unigram.weight(node), row.alone, kSix));
            QVERIFY(near(plain.weight(node), row.undoubled, kSix));
        }
        const WordTrie &trie = prefix.trie();
        QCOMPARE(prefix.prefix(trie.find(U"ab")), trie.find(U"a"));
        QCOMPARE(prefix.sum(trie.find(U"a")), uint64_t(6));
        QCOMPARE(prefix.sum(trie.find(U"ab")), uint64_t(3));
        QCOMPARE(prefix.sum(trie.find(U"b")), uint64_t(9));
    }

    void cutsOfTheTinyDictionary()
    {
        const WordAutomaton prefix(tiny(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton unigram(tiny(), TrieAlphabet::CodePoint, {false, true});
        const struct {
            const char *line, *words;
            double score, alone;
        } rows[]{{"abc", "abc", -1.584963, -5}, {"abcb", "abc/b", -4.584963, -8}, {"xbc", "x/bc", -5.847997, -7.678072},
            {"aab", "a/ab", -5, -7.415037}};
        for (const auto &row : rows) {
            const Cut found = cut(prefix, row.line, Patterns::Off), other = cut(unigram, row.line, Patterns::Off);
            QCOMPARE(found.words, QString::fromUtf8(row.words));
            QVERIFY(near(found.score, row.score, kSix));
            QCOMPARE(other.words, QString::fromUtf8(row.words));
            QVERIFY(near(other.score, row.alone, kSix));
        }
        QVERIFY(cut(prefix, "", Patterns::On).words.isEmpty());
        QCOMPARE(cut(prefix, "", Patterns::On).score, 0.0);
    }

    void listsDistinctPathsByFallingScore()
    {
        const WordAutomaton automaton(tiny(), TrieAlphabet::CodePoint, {true, true});
        const CutText text = cutText("abcb", WhiteSpaceMode::Strip);
        const auto found = paths(automaton, "abcb", 50);
        const std::pair<const char *, double> expected[]{
            {"abc/b", -4.584963}, {"a/bc/b", -7.263034}, {"ab/c/b", -9.584963}, {"a/b/c/b", -14.415037}};
        QCOMPARE(found.size(), std::size(expected));
        for (size_t i = 0; i < found.size(); ++i) {
            QCOMPARE(joined(text, found[i].ends), QString::fromUtf8(expected[i].first));
            QVERIFY(near(found[i].score, expected[i].second, kSix));
        }
        QCOMPARE(paths(automaton, "abcb", 2).size(), size_t(2));
    }

    void automatonOfTheTinyDictionary()
    {
        for (const TrieAlphabet alphabet : {TrieAlphabet::CodePoint, TrieAlphabet::HalfByte}) {
            const WordAutomaton automaton(tiny(), alphabet, {true, true});
            const WordTrie &trie = automaton.trie();
            QCOMPARE(trie.size(), alphabet == TrieAlphabet::CodePoint ? size_t(7) : size_t(11));
            const auto fail = [&](const char32_t *word) { return automaton.fail(trie.find(word)); };
            QCOMPARE(fail(U"ab"), trie.find(U"b"));
            QCOMPARE(fail(U"abc"), trie.find(U"bc"));
            QCOMPARE(fail(U"bc"), trie.find(U"c"));
            for (const char32_t *word : {U"a", U"b", U"c"})
                QCOMPARE(fail(word), uint32_t(0));
            uint32_t state = 0;
            for (const char32_t character : std::u32string_view(U"abc"))
                state = automaton.advance(state, character);
            const std::vector<uint32_t> borders{trie.find(U"abc"), trie.find(U"bc"), trie.find(U"c")};
            QCOMPARE(automaton.borders(state), borders);
        }
    }

    void bridgeIsCutByTheLongestKnownPrefix()
    {
        const WordAutomaton prefix(bridge(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton unigram(bridge(), TrieAlphabet::CodePoint, {false, true});
        QCOMPARE(prefix.total(), uint64_t(1109947));
        QVERIFY(near(prefix.rootLog(), 21.082059, kSix));
        const struct {
            const char *word;
            uint64_t sum;
            double conditional, alone;
        } rows[]{{"武", 2219894, -15.5585, -15.5585}, {"武汉", 662, -2.9444, -14.6558}, {"武汉市", 122, -1.8863, -16.0377},
            {"市", 2219894, -12.5585, -12.5585}, {"市长", 3046, -4.8045, -14.3139}, {"长江", 1450, -4.0100, -14.5902},
            {"江", 2219894, -11.8508, -11.8508}, {"大桥", 7256, -7.9181, -16.1752}};
        for (const auto &row : rows) {
            const uint32_t node = prefix.trie().find(toCharacters(row.word));
            QCOMPARE(prefix.sum(prefix.prefix(node)), row.sum);
            QVERIFY2(near(prefix.weight(node), row.conditional, kFour), row.word);
            QVERIFY2(near(prefix.unigram(node), row.alone, kFour), row.word);
        }
        const Cut first = cut(prefix, "武汉市长江大桥", Patterns::On);
        QCOMPARE(first.words, QStringLiteral("武汉市/长江/大桥"));
        QVERIFY(near(first.score, -13.8144, kFour));
        QVERIFY(near(cut(unigram, "武汉市长江大桥", Patterns::On).score, -46.8030, kFour));
        const Cut second = cut(prefix, "而武汉市长并不是江大桥。", Patterns::On);
        QCOMPARE(second.words, QStringLiteral("而/武汉/市长/并/不/是/江/大桥/。"));
        QVERIFY(near(second.score, -71.162593, kSix));
        const Cut alone = cut(unigram, "而武汉市长并不是江大桥。", Patterns::On);
        QCOMPARE(alone.words, QStringLiteral("而/武汉市/长/并/不/是/江/大桥/。"));
        QVERIFY(near(alone.score, -100.455090, kSix));
    }

    void scoresOfOtherPathsOfTheBridge()
    {
        const WordAutomaton prefix(bridge(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton unigram(bridge(), TrieAlphabet::CodePoint, {false, true});
        const auto scoreOf = [](const WordAutomaton &automaton, const char *line, const QString &words) {
            const CutText text = cutText(line, WhiteSpaceMode::Strip);
            for (const LatticePath &path : paths(automaton, line, 1000)) {
                if (joined(text, path.ends) == words)
                    return path.score;
            }
            return std::nan("");
        };
        QVERIFY(near(scoreOf(prefix, "武汉市长江大桥", QStringLiteral("武汉/市长/江/大桥")), -27.5178, kFour));
        QVERIFY(near(scoreOf(prefix, "武汉市长江大桥", QStringLiteral("武汉市/长/江/大桥")), -34.4019, kFour));
        QVERIFY(near(scoreOf(unigram, "武汉市长江大桥", QStringLiteral("武汉/市长/江/大桥")), -56.9957, kFour));
        QVERIFY(near(scoreOf(unigram, "武汉市长江大桥", QStringLiteral("武汉市/长/江/大桥")), -56.8103, kFour));
        QVERIFY(near(scoreOf(prefix, "而武汉市长并", QStringLiteral("而/武汉/市长/并")), -28.6848, kFour));
        QVERIFY(near(scoreOf(prefix, "而武汉市长并", QStringLiteral("而/武汉市/长/并")), -35.5688, kFour));
        QVERIFY(near(scoreOf(unigram, "而武汉市长并", QStringLiteral("而/武汉/市长/并")), -49.9055, kFour));
        QVERIFY(near(scoreOf(unigram, "而武汉市长并", QStringLiteral("而/武汉市/长/并")), -49.7202, kFour));
    }

    void patternsAreWordsOfTheirOwn()
    {
        const WordAutomaton automaton(dictionaryOf({{"年", 5}, {"增长", 3}, {"，", 9}}), TrieAlphabet::CodePoint, {true, true});
        QVERIFY(near(automaton.rootLog(), 5.087463, kSix));
        const Cut found = cut(automaton, "2001年GDP增长7.3%，John's", Patterns::On);
        QCOMPARE(found.words, QStringLiteral("2001/年/GDP/增长/7.3/%/，/John's"));
        QVERIFY(near(found.score, -18.360499, kSix));
    }

    void spacesArePartsOfNothingOrOfWords()
    {
        const WordAutomaton automaton(tiny(), TrieAlphabet::CodePoint, {true, true});
        QCOMPARE(cut(automaton, "a bc", Patterns::Off, WhiteSpaceMode::Strip).words, QStringLiteral("abc"));
        QCOMPARE(cut(automaton, "a\u3000bc", Patterns::Off, WhiteSpaceMode::Strip).words, QStringLiteral("abc"));
        QCOMPARE(cut(automaton, " a  bc ", Patterns::Off, WhiteSpaceMode::Separator).words, QStringLiteral("a/bc"));
        QCOMPARE(cut(automaton, "a bc", Patterns::Off, WhiteSpaceMode::Literal).words, QStringLiteral("a/ /bc"));
        const CutText text = cutText(" a  bc ", WhiteSpaceMode::Separator);
        const std::vector<std::pair<int32_t, int32_t>> ranges{{1, 2}, {4, 6}};
        QCOMPARE(originRanges(text, {1, 3}), ranges);
        QCOMPARE(wordEnds(text, ranges), (std::vector<int32_t>{1, 3}));
    }

    void doublingCountsLeavesWordsAndLowersUnknownByABit()
    {
        std::vector<WordCount> doubled = bridge().words();
        for (WordCount &entry : doubled)
            entry.count *= 2;
        const WordAutomaton once(bridge(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton twice(WordDictionary(doubled), TrieAlphabet::CodePoint, {true, true});
        const WordDictionary dictionary = bridge();
        for (const WordCount &entry : dictionary.words()) {
            const uint32_t node = once.trie().find(entry.word);
            QVERIFY(near(once.weight(node), twice.weight(node), 1e-12));
        }
        QVERIFY(near(once.unknownPrice() - 1, twice.unknownPrice(), 1e-12));
    }

    void anEditReachesOnlyWhatDependsOnIt()
    {
        std::vector<WordCount> words = bridge().words();
        for (WordCount &entry : words)
            entry.count += entry.word == U"武汉市" ? 100 : 0;
        const WordAutomaton before(bridge(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton after(WordDictionary(words), TrieAlphabet::CodePoint, {true, true});
        for (const WordCount &entry : words) {
            const uint32_t node = before.trie().find(entry.word);
            const uint32_t prefix = before.prefix(node);
            // 武 and 武汉 are prefixes of the edited word; words without a known prefix pay the root.
            const bool may = entry.word == U"武汉市" || prefix == 0 || prefix == before.trie().find(U"武")
                || prefix == before.trie().find(U"武汉");
            const bool same = std::abs(before.weight(node) - after.weight(node)) < 1e-12;
            QVERIFY(may != same);
        }
        QVERIFY(before.unknownPrice() > after.unknownPrice());
    }

    void bothAlphabetsAndBothSearchesAgree()
    {
        const WordAutomaton characters(bridge(), TrieAlphabet::CodePoint, {true, true});
        const WordAutomaton halves(bridge(), TrieAlphabet::HalfByte, {true, true});
        for (const char *line : {"武汉市长江大桥", "而武汉市长并不是江大桥。", "武武汉长𠀀江ab12-3大桥※※x", "é武汉😀"}) {
            const Cut one = cut(characters, line, Patterns::On), two = cut(halves, line, Patterns::On);
            QCOMPARE(one.words, two.words);
            QCOMPARE(one.score, two.score);
            const CutText text = cutText(line, WhiteSpaceMode::Strip);
            QCOMPARE(QString(one.words).remove(QLatin1Char('/')), QString::fromUtf8(line));
            const auto list = paths(characters, line, 20, Patterns::On);
            QCOMPARE(joined(text, list.front().ends), one.words);
            QVERIFY(near(list.front().score, one.score, 1e-9));
            for (size_t i = 1; i < list.size(); ++i)
                QVERIFY(list[i].score <= list[i - 1].score);
            uint32_t state = 0, other = 0;
            for (const char32_t character : text.characters) {
                state = characters.advance(state, character);
                other = halves.advance(other, character);
                QCOMPARE(characters.borders(state).size(), halves.borders(other).size());
            }
        }
    }

    void anEmptyDictionaryPaysOneBitACharacter()
    {
        const WordAutomaton automaton(WordDictionary(), TrieAlphabet::CodePoint, {true, true});
        QCOMPARE(automaton.rootSum(), uint64_t(2));
        const Cut found = cut(automaton, "ab", Patterns::Off);
        QCOMPARE(found.words, QStringLiteral("a/b"));
        QCOMPARE(found.score, -2.0);
    }

    void dictionaryFilesAreReadLineByLine()
    {
        DictionaryNotes notes;
        auto read = WordDictionary::parse("\xEF\xBB\xBF中国 5 ns\r\n\n美国\t3\n大学\n中国 2\n零 0\n负 -4\n长长长 9\n", "d.txt", 2, notes);
        QVERIFY(read.has_value());
        QCOMPARE(read->count(U"中国"), uint64_t(7));
        QCOMPARE(read->count(U"美国"), uint64_t(3));
        QCOMPARE(read->count(U"大学"), uint64_t(1));
        QCOMPARE(read->size(), size_t(3));
        QCOMPARE(read->total(), uint64_t(11));
        QCOMPARE(notes.tooLong, int64_t(1));
        QCOMPARE(notes.rejected, int64_t(2));
        QCOMPARE(notes.repeated, int64_t(1));
        QCOMPARE(QString::fromStdString(notes.warnings.front()), QStringLiteral("d.txt:6: count 0 is not above 0"));
        const auto bad = WordDictionary::parse("好 2\n\xFF 1\n", "d.txt", 256, notes);
        QVERIFY(!bad);
        QVERIFY(bad.error().message.find("line 2, byte 6") != std::string::npos);
        QVERIFY(!WordDictionary::parse("好 viel\n", "d.txt", 256, notes));
        auto again = WordDictionary::parse(read->text(), "again", 256, notes);
        QVERIFY(again && again->words() == read->words());
    }
};

QTEST_GUILESS_MAIN(WordLatticeTest)
#include "word_lattice_test.moc"
