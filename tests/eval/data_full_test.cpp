// labels: slow
#include "core/base/json_fields.h"
#include "core/eval/data/data_lines.h"
#include "core/eval/data/prompt_readers.h"
#include "core/eval/data/seg_readers.h"
#include "core/eval/data/wikitext.h"
#include "core/eval/task_metrics.h"
#include "core/model/sha256.h"
#include "tests/support/data_files.h"

#include <QtTest>

#include <numeric>

namespace winnow {

using namespace test;

/// The counts of text-data.md 8 on the published files, from the folder that WINNOW_DATA names.
class DataFullTest : public QObject {
    Q_OBJECT

    std::filesystem::path m_data;

    std::vector<PromptItem> prompts(const char *set, const std::string &file, const DataSettings &settings = {})
    {
        const DataSet *found = *findDataSet(set);
        const auto got = readAll<PromptItem>([&](auto &&...arguments) { return readPromptItems(*found, arguments...); }, m_data / file, settings);
        if (!got.notes.warnings.empty() || !got.error.message.empty())
            qWarning("%s: %s", file.c_str(), (got.error.message + (got.notes.warnings.empty() ? "" : got.notes.warnings[0].reason)).c_str());
        return got.items;
    }

private Q_SLOTS:
    void initTestCase()
    {
        const QByteArray folder = qgetenv("WINNOW_DATA");
        if (folder.isEmpty())
            QSKIP("WINNOW_DATA names no folder with the published data sets");
        m_data = folder.toStdString();
    }

    void filesAreThePublishedOnes()
    {
        for (const DataFile &file : dataFiles())
            QCOMPARE(sha256File(m_data / file.path, {}).value_or(""), std::string(file.sha256));
    }

    void treebanks_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QList<qint64>>("counts"); // sentences, words, types, code points, spaces, longest, export bytes
        QTest::addColumn<QString>("sha");
        const auto row = [](const char *file, QList<qint64> counts, const char *sha) { QTest::newRow(file) << QString(file) << counts << QString(sha); };
        row("ud/UD_Chinese-GSDSimp/zh_gsdsimp-ud-test.conllu", {500, 12012, 4044, 19206, 29, 14, 77778}, "7afb6671");
        row("ud/UD_Chinese-GSDSimp/zh_gsdsimp-ud-dev.conllu", {500, 12663, 4305, 20000, 22, 14, 81775}, "baebbe31");
        row("ud/UD_Japanese-GSD/ja_gsd-ud-test.conllu", {543, 13034, 3568, 21322, 6, 12, 87779}, "b35f9efc");
        row("ud/UD_Japanese-GSD/ja_gsd-ud-dev.conllu", {507, 12287, 3580, 20132, 16, 10, 82489}, "fb99dd4d");
        row("ud/UD_Thai-PUD/th_pud-ud-test.conllu", {1000, 22330, 4045, 96162, 2156, 22, 329135}, "55675304");
        row("ud/UD_Korean-GSD/ko_gsd-ud-test.conllu", {989, 11677, 7102, 32742, 8919, 20, 114886}, "cdfd9d8d");
    }

    void treebanks()
    {
        QFETCH(QString, file);
        QFETCH(QList<qint64>, counts);
        QFETCH(QString, sha);
        const auto got = readAll<SegItem>(readConllu, m_data / file.toStdString(), {.whiteSpace = WhiteSpaceRule::Literal});
        QVERIFY(got.notes.warnings.empty());
        std::set<std::string> types;
        QList<qint64> found(7, 0);
        found[0] = std::ssize(got.items);
        for (const SegItem &item : got.items) {
            found[1] += std::ssize(item.words);
            for (const std::string_view word : wordsOf(item))
                types.emplace(word);
            for (const auto &[first, end] : item.words) {
                found[3] += end - first;
                found[5] = std::max<qint64>(found[5], end - first);
            }
            found[4] += std::accumulate(item.spaceAfter.begin(), item.spaceAfter.end(), qint64{0});
        }
        const std::string text = sighanText(got.items);
        found[2] = std::ssize(types);
        found[6] = std::ssize(text);
        QCOMPARE(found, counts);
        QCOMPARE(sha256(std::as_bytes(std::span(text))).substr(0, 8), sha.toStdString());
    }

    void largestTreebankLoadsWithinASecond()
    {
        QElapsedTimer timer;
        timer.start();
        const auto got = readAll<SegItem>(readConllu, m_data / "ud/UD_Japanese-GSD/ja_gsd-ud-test.conllu");
        const double seconds = double(timer.nsecsElapsed()) / 1e9;
        qInfo("3.1 MB of CoNLL-U: %.3f s, %.0f sentences a second", seconds, double(got.items.size()) / seconds);
        QVERIFY(seconds < 1);
    }

    void arithmetic()
    {
        const auto items = prompts("gsm8k", "gsm8k/test.jsonl");
        QCOMPARE(items.size(), 1319U);
        int64_t sum = 0, right = 0, negative = 0, words = 0;
        for (const PromptItem &item : items) {
            sum += std::stoll(item.answers[0]);
            negative += item.answers[0][0] == '-';
            right += gsm8kMatch(stringField(item.meta, "solution") + "\nThe answer is " + item.answers[0], item.answers[0]) > 0;
            QVERIFY(item.answers[0].find('.') == std::string::npos);
        }
        QCOMPARE(sum, 9009187);
        QCOMPARE(right, 1319);
        QCOMPARE(negative, 2);
        const std::string file = bytesOf(m_data / "gsm8k/test.jsonl");
        int64_t marks = 0, commas = 0;
        for (size_t at = file.find("<<"); at != std::string::npos; at = file.find("<<", at + 2))
            ++marks;
        for (size_t at = file.find("#### "); at != std::string::npos; at = file.find("#### ", at + 5))
            commas += file.substr(at, file.find('"', at) - at).find(',') != std::string::npos;
        QCOMPARE(marks, 4282);
        QCOMPARE(commas, 14);
        for (const std::string &context : items[0].contexts)
            words += std::ssize(plainUnits(context, TextUnits::Words));
        QCOMPARE(words, 1635);
        QCOMPARE(codePoints(bytesOf(m_data / "gsm8k/prompt_8shot_complex.txt")), 8462);
    }

    void ownSolutionsEndInTheirGold()
    {
        // The last-number rule on the published answers as they are, marks included.
        const auto read = readAll<PromptItem>(readGsm8k, m_data / "gsm8k/test.jsonl");
        std::ifstream file(m_data / "gsm8k/test.jsonl");
        std::string line;
        for (size_t i = 0; std::getline(file, line); ++i)
            QCOMPARE(gsm8kAnswer(Json::parse(line).at("answer").get<std::string>()), gsm8kAnswer(read.items.at(i).answers[0]));
    }

    void hardTasks()
    {
        const auto targets = [&](const char *task) {
            std::map<std::string, int64_t> count;
            for (const PromptItem &item : prompts("bbh", std::string("bbh/tasks/") + task + ".json")) {
                ++count[item.answers[0]];
                ++count["items"];
                count["three"] += item.contexts.size() == 3;
            }
            return count;
        };
        auto truth = targets("boolean_expressions");
        QVERIFY(truth["items"] == 250 && truth["True"] == 135 && truth["False"] == 115 && truth["three"] == 250);
        auto cause = targets("causal_judgement");
        QVERIFY(cause["items"] == 187 && cause["Yes"] == 97 && cause["No"] == 90 && cause["three"] == 187);
        auto dates = targets("date_understanding");
        QVERIFY(dates["items"] == 250 && dates["(B)"] == 50 && dates["three"] == 250);
        int64_t six = 0, five = 0;
        for (const PromptItem &item : prompts("bbh", "bbh/tasks/date_understanding.json")) {
            six += item.question.find("(F)") != std::string::npos;
            five += item.question.find("(F)") == std::string::npos && item.question.find("(E)") != std::string::npos;
        }
        QVERIFY(six == 212 && five == 38);
        auto objects = targets("logical_deduction_three_objects");
        QVERIFY(objects["items"] == 250 && objects["(B)"] == 86 && objects["(C)"] == 84 && objects["(A)"] == 80 && objects["three"] == 250);
        auto counting = targets("object_counting");
        QVERIFY(counting["items"] == 250 && counting["3"] == 26 && counting.size() == 17 + 2 && counting["three"] == 250);
        auto sorting = targets("word_sorting");
        QVERIFY(sorting["items"] == 250 && sorting.size() == 250 + 2 && sorting["three"] == 250);
    }

    void turns()
    {
        const auto items = prompts("mt_bench", "mt_bench/question.jsonl");
        QCOMPARE(items.size(), 160U);
        int64_t points = 0;
        std::map<std::string, int64_t> categories;
        std::set<int64_t> ids, referenced;
        for (const PromptItem &item : items) {
            points += codePoints(item.contexts[0]);
            const int64_t id = integerField(item.meta, "questionId");
            if (ids.insert(id).second)
                ++categories[item.task];
            if (!item.answers.empty())
                referenced.insert(id);
        }
        QVERIFY(ids.size() == 80 && *ids.begin() == 81 && *ids.rbegin() == 160);
        QCOMPARE(categories.size(), 8U);
        QVERIFY(std::all_of(categories.begin(), categories.end(), [](const auto &entry) { return entry.second == 10; }));
        QCOMPARE(points, 32355);
        QCOMPARE(referenced.size(), 39U);
    }

    void questions()
    {
        for (const auto &[file, points] : {std::pair("xquad/xquad.en.json", 188362), std::pair("xquad/xquad.zh.json", 60598)}) {
            const auto items = prompts("xquad", file);
            QCOMPARE(items.size(), 1190U);
            std::set<std::string> contexts, titles;
            int64_t sum = 0;
            for (const PromptItem &item : items) {
                QCOMPARE(item.evidence.size(), 1U);
                QCOMPARE(part(item.contexts[0], item.evidence[0].first, item.evidence[0].end), item.answers.at(0));
                titles.insert(stringField(item.meta, "title"));
                if (contexts.insert(item.contexts[0]).second)
                    sum += codePoints(item.contexts[0]);
            }
            QCOMPARE(contexts.size(), 240U);
            QCOMPARE(sum, points);
        }
    }

    void meetings()
    {
        for (const auto &[file, turns, words, plain, marks] : {std::tuple("qmsum/ES2004a.json", 320, 3247, 3124, std::array{60, 57, 6}),
                 std::tuple("qmsum/IS1003a.json", 301, 2015, 1839, std::array{132, 34, 10})}) {
            const auto kept = prompts("qmsum", file, {.braceMarks = BraceMarks::Keep}), removed = prompts("qmsum", file);
            QCOMPARE(kept.size(), 7U);
            QCOMPARE(kept[0].task, std::string("general"));
            QCOMPARE(kept[0].meta.at("topics").size(), 3U);
            QCOMPARE(integerField(kept[0].meta, "turns"), turns);
            // Words of the contents alone: those of the speakers in front of the lines go.
            const auto contents = [](const std::string &context) {
                std::string all;
                for (size_t at = 0; at < context.size();) {
                    const size_t end = std::min(context.find('\n', at), context.size());
                    all += context.substr(context.find(": ", at) + 2, end - context.find(": ", at) - 2) + '\n';
                    at = end + 1;
                }
                return all;
            };
            const auto count = [](const std::string &text, const std::string &what) {
                int64_t times = 0;
                for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
                    ++times;
                return times;
            };
            const std::string text = contents(kept[0].contexts[0]);
            QCOMPARE(std::ssize(plainUnits(text, TextUnits::Words)), words);
            QCOMPARE(std::ssize(plainUnits(contents(removed[0].contexts[0]), TextUnits::Words)), plain);
            QCOMPARE(count(text, "{vocalsound}"), marks[0]);
            QCOMPARE(count(text, "{disfmarker}"), marks[1]);
            QCOMPARE(count(text, "{gap}"), marks[2]);
        }
    }

    void lostInTheMiddle()
    {
        const auto pairs = prompts("kv", "lost_in_the_middle/kv-retrieval-75_keys.first20.jsonl");
        QCOMPARE(pairs.size(), 20U);
        std::vector<int64_t> gold;
        for (size_t i = 0; i < 8; ++i)
            gold.push_back(integerField(pairs[i].meta, "goldIndex"));
        QCOMPARE(gold, (std::vector<int64_t>{18, 40, 54, 45, 45, 43, 74, 60}));
        const auto items = prompts("nq", "lost_in_the_middle/nq-open-oracle.first100.jsonl");
        QCOMPARE(items.size(), 100U);
        for (size_t i = 0; i < items.size(); ++i) {
            Json expected = Json::array();
            for (size_t k = 1; k < 10; ++k)
                expected.push_back((i + k) % 100);
            if (i == 6)
                expected = {7, 8, 9, 10, 11, 13, 14, 16, 17};
            if (i == 65)
                expected = {66, 67, 68, 69, 70, 71, 72, 73, 75};
            QCOMPARE(items[i].meta.at("distractors"), expected);
        }
    }

    void wiki()
    {
        std::string all;
        const auto got = readWikiText(m_data / "wikitext2/wiki.test.raw", {}, [&](LmText &&article) {
            all += article.text;
            return true;
        }, {});
        QVERIFY(got->notes.warnings.empty());
        QCOMPARE(got->counts, (TextCounts{1290590, 1288556, 4358, 1467, 241211}));
        QCOMPARE(got->counts.wordTokens(), 245569);
        QCOMPARE(all, bytesOf(m_data / "wikitext2/wiki.test.raw"));
        qInfo("%lld articles", static_cast<long long>(got->notes.items));
    }
};

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::DataFullTest)

#include "data_full_test.moc"
