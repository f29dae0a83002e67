#include "core/base/json_fields.h"
#include "core/base/report.h"
#include "core/serve/dataset_request.h"
#include "core/serve/engine.h"
#include "tests/support/data_files.h"

#include <QTest>

#include <map>

using namespace winnow;
using namespace winnow::test;

namespace {

const std::string kModel = WINNOW_TEST_DATA "/models/llama-f16.gguf";
const std::string kOther = WINNOW_TEST_DATA "/models/qwen2-f16.gguf";

/// Two paragraphs, three questions: short enough for models with a short context.
constexpr const char *kQuestions = R"({"version": "1", "data": [{"title": "Harbour", "paragraphs": [
{"context": "The harbour was built in 1892. Ada Holm had it rebuilt in 1931.", "qas": [
 {"id": "a", "question": "When was it built?", "answers": [{"text": "1892", "answer_start": 25}]},
 {"id": "b", "question": "Who had it rebuilt?", "answers": [{"text": "Ada Holm", "answer_start": 31}]}]},
{"context": "Fish is landed on 3 days a week.", "qas": [
 {"id": "c", "question": "How often?", "answers": [{"text": "3 days a week", "answer_start": 18}]}]}]}]})";

const TableArtifact *tableOf(const std::vector<TableArtifact> &tables, const std::string &id)
{
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const TableArtifact &table) { return table.id == id; });
    return found == tables.end() ? nullptr : &*found;
}

Json columnOf(const TableArtifact &table, const Json &row, const std::string &name)
{
    const auto at = std::find(table.columns.begin(), table.columns.end(), name) - table.columns.begin();
    return row.at(size_t(at));
}

} // namespace

/// Prompt methods over the items of a data set, through the engine.
class DatasetTest : public QObject {
    Q_OBJECT

    DataFolder m_folder;
    std::string m_file;
    Engine m_engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};

    Json request(const char *command) const
    {
        Json base{{"command", command}, {"model", kModel}, {"threads", 1}, {"dataset", "xquad"}, {"datasetFile", m_file}};
        if (std::string(command) == "run") {
            base["method"] = "random_prompt";
            base["budget"] = "50%";
        } else {
            base["methods"] = {"random_prompt", "head", "full_prompt"};
            base["budgets"] = {"50%", "66%"};
            base["matched"] = false;
        }
        return base;
    }

    struct Asked {
        Result<Document> reply;
        std::vector<Report> parts;

        Report report() const { return Report(reply ? *reply : Document{}); }
    };

    Asked ask(const Json &request, const RunContext &context = {})
    {
        Asked asked{fail(ErrorCode::Internal, ""), {}};
        asked.reply = m_engine.handle(request, context, [&](Document part) { asked.parts.emplace_back(std::move(part)); });
        if (!asked.reply)
            qInfo("%s", asked.reply.error().message.c_str());
        return asked;
    }

private Q_SLOTS:
    void initTestCase() { m_file = m_folder.write("questions.json", kQuestions).string(); }

    void eachItemGivesAReport()
    {
        const Asked asked = ask(request("run"));
        QVERIFY(asked.reply);
        QCOMPARE(asked.parts.size(), 3U);
        std::vector<std::string> ids;
        for (const Report &part : asked.parts) {
            ids.push_back(stringField(childField(part.body(), "item"), "id"));
            QVERIFY(part.promptTokens() && part.metric("answerNll") && part.metric("fullAnswerNll") && part.metric("evidenceKept"));
            QVERIFY(stringField(part.body(), "cellKey").starts_with("item-"));
            for (const Check &check : part.checks())
                QVERIFY2(check.ok, (check.id + ": expected " + check.expected + ", found " + check.found).c_str());
        }
        QCOMPARE(ids, (std::vector<std::string>{"a", "b", "c"}));
        const auto tables = asked.report().tables();
        QCOMPARE(tableOf(tables, "items")->rows.size(), 3U);
        const double mean = (*asked.parts[0].metric("answerNll") + *asked.parts[1].metric("answerNll") + *asked.parts[2].metric("answerNll")) / 3;
        QVERIFY(std::abs(*asked.report().metric("answerNll") - mean) < 1e-12);
        QCOMPARE(stringField(childField(asked.report().body(), "dataset"), "licence"), std::string("CC BY-SA 4.0"));
    }

    void requestOfAnItemRepeatsIt()
    {
        const Asked all = ask(request("sweep"));
        QVERIFY(all.reply);
        const Report &one = all.parts.at(1);
        const Asked again = ask(one.request());
        QVERIFY(again.reply);
        QCOMPARE(again.parts.size(), 1U);
        QCOMPARE(again.parts[0].promptTokens()->kept, one.promptTokens()->kept);
        QVERIFY(std::abs(*again.parts[0].metric("answerNll") - *one.metric("answerNll")) < 1e-5);
    }

    void itemsOfOneContextShareOnePrompt()
    {
        const Asked asked = ask(request("run"));
        QCOMPARE(asked.parts.at(0).promptTokens()->text, asked.parts.at(1).promptTokens()->text);
        Json alone = request("run");
        alone["shareContexts"] = false;
        QVERIFY(ask(alone).reply);
    }

    void sharedReadingAgreesWithARunOfTheItemAlone()
    {
        const Asked asked = ask(request("run"));
        Json own{{"command", "run"}, {"model", kModel}, {"threads", 1}, {"method", "random_prompt"}, {"budget", "50%"},
            {"prompt", {{"instruction", ""}, {"question", "Who had it rebuilt?\nAnswer:"},
                           {"contexts", {"The harbour was built in 1892. Ada Holm had it rebuilt in 1931."}}}},
            {"answer", "Ada Holm"}};
        const Asked run = ask(own);
        QVERIFY(run.reply);
        for (const char *name : {"answerNll", "fullAnswerNll", "kl", "achievedRate", "answerSurvival"})
            QVERIFY2(std::abs(*run.report().metric(name) - *asked.parts.at(1).metric(name)) < 1e-4, name);
    }

    void knownItemsAreNotRunAgain()
    {
        const Asked first = ask(request("sweep"));
        QVERIFY(first.reply);
        Json resumed = request("sweep");
        Json known = Json::object();
        for (size_t i = 0; i < 7; ++i)
            known[stringField(first.parts.at(i).body(), "cellKey")] = {{"metrics", first.parts[i].body().at("metrics")}};
        resumed["knownCells"] = known;
        const Asked second = ask(resumed);
        QVERIFY(second.reply);
        QCOMPARE(second.parts.size(), first.parts.size() - 7);
        const auto before = first.report().tables(), after = second.report().tables();
        QCOMPARE(tableOf(after, "means")->rows.size(), tableOf(before, "means")->rows.size());
        for (size_t i = 0; i < tableOf(before, "means")->rows.size(); ++i) {
            if (const Json &row = tableOf(before, "means")->rows[i]; columnOf(*tableOf(before, "means"), row, "metric") != "compressMs")
                QVERIFY(tableOf(after, "means")->rows[i] == row);
        }
        QVERIFY(tableOf(after, "differences")->rows == tableOf(before, "differences")->rows);
        QVERIFY(columnOf(*tableOf(after, "items"), tableOf(after, "items")->rows.at(0), "state") == Json("known"));
        // Another way of reading is another result.
        resumed["generate"] = 2;
        QCOMPARE(ask(resumed).parts.size(), first.parts.size());
    }

    void stoppingKeepsWhatIsFinished()
    {
        std::stop_source stop;
        size_t parts = 0;
        const auto reply = m_engine.handle(request("sweep"), {stop.get_token(), nullptr}, [&](Document) {
            if (++parts == 4)
                stop.request_stop();
        });
        QVERIFY(!reply && reply.error().code == ErrorCode::Cancelled);
        QCOMPARE(parts, 4U);
    }

    void repliesAreScored()
    {
        Json generating = request("run");
        generating["generate"] = 4;
        generating["smallModel"] = kModel;
        generating["model"] = kOther;
        const Asked asked = ask(generating);
        QVERIFY(asked.reply);
        for (const Report &part : asked.parts) {
            QCOMPARE(part.texts().size(), 2U);
            QVERIFY(part.metric("taskScore") && part.metric("exactMatch") && part.metric("fullTaskScore"));
            QVERIFY(part.texts()[0].ids.size() <= 4);
        }
    }

    void lengthsAreMatchedWhenAsked()
    {
        Json matched = request("sweep");
        matched["methods"] = {"selective_context"};
        matched["matched"] = true;
        const Asked asked = ask(matched);
        QVERIFY(asked.reply);
        for (const Report &part : asked.parts)
            QVERIFY(part.metric("ownRate").has_value());
    }

    void whatAnItemLacksIsAReason()
    {
        const auto path = m_folder.write("questions.jsonl", "{\"question_id\": 1, \"category\": \"c\", \"turns\": [\"Tell me about the harbour.\"]}\n");
        Json asking = request("run");
        asking["dataset"] = "mt_bench";
        asking["datasetFile"] = path.string();
        asking["method"] = "answer_oracle";
        const Asked asked = ask(asking);
        QVERIFY(asked.reply);
        const auto tables = asked.report().tables();
        const TableArtifact &items = *tableOf(tables, "items");
        QVERIFY(columnOf(items, items.rows.at(0), "state") == Json("failed"));
        QVERIFY(!columnOf(items, items.rows.at(0), "reason").get<std::string>().empty());
    }

    /// text-data.md 3.7: without a chat model that holds the conversation only first turns are used.
    void turnsBehindARepliesAreLeftOut()
    {
        const auto path = m_folder.write("turns.jsonl",
            "{\"question_id\": 1, \"category\": \"c\", \"turns\": [\"Tell me about the harbour.\", \"Make it shorter.\"]}\n"
            "{\"question_id\": 2, \"category\": \"c\", \"turns\": [\"Name three kinds of fish.\", \"And birds?\"]}\n");
        Json asking = request("run");
        asking["dataset"] = "mt_bench";
        asking["datasetFile"] = path.string();
        const Asked asked = ask(asking);
        QVERIFY(asked.reply);
        QCOMPARE(asked.parts.size(), size_t(2));
        QCOMPARE(integerField(childField(asked.parts[1].body(), "item"), "number"), int64_t(2)); // its place in the file
        const auto notices = asked.report().notices();
        QVERIFY(std::any_of(notices.begin(), notices.end(), [](const std::string &notice) { return notice.find("2 turns need the reply") != std::string::npos; }));
        asking["items"] = "1:2";
        QCOMPARE(ask(asking).reply.error().code, ErrorCode::BadInput);
    }

    void wrongRequestsAreRefusedBeforeWork()
    {
        const auto refused = [&](const char *name, const Json &value, const char *part) {
            Json wrong = request("run");
            wrong[name] = value;
            const Asked asked = ask(wrong);
            return !asked.reply && asked.reply.error().message.find(part) != std::string::npos;
        };
        QVERIFY(refused("dataset", "nothing", "nothing"));
        QVERIFY(refused("datasetFile", "/no/such.json", "No such file"));
        QVERIFY(refused("items", "7:9", "3 items"));
        QVERIFY(refused("items", "x", "A:B"));
        QVERIFY(refused("dataOptions", Json{{"document", 3}}, "document"));
        QVERIFY(refused("dataOptions", Json{{"braceMarks", "some"}}, "remove, keep"));
        QVERIFY(refused("method", "streaming_llm", "family prompt"));
        QVERIFY(refused("budget", "0%", "budget"));
    }

    void optionsReachTheReaders()
    {
        const auto settings = dataSettings({{"documents", 4}, {"goldPosition", 3}, {"split", "blankLines"}, {"whiteSpace", "literal"}, {"language", "zh"}});
        QVERIFY(settings && settings->documents == 4 && settings->goldPosition == 3 && settings->contextSplit == ContextSplit::BlankLines);
        QVERIFY(settings->whiteSpace == WhiteSpaceRule::Literal && settings->language == "zh");
        QVERIFY(!dataSettings({{"documents", 4}, {"goldPosition", 4}}));
    }
};

QTEST_GUILESS_MAIN(DatasetTest)

#include "dataset_test.moc"
