#include "core/base/json_fields.h"
#include "core/eval/data/prompt_readers.h"
#include "tests/support/data_files.h"

#include <QtTest>

namespace winnow {

using namespace test;

class PromptReadersTest : public QObject {
    Q_OBJECT

    DataFolder m_folder;

    static Read<PromptItem> read(const char *set, const std::filesystem::path &path, const DataSettings &settings = {})
    {
        const DataSet *found = *findDataSet(set);
        return readAll<PromptItem>([&](auto &&...arguments) { return readPromptItems(*found, arguments...); }, path, settings);
    }

private Q_SLOTS:
    void arithmeticItemsHaveWorkedExamplesAndGold()
    {
        const auto got = read("gsm8k", sample("gsm8k/test.first12.jsonl"));
        QCOMPARE(got.items.size(), 12U);
        QVERIFY(got.notes.warnings.empty());
        std::vector<std::string> golds;
        for (size_t i = 0; i < 5; ++i)
            golds.push_back(got.items[i].answers.at(0));
        QCOMPARE(golds, (std::vector<std::string>{"18", "3", "70000", "540", "20"}));
        const PromptItem &item = got.items[0];
        QVERIFY(item.instruction.empty());
        QVERIFY(item.question.starts_with("Question: Janet\xE2\x80\x99s ducks") && item.question.ends_with("?\nLet's think step by step"));
        QCOMPARE(stringField(item.meta, "solution").find("<<"), std::string::npos);
        QVERIFY(stringField(item.meta, "solution").starts_with("Janet sells 16 - 3 - 4 = 9 duck eggs a day."));
        std::vector<int64_t> lengths;
        for (const std::string &block : item.contexts) {
            lengths.push_back(codePoints(block));
            QVERIFY(block.starts_with("Question: ") && block.rfind("\nThe answer is ") != std::string::npos);
        }
        QCOMPARE(lengths, (std::vector<int64_t>{1637, 1100, 974, 854, 938, 1202, 895, 848}));
    }

    void goldIsWhatStandsBehindTheLastMark()
    {
        const auto file = m_folder.write("gold/a.jsonl",
            "{\"question\":\"q\",\"answer\":\"x #### 1\\n#### -1,234 \"}\n\n{\"question\":\"q\",\"answer\":\"none\"}\n{\"answer\":\"#### 1\"}\n");
        const auto got = read("gsm8k", file);
        QCOMPARE(got.items.size(), 1U);
        QCOMPARE(got.items[0].answers, (std::vector<std::string>{"-1234"}));
        QCOMPARE(got.notes.rejected, 2);
        QCOMPARE(got.notes.warnings.size(), 3U); // no worked examples beside it, then two records
        QCOMPARE(got.notes.warnings[1].line, 3);
        QVERIFY(got.notes.warnings[2].line == 4 && got.notes.warnings[2].reason.find("question") != std::string::npos);
        QCOMPARE(withoutCalculatorMarks("1+2=<<1+2=3>>3 and << open"), std::string("1+2=3 and << open"));
    }

    void hardTasksHaveDescriptionAndThreeExamplesWithoutCanary()
    {
        const auto dates = read("bbh", sample("bbh/tasks/date_understanding.json"));
        QCOMPARE(dates.items.size(), 6U);
        QCOMPARE(dates.items[0].contexts.size(), 3U);
        QCOMPARE(stringField(dates.items[0].meta, "kind"), std::string("options"));
        const auto truths = read("bbh", sample("bbh/tasks/boolean_expressions.json"));
        const PromptItem &item = truths.items.at(0);
        QCOMPARE(item.instruction, std::string("Evaluate the result of a random Boolean expression."));
        QCOMPARE(item.question, std::string("Q: not ( True ) and ( True ) is\nA: Let's think step by step."));
        QCOMPARE(item.answers, (std::vector<std::string>{"False"}));
        QCOMPARE(stringField(item.meta, "kind"), std::string("free"));
        for (const std::string &context : item.contexts)
            QVERIFY(context.starts_with("Q: ") && context.find("\nA: ") != std::string::npos && context.find("canary") == std::string::npos);
    }

    void turnsAreItemsAndTheSecondNeedsAReply()
    {
        const auto got = read("mt-bench", sample("mt_bench/question.first4.jsonl"));
        QCOMPARE(got.items.size(), 8U);
        QCOMPARE(got.items[0].id, std::string("mt_bench-81-1"));
        QVERIFY(!got.items[0].meta.contains("needsReplyOf"));
        QCOMPARE(stringField(got.items[1].meta, "needsReplyOf"), got.items[0].id);
    }

    void spansOfQuestionsAreCodePointsOfTheirContexts()
    {
        for (const auto &[file, language, at] : {std::tuple("xquad/xquad.en.json", "en", 34), std::tuple("xquad/xquad.zh.json", "zh", 10)}) {
            const auto got = read("xquad", sample(file));
            QVERIFY(got.items.size() > 10 && got.notes.warnings.empty());
            QCOMPARE(got.items[0].answers, (std::vector<std::string>{"308"}));
            QCOMPARE(got.items[0].evidence, (std::vector<Evidence>{{0, at, at + 3}}));
            for (const PromptItem &item : got.items) {
                QCOMPARE(stringField(item.meta, "language"), std::string(language));
                QCOMPARE(part(item.contexts[0], item.evidence.at(0).first, item.evidence[0].end), item.answers[0]);
            }
        }
    }

    void wrongSpansAreNamedAndLeftOut()
    {
        const auto file = m_folder.write("squad.json",
            R"({"version": 1, "data": [{"title": "t", "paragraphs": [
{"context": "é ab", "qas": [{"id": "1", "question": "?", "answers": [{"text": "ab", "answer_start": 2}, {"text": "ab", "answer_start": 3}]},
{"id": "2", "question": "?", "answers": [{"text": "ab", "answer_start": 99}, {"text": "é", "answer_start": -5}]}, {"id": 3}]}, {"qas": []}]}]})");
        const auto got = read("squad", file);
        QCOMPARE(got.items.size(), 2U);
        QCOMPARE(got.items[0].evidence, (std::vector<Evidence>{{0, 2, 4}}));
        QCOMPARE(got.items[0].answers.size(), 1U);
        QVERIFY(got.items[1].evidence.empty());
        QCOMPARE(got.notes.rejected, 2);
        QCOMPARE(got.notes.warnings.size(), 5U);
    }

    void meetingsKeepTurnsAndTheirEvidence()
    {
        const auto got = read("qmsum", sample("qmsum/ES2004a.json"));
        QCOMPARE(got.items.size(), 7U);
        QCOMPARE(got.items[0].task, std::string("general"));
        const PromptItem &item = got.items[1];
        QCOMPARE(std::count(item.contexts[0].begin(), item.contexts[0].end(), '\n'), 319);
        QCOMPARE(item.contexts[0].find('{'), std::string::npos);
        QCOMPARE(item.meta.at("topics").size(), 3U);
        // The first specific span: turns 173 to 311, inclusive.
        QCOMPARE(item.evidence.size(), 1U);
        const std::string span = part(item.contexts[0], item.evidence[0].first, item.evidence[0].end);
        QCOMPARE(std::count(span.begin(), span.end(), '\n'), 311 - 173);
        const std::string before = part(item.contexts[0], 0, item.evidence[0].first);
        QCOMPARE(std::count(before.begin(), before.end(), '\n'), 173);
        const auto marked = read("qmsum", sample("qmsum/ES2004a.json"), {.braceMarks = BraceMarks::Keep});
        QVERIFY(marked.items[1].contexts[0].find("{vocalsound}") != std::string::npos);
    }

    void meetingsMayStandOneALine()
    {
        const std::string meeting = R"({"meeting_transcripts":[{"speaker":"A","content":"{gap} one {gap}"},{"speaker":"B","content":"a {x1} b"}],)"
                                    R"("general_query_list":[],"specific_query_list":[{"query":"q","answer":"a","relevant_text_span":[["1","1"],["0","2"],["x","1"]]}]})";
        const auto got = read("qmsum", m_folder.write("m.jsonl", meeting + "\n{}\n" + meeting + "\n"));
        QCOMPARE(got.items.size(), 2U);
        QCOMPARE(got.items[0].contexts[0], std::string("A: one\nB: a {x1} b"));
        QCOMPARE(got.items[0].evidence, (std::vector<Evidence>{{0, 7, 18}}));
        QCOMPARE(got.notes.warnings.size(), 5U);
        QCOMPARE(got.notes.rejected, 1);
    }

    void pairsStandInOrderOneALine()
    {
        const auto got = read("lost_in_the_middle_kv", sample("lost_in_the_middle/kv-retrieval-75_keys.first2.jsonl"));
        QCOMPARE(got.items.size(), 2U);
        QCOMPARE(integerField(got.items[0].meta, "goldIndex"), 18);
        QCOMPARE(integerField(got.items[1].meta, "goldIndex"), 40);
        for (const PromptItem &item : got.items) {
            const std::string &text = item.contexts.at(0);
            QCOMPARE(Json::parse(text).size(), 75U);
            QCOMPARE(std::count(text.begin(), text.end(), '\n'), 74);
            QCOMPARE(Json::parse(text).at(item.question), Json(item.answers.at(0)));
            QCOMPARE(part(text, item.evidence.at(0).first, item.evidence[0].end), item.answers[0]);
        }
    }

    void distractorsComeFromTheNextItemsWithoutTheAnswer()
    {
        const auto got = read("nq", sample("lost_in_the_middle/nq-open-oracle.first18.jsonl"), {.documents = 10, .goldPosition = 3});
        QCOMPARE(got.items.size(), 18U);
        QCOMPARE(got.items[0].meta.at("distractors"), Json::parse("[1,2,3,4,5,6,7,8,9]"));
        QCOMPARE(got.items[6].meta.at("distractors"), Json::parse("[7,8,9,10,11,13,14,16,17]"));
        const PromptItem &item = got.items[6];
        QCOMPARE(item.contexts.size(), 10U);
        QVERIFY(item.contexts[0].starts_with("Document [1](Title: ") && item.contexts[9].starts_with("Document [10](Title: "));
        QCOMPARE(item.evidence.at(0).context, 3);
        for (const PromptItem &each : got.items)
            QVERIFY(each.evidence[0].first < each.evidence[0].end && each.evidence[0].end <= codePoints(each.contexts[3]));
        QVERIFY(!read("nq", sample("lost_in_the_middle/nq-open-oracle.first18.jsonl"), {.documents = 10, .goldPosition = 10}).error.message.empty());
        QVERIFY(!read("nq", sample("lost_in_the_middle/nq-open-oracle.first18.jsonl"), {.documents = 101}).error.message.empty());
    }

    void longContextsStandInThePublishedPrompts()
    {
        const auto file = m_folder.write("hotpotqa.jsonl",
            R"({"input":"Who {context}?","context":"Text with {input}.","answers":["A","B"],"length":3,"dataset":"hotpotqa","language":"en","all_classes":null,"_id":"x1"})"
            "\n"
            R"({"input":"","context":"def f():\n","answers":["  return"],"length":1,"dataset":"lcc","language":"python","all_classes":null,"_id":"x2"})"
            "\n"
            R"({"input":"i","context":"c","answers":["a"],"dataset":"nothing"})"
            "\n");
        const auto got = read("longbench", file);
        QCOMPARE(got.items.size(), 2U);
        const PromptItem &item = got.items[0];
        QCOMPARE(item.contexts, (std::vector<std::string>{"Text with {input}."}));
        QVERIFY(item.question.ends_with("Question: Who {context}?\nAnswer:"));
        QVERIFY(stringField(item.meta, "before").ends_with("The following are given passages.\n"));
        QCOMPARE(integerField(item.meta, "replyTokens"), 32);
        QCOMPARE(stringField(item.meta, "metric"), std::string("qaF1"));
        QCOMPARE(stringField(got.items[1].meta, "after"), std::string("Next line of code:\n"));
        QVERIFY(!flagField(got.items[1].meta, "chat", true));
        QVERIFY(got.notes.warnings.at(0).reason.find("narrativeqa") != std::string::npos);
    }

    void longBenchKnowsItsTasks()
    {
        QCOMPARE(longBenchTasks().size(), 21U);
        int64_t english = 0, withoutInput = 0, bare = 0, firstLines = 0;
        for (const LongBenchTask &task : longBenchTasks()) {
            QCOMPARE(task.prompt.find("{context}"), task.prompt.rfind("{context}"));
            english += !task.group.empty();
            withoutInput += task.prompt.find("{input}") == std::string_view::npos;
            bare += !task.chat;
            firstLines += task.firstLine;
        }
        QCOMPARE(english, 16);
        QCOMPARE(withoutInput, 5);
        QCOMPARE(bare, 6);
        QCOMPARE(firstLines, 4);
        QCOMPARE(middleTruncated({0, 1, 2, 3, 4, 5, 6}, 4), (std::vector<int32_t>{0, 1, 5, 6}));
        QCOMPARE(middleTruncated({0, 1, 2}, 3), (std::vector<int32_t>{0, 1, 2}));
    }

    void textIsOneContextOrItsParts()
    {
        const auto file = m_folder.write("note.md", "\xEF\xBB\xBF# One\r\ntext\r\n\r\n \r\ntwo\rthree");
        QCOMPARE(read("text", file).items.at(0).contexts, (std::vector<std::string>{"# One\ntext\n\n \ntwo\nthree"}));
        QCOMPARE(read("text", file, {.contextSplit = ContextSplit::BlankLines}).items.at(0).contexts,
            (std::vector<std::string>{"# One\ntext", "two\nthree"}));
        QVERIFY(!read("text", m_folder.write("empty.txt", " \n")).error.message.empty());
    }

    void lineEndsAndMarksDoNotChangeRecords()
    {
        for (const auto &[set, name] : {std::pair("gsm8k", "gsm8k/test.first12.jsonl"), std::pair("xquad", "xquad/xquad.zh.json"),
                 std::pair("bbh", "bbh/tasks/date_understanding.json"), std::pair("qmsum", "qmsum/ES2004a.json"),
                 std::pair("nq", "lost_in_the_middle/nq-open-oracle.first18.jsonl"), std::pair("mt_bench", "mt_bench/question.first4.jsonl")}) {
            const DataSettings settings{.promptFile = std::string(set) == "bbh" ? sample("bbh/cot_prompts/date_understanding.txt").string()
                    : std::string(set) == "gsm8k"                                ? sample("gsm8k/prompt_8shot_complex.txt").string()
                                                                                 : std::string()};
            const auto plain = read(set, sample(name), settings);
            const std::string bytes = bytesOf(sample(name));
            for (const std::string end : {"\r\n", "\r"}) {
                const auto copy = m_folder.write("ends/" + std::filesystem::path(name).filename().string(), "\xEF\xBB\xBF" + withLineEnds(bytes, end));
                const auto other = read(set, copy, settings);
                QVERIFY2(other.items == plain.items && !plain.items.empty(), name);
            }
        }
    }

    void evidenceLiesInsideItsContext()
    {
        for (const auto &[set, name] : {std::pair("xquad", "xquad/xquad.zh.json"), std::pair("qmsum", "qmsum/ES2004a.json"),
                 std::pair("nq", "lost_in_the_middle/nq-open-oracle.first18.jsonl")}) {
            for (const PromptItem &item : read(set, sample(name)).items) {
                for (const Evidence &evidence : item.evidence) {
                    QVERIFY(evidence.context >= 0 && evidence.context < std::ssize(item.contexts));
                    QVERIFY(0 <= evidence.first && evidence.first < evidence.end);
                    QVERIFY(evidence.end <= codePoints(item.contexts[size_t(evidence.context)]));
                }
            }
        }
    }

    void cutFilesKeepTheRest()
    {
        const std::string lines = bytesOf(sample("gsm8k/test.first12.jsonl"));
        const auto cutLine = read("gsm8k", m_folder.write("cut/a.jsonl", lines.substr(0, lines.size() - 20)));
        QCOMPARE(cutLine.items.size(), 11U);
        QVERIFY(cutLine.notes.warnings.back().line == 12 && cutLine.notes.warnings.back().reason.find("cut off") != std::string::npos);
        const std::string document = bytesOf(sample("xquad/xquad.zh.json"));
        const auto whole = read("xquad", sample("xquad/xquad.zh.json"));
        const auto cut = read("xquad", m_folder.write("cut/b.json", document.substr(0, document.size() - 300)));
        QVERIFY(!cut.items.empty() && cut.items.size() < whole.items.size());
        QVERIFY(cut.notes.warnings.back().reason.find("cut off") != std::string::npos);
        // In the middle of a character, too.
        const std::string sign = "{\"question\":\"q\",\"answer\":\"#### 1\"}\n{\"question\":\"\xE4\xBD";
        const auto broken = read("gsm8k", m_folder.write("cut/c.jsonl", sign));
        QCOMPARE(broken.items.size(), 1U);
        QVERIFY(broken.error.message.empty());
    }

    void brokenFilesAreNamedWithTheirPlace()
    {
        const auto bytes = read("gsm8k", m_folder.write("bad/a.jsonl", "{}\n{\"a\": \"\xFF\"}\n"));
        QVERIFY2(bytes.error.message.find("a.jsonl, line 2, byte 8 (byte 10 of the file): expected UTF-8, found 0xFF") != std::string::npos,
            bytes.error.message.c_str());
        QVERIFY(read("xquad", m_folder.write("bad/b.json", "{\"data\": [1, 2], xyz 1}")).error.message.find("not valid JSON") != std::string::npos);
        QVERIFY(read("xquad", m_folder.write("bad/c.json", "{\"date\": []}")).error.message.find("\"data\"") != std::string::npos);
        QVERIFY(read("xquad", m_folder.write("bad/d.json", "{\"data\": " + std::string(100000, '['))).error.message.find("64") != std::string::npos);
        QVERIFY(read("xquad", m_folder.path() / "nothing.json").error.code == ErrorCode::NotFound);
        QVERIFY(read("conllu", sample("gsm8k/test.first12.jsonl")).error.message.find("prompts") != std::string::npos);
    }

    void largeFilesAskFirst()
    {
        const auto path = m_folder.write("large.txt", "x");
        std::filesystem::resize_file(path, size_t(kLargeFileBytes) + 1); // sparse
        const auto asked = read("text", path);
        QVERIFY(asked.error.code == ErrorCode::BadInput && asked.error.message.find("64 MiB") != std::string::npos);
        QVERIFY(read("text", path, {.largeFiles = LargeFiles::Read}).error.message.empty());
    }

    void readingStopsWhenItIsCancelled()
    {
        std::stop_source stop;
        stop.request_stop();
        for (const char *name : {"gsm8k/test.first12.jsonl", "qmsum/ES2004a.json"}) {
            const auto read = readAll<PromptItem>(readPlainText, sample(name), {}, {stop.get_token(), nullptr});
            QVERIFY(read.error.code == ErrorCode::Cancelled);
        }
    }

    void itemsAreChosenByRangeOrDrawn()
    {
        const DataSet *set = *findDataSet("GSM8K");
        const auto chosen = loadPromptItems(*set, sample("gsm8k/test.first12.jsonl"), {}, *parseItemChoice("3:5"), {});
        QCOMPARE(chosen->numbers, (std::vector<int64_t>{3, 4}));
        QCOMPARE(chosen->items[0].id, std::string("gsm8k-3"));
        QCOMPARE(loadPromptItems(*set, sample("gsm8k/test.first12.jsonl"), {}, *parseItemChoice("6@1"), {})->numbers,
            (std::vector<int64_t>{0, 2, 3, 5, 7, 9})); // prompt-compression-baselines.md 8
        QCOMPARE(sampleOf(12, 6, 7), (std::vector<int64_t>{1, 3, 6, 8, 9, 11}));
        QVERIFY(!loadPromptItems(*set, sample("gsm8k/test.first12.jsonl"), {}, *parseItemChoice("12:14"), {}));
        // A file of another format has no items: its first line says why.
        const auto other = loadPromptItems(*set, sample("mt_bench/question.first4.jsonl"), {}, {}, {});
        QVERIFY(!other && other.error().message.find("line 1: field \"question\"") != std::string::npos);
        QVERIFY(parseItemChoice("4")->end == 4 && parseItemChoice("4:")->end == -1 && parseItemChoice(":4")->first == 0);
        for (const char *bad : {"x", "5:5", "-1:2", "3@", "0@1", "1:2:3"})
            QVERIFY2(!parseItemChoice(bad), bad);
    }

    void setsAreFoundByTheirNames()
    {
        QCOMPARE((*findDataSet("Squad-1.1"))->name, std::string_view("xquad"));
        QCOMPARE((*findDataSet("hotpotqa"))->name, std::string_view("longbench"));
        QCOMPARE((*findDataSet("UD"))->name, std::string_view("conllu"));
        QVERIFY(findDataSet("nothing").error().hint.find("gsm8k") != std::string::npos);
        for (const DataFile &file : dataFiles())
            QVERIFY(findDataSet(file.set) && file.sha256.size() == 64);
    }
};

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::PromptReadersTest)

#include "prompt_readers_test.moc"
