#include "core/eval/data/seg_readers.h"
#include "core/eval/data/wikitext.h"
#include "tests/support/data_files.h"

#include <QtTest>

namespace winnow {

using namespace test;
using Words = std::vector<std::string>;

namespace {

    Words words(const SegItem &item)
    {
        const auto views = wordsOf(item);
        return {views.begin(), views.end()};
    }

    std::string joined(const SegItem &item)
    {
        std::string text;
        const Words all = words(item);
        for (size_t i = 0; i < all.size(); ++i)
            text += all[i] + (item.spaceAfter[i] ? " " : "");
        return text;
    }

    constexpr const char *kSamples[] = {"ud/UD_Chinese-GSDSimp/zh_gsdsimp-ud-test.first24.conllu", "ud/UD_Japanese-GSD/ja_gsd-ud-test.first24.conllu",
        "ud/UD_Korean-GSD/ko_gsd-ud-test.first24.conllu", "ud/UD_Thai-PUD/th_pud-ud-test.first24.conllu"};

} // namespace

class SegReadersTest : public QObject {
    Q_OBJECT

    DataFolder m_folder;

private Q_SLOTS:
    void treebanksGiveTheirWords()
    {
        for (const char *name : kSamples) {
            const auto got = readAll<SegItem>(readConllu, sample(name));
            QCOMPARE(got.items.size(), 24U);
            QVERIFY2(got.notes.warnings.empty(), got.notes.warnings.empty() ? "" : got.notes.warnings[0].reason.c_str());
        }
        const auto chinese = readAll<SegItem>(readConllu, sample(kSamples[0]));
        QCOMPARE(words(chinese.items[0]), (Words{"然而", "，", "这样", "的", "处理", "也", "衍生", "了", "一些", "问题", "。"}));
        QCOMPARE(chinese.items[0].language, std::string("zh"));
    }

    void whiteSpaceFollowsTheLanguage()
    {
        const auto korean = readAll<SegItem>(readConllu, sample(kSamples[2])), thai = readAll<SegItem>(readConllu, sample(kSamples[3]));
        QVERIFY(std::none_of(korean.items.begin(), korean.items.end(), [](const SegItem &item) { return item.text.find(' ') != std::string::npos; }));
        QVERIFY(std::any_of(thai.items.begin(), thai.items.end(), [](const SegItem &item) { return item.text.find(' ') != std::string::npos; }));
        const auto spaced = readAll<SegItem>(readConllu, sample(kSamples[2]), {.whiteSpace = WhiteSpaceRule::Literal});
        QVERIFY(spaced.items[0].text.find(' ') != std::string::npos);
        QCOMPARE(words(spaced.items[0]), words(korean.items[0]));
    }

    void textIsTheWordsJoinedByTheirSpaces()
    {
        for (const WhiteSpaceRule rule : {WhiteSpaceRule::ByLanguage, WhiteSpaceRule::Strip, WhiteSpaceRule::Separator}) {
            for (const char *name : kSamples) {
                for (const SegItem &item : readAll<SegItem>(readConllu, sample(name), {.whiteSpace = rule}).items) {
                    QCOMPARE(joined(item), item.text);
                    QCOMPARE(item.words.size(), item.spaceAfter.size());
                    int32_t at = 0;
                    for (size_t i = 0; i < item.words.size(); ++i) {
                        QCOMPARE(item.words[i].first, at);
                        at = item.words[i].second + item.spaceAfter[i];
                    }
                    QCOMPARE(int64_t(at), codePoints(item.text));
                }
            }
        }
    }

    void rangesReplaceTheirMembersAndEmptyNodesAreNone()
    {
        const auto file = m_folder.write("es_x.conllu",
            "# sent_id = s-1\n# text = vámonos al mar.\n1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_\n1\tvamos\t_\t_\t_\t_\t_\t_\t_\t_\n2\tnos\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\n"
            "2.1\tx\t_\t_\t_\t_\t_\t_\t_\t_\n3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_\n3\ta\t_\t_\t_\t_\t_\t_\t_\t_\n4\tel\t_\t_\t_\t_\t_\t_\t_\t_\n"
            "5\tmar\t_\t_\t_\t_\t_\t_\t_\tGloss=x|SpaceAfter=No\n6\t.\t_\t_\t_\t_\t_\t_\t_\t_\n\n");
        const auto got = readAll<SegItem>(readConllu, file);
        QCOMPARE(got.items.size(), 1U);
        QVERIFY(got.notes.warnings.empty());
        QCOMPARE(got.items[0].id, std::string("s-1"));
        QCOMPARE(words(got.items[0]), (Words{"vámonos", "al", "mar", "."}));
        QCOMPARE(got.items[0].text, std::string("vámonos al mar."));
        QCOMPARE(got.items[0].spaceAfter, (std::vector<uint8_t>{1, 1, 0, 0}));
    }

    void badRowsAreLeftOutWithTheirLine()
    {
        const auto file = m_folder.write("zh_x.conllu",
            "# text = ab\n1\ta\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No\nx\tq\t_\t_\t_\t_\t_\t_\t_\t_\n2\tb\t_\n3\tc d\t_\t_\t_\t_\t_\t_\t_\t_\n\n\n1\te\t_\t_\t_\t_\t_\t_\t_\t_");
        const auto got = readAll<SegItem>(readConllu, file);
        QCOMPARE(got.items.size(), 2U);
        QCOMPARE(words(got.items[0]), (Words{"a", "cd"}));
        QCOMPARE(got.notes.warnings.size(), 4U);
        QCOMPARE(got.notes.warnings[0].line, 3);
        QCOMPARE(got.notes.warnings[1].line, 4);
        QVERIFY(got.notes.warnings[2].reason.find("differ") != std::string::npos);
        QCOMPARE(got.items[1].id, std::string("2"));
    }

    void lineEndsDoNotChangeSentences()
    {
        for (const char *name : kSamples) {
            const auto plain = readAll<SegItem>(readConllu, sample(name));
            const auto copy = m_folder.write(std::filesystem::path(name).filename().string(), "\xEF\xBB\xBF" + withLineEnds(bytesOf(sample(name)), "\r\n"));
            QVERIFY(readAll<SegItem>(readConllu, copy).items == plain.items);
        }
    }

    void cutTreebanksKeepTheRest()
    {
        const std::string bytes = bytesOf(sample(kSamples[0]));
        const auto got = readAll<SegItem>(readConllu, m_folder.write("zh_cut.conllu", bytes.substr(0, bytes.size() - 30)));
        QCOMPARE(got.items.size(), 24U);
        QVERIFY(got.notes.warnings.at(0).reason.find("cut off") != std::string::npos);
    }

    void exportReadBackGivesTheSameWords()
    {
        for (const char *name : kSamples) {
            const auto got = readAll<SegItem>(readConllu, sample(name));
            const auto path = m_folder.path() / "export.txt";
            QVERIFY(exportSighan(path, got.items, "Universal Dependencies, CC BY-SA"));
            QCOMPARE(bytesOf(path.string() + ".attribution.txt"), std::string("Universal Dependencies, CC BY-SA\n"));
            const auto again = readAll<SegItem>(readSighan, path);
            QCOMPARE(again.items.size(), got.items.size());
            for (size_t i = 0; i < got.items.size(); ++i)
                QCOMPARE(words(again.items[i]), words(got.items[i]));
        }
        const auto one = readAll<SegItem>(readConllu, sample(kSamples[0]));
        QVERIFY(sighanText(one.items).starts_with("然而  ，  这样  的  处理  也  衍生  了  一些  问题  。\n"));
        QVERIFY(!exportSighan(m_folder.path() / "x.txt", one.items, ""));
        QVERIFY(!exportSighan(m_folder.path() / "no/such/x.txt", one.items, "a"));
    }

    void wordLinesPartAtAnyWhiteSpace()
    {
        const auto got = readAll<SegItem>(readSighan, m_folder.write("pku_gold.utf8", "“  人们\u3000\u3000常\t说\n\n  \n生活 是\n"));
        QVERIFY(got.items.at(0).language.empty()); // a corpus, not a language: the script decides
        QCOMPARE(readAll<SegItem>(readSighan, m_folder.write("zh_gold.txt", "生活 是\n")).items.at(0).language, std::string("zh"));
        QCOMPARE(got.items.size(), 2U);
        QCOMPARE(got.items[0].text, std::string("“人们常说"));
        QCOMPARE(words(got.items[0]), (Words{"“", "人们", "常", "说"}));
        QCOMPARE(got.items[1].id, std::string("4"));
    }

    void barsPartWordsAndTagsGo()
    {
        const auto got = readAll<SegItem>(readBars, m_folder.write("th.txt", "<NE>กทม</NE>|<AB>รฟม.</AB>|ไป| |a<b|<x>|\n||\n"), {.language = "th"});
        QCOMPARE(got.items.size(), 1U);
        QCOMPARE(words(got.items[0]), (Words{"กทม", "รฟม.", "ไป", "a<b", "<x>"}));
        QCOMPARE(got.items[0].text, std::string("กทมรฟม.ไป a<b<x>"));
        QCOMPARE(got.items[0].spaceAfter, (std::vector<uint8_t>{0, 0, 1, 0, 0}));
    }

    void wordListsHaveCounts()
    {
        DataNotes notes;
        const auto list = readWordList(m_folder.write("words.txt", "的 12\n我\r\n我 3\nx y z\nq -1\n"), {}, notes, {});
        QCOMPARE(*list, (std::vector<std::pair<std::string, int64_t>>{{"的", 12}, {"我", 4}}));
        QCOMPARE(notes.warnings.size(), 2U);
    }

    void articlesOfTheWikiAreItsText()
    {
        const std::string text = " \n = One = \n \n a <unk> b \n = = Section = = \n c d\n = Two = \n é \n";
        const auto path = m_folder.write("wiki.raw", text);
        std::string all;
        Words titles;
        const auto got = readWikiText(path, {}, [&](LmText &&article) {
            all += article.text;
            titles.push_back(article.id);
            return true;
        }, {});
        QCOMPARE(all, text);
        QCOMPARE(titles, (Words{"One", "Two"}));
        QCOMPARE(got->counts, (TextCounts{std::ssize(text), codePoints(text), 8, 2, 17}));
        QCOMPARE(got->notes.warnings.size(), 1U); // not the published size
    }
};

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::SegReadersTest)

#include "seg_readers_test.moc"
