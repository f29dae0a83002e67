#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/report.h"
#include "core/methods/registry.h"

#include <QTest>

#include <map>

using namespace winnow;

namespace {

const std::string kModel = WINNOW_TEST_DATA "/models/llama-f16.gguf";
const std::string kOther = WINNOW_TEST_DATA "/models/qwen2-f16.gguf";

Json contexts()
{
    return {"The harbour was built in 1892. Two hundred ships came in a year, most of them with timber.",
        "In 1931 the harbour burned down. The mayor, Ada Holm, had it rebuilt within 4 years.", "Fish is landed here today."};
}

Json promptRequest(const char *command, const char *method)
{
    return {{"command", command}, {"model", kModel}, {"method", method}, {"budget", "50%"}, {"threads", 1},
        {"prompt", {{"instruction", "Answer."}, {"question", "Who had the harbour rebuilt?"}, {"contexts", contexts()}}}, {"answer", "Ada Holm"}};
}

} // namespace

/// Runs of the family prompt through the engine.
class PromptTest : public QObject {
    Q_OBJECT

    Engine m_engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};

    Result<Document> ask(const Json &request, std::vector<Report> *parts = nullptr)
    {
        return m_engine.handle(request, {}, [parts](Document part) {
            if (parts)
                parts->emplace_back(std::move(part));
        });
    }
    Report report(const Json &request)
    {
        auto reply = ask(request);
        if (!reply)
            qWarning("%s", reply.error().message.c_str());
        return Report(reply ? *reply : Document{});
    }

private Q_SLOTS:
    void runsReportWhatTheContractNames_data()
    {
        QTest::addColumn<QString>("method");
        for (const MethodSpec *spec : methodsOf("prompt")) {
            if (spec->id != "llmlingua2")
                QTest::newRow(std::string(spec->id).c_str()) << QString::fromStdString(std::string(spec->id));
        }
    }

    void runsReportWhatTheContractNames()
    {
        QFETCH(QString, method);
        const Report found = report(promptRequest("run", method.toStdString().c_str()));
        const auto tokens = found.promptTokens();
        QVERIFY(tokens.has_value());
        QVERIFY(std::is_sorted(tokens->kept.begin(), tokens->kept.end()));
        for (const char *name : {"tokensIn", "tokensOut", "readerTokensIn", "readerTokensOut", "charactersIn", "charactersOut", "askedRate",
                 "achievedRate", "keptInformation", "keptAttention", "keptFused", "brokenWords", "signalR", "answerSurvival",
                 "answerSurvivalOrdered", "numberSurvival", "capitalSurvival", "answerNll", "fullAnswerNll", "deltaNll", "kl", "compressMs",
                 "fullPrefillMs", "prefillMs", "endToEndGainMs"})
            QVERIFY2(found.metric(name).has_value(), name);
        QCOMPARE(int(*found.metric("tokensIn")), int(found.ids().size()));
        QCOMPARE(int(*found.metric("tokensOut")), int(tokens->kept.size()));
        for (const Check &check : found.checks())
            QVERIFY2(check.ok, (check.id + ": expected " + check.expected + ", found " + check.found).c_str());
        const Json prompt = found.body().at("prompt");
        QCOMPARE(prompt.at("contextTokens").size(), size_t(3));
        QVERIFY(found.savings().nominalBytes <= found.savings().fullBytes);
    }

    void fullPromptChangesNothing()
    {
        const Report found = report(promptRequest("run", "full_prompt"));
        QCOMPARE(found.promptTokens()->text, found.input().at("text").get<std::string>());
        QVERIFY(std::abs(*found.metric("deltaNll")) < 1e-6);
        QVERIFY(std::abs(*found.metric("kl")) < 1e-6);
        QCOMPARE(*found.metric("achievedRate"), 1.0);
    }

    void wholeBudgetNeedsNothing()
    {
        for (const char *method : {"longllmlingua", "answer_oracle", "llmlingua2"}) {
            Json request = promptRequest("run", method);
            request["budget"] = "100%";
            request["prompt"].erase("question");
            request.erase("answer");
            const Report whole = report(request);
            QCOMPARE(whole.promptTokens()->kept.size(), whole.ids().size());
            request["budget"] = "99%";
            QVERIFY(!ask(request));
        }
    }

    void reportsRepeatTheirRun()
    {
        for (const char *method : {"dac", "llmlingua", "selective_context", "random_prompt"}) {
            const Report first = report(promptRequest("run", method)), second = report(first.request());
            QCOMPARE(second.promptTokens()->kept, first.promptTokens()->kept);
            QCOMPARE(second.request(), first.request());
        }
    }

    void selectIsTheSameWithoutTheReader()
    {
        for (const char *method : {"dac", "llmlingua", "longllmlingua", "tagger"}) {
            const Report run = report(promptRequest("run", method)), select = report(promptRequest("select", method));
            QCOMPARE(select.promptTokens()->kept, run.promptTokens()->kept);
            QVERIFY(!select.metric("answerNll"));
        }
    }

    void slidersCostOnlyWhatIsNew()
    {
        report(promptRequest("select", "entropy"));
        Json request = promptRequest("select", "entropy");
        request["budget"] = "30%";
        QCOMPARE(*report(request).metric("tokensProcessed"), 0.0);
        request = promptRequest("select", "dac");
        request["params"] = {{"stages", 1}, {"finalScore", false}, {"attentionWeight", .3}};
        QCOMPARE(*report(request).metric("tokensProcessed"), 0.0);
    }

    void readersMayHaveAnotherTokenizer()
    {
        Json request = promptRequest("run", "dac");
        request["smallModel"] = kOther;
        const Report found = report(request);
        QVERIFY(found.promptTokens().has_value());
        QVERIFY(found.body().contains("smallModel"));
        QVERIFY(*found.metric("tokensIn") != *found.metric("readerTokensIn") || found.metric("answerNll"));
    }

    void budgetsOfCountsAndBytes()
    {
        Json request = promptRequest("select", "head");
        request["budget"] = "12t";
        QCOMPARE(report(request).promptTokens()->kept.size(), size_t(12));
        request["budget"] = "6KiB";
        QVERIFY(report(request).promptTokens().has_value());
    }

    void idsAreTakenAsTheyAre()
    {
        Json ids = Json::array();
        for (int i = 0; i < 60; ++i)
            ids.push_back(10 + i * 7 % 300);
        const Report found = report({{"command", "run"}, {"model", kModel}, {"method", "dac"}, {"budget", "50%"}, {"input", {{"ids", ids}}}, {"threads", 1}});
        QCOMPARE(Json(found.ids()), ids);
        QCOMPARE(found.promptTokens()->kept.size(), size_t(30));
    }

    void repliesAreGenerated()
    {
        Json request = promptRequest("run", "longllmlingua");
        request["generate"] = 4;
        std::map<std::string, int> roles;
        for (const TextArtifact &text : report(request).texts())
            ++roles[text.role];
        QCOMPARE(roles["full"], 1);
        QCOMPARE(roles["modified"], 1);
        QCOMPARE(roles["recovered"], 1);
    }

    void answersBeyondTheContextLeaveTheReaderOut()
    {
        Json request = promptRequest("run", "head");
        std::string answer = "Ada";
        for (int i = 0; i < 60; ++i)
            answer += " Holm";
        request["answer"] = answer;
        const Report found = report(request);
        QVERIFY(found.promptTokens().has_value());
        QVERIFY(!found.metric("answerNll").has_value());
        const auto notices = found.notices();
        QVERIFY(std::any_of(notices.begin(), notices.end(), [](const std::string &notice) { return notice.find("reader was not run") != std::string::npos; }));
    }

    void sweepsMatchLengths()
    {
        Json request = promptRequest("sweep", "");
        request.erase("method");
        request.erase("budget");
        request["methods"] = {"dac", Json{{"method", "random_prompt"}}, "no_context"};
        request["budgets"] = {"50%", "70%"};
        request["seeds"] = {1, 2};
        std::vector<Report> parts;
        auto reply = ask(request, &parts);
        QVERIFY2(reply.has_value(), reply ? "" : reply.error().message.c_str());
        const Report found(*reply);
        QCOMPARE(parts.size(), size_t(2 + 4 + 1));
        QCOMPARE(found.tables()[0].rows.size(), size_t(7));
        QVERIFY(!found.curves().empty());
        Json known = Json::object();
        for (const Report &part : parts) {
            QVERIFY(part.promptTokens().has_value());
            known[stringField(part.body(), "cellKey")] = Json{{"metrics", part.body().at("metrics")}};
        }
        request["knownCells"] = known;
        std::vector<Report> again;
        auto resumed = ask(request, &again);
        QVERIFY(resumed.has_value());
        QCOMPARE(again.size(), size_t(0));
        QCOMPARE(Report(*resumed).curves().size(), found.curves().size());
    }

    void badRequestsAreRefused()
    {
        const auto refused = [&](const Json &request, const char *part) {
            const auto reply = ask(request);
            if (reply || reply.error().message.find(part) == std::string::npos)
                qWarning("%s", reply ? "no error" : reply.error().message.c_str());
            return !reply && reply.error().message.find(part) != std::string::npos;
        };
        Json request = promptRequest("run", "longllmlingua");
        request["prompt"]["question"] = "";
        QVERIFY(refused(request, "question"));
        request = promptRequest("run", "answer_oracle");
        request.erase("answer");
        QVERIFY(refused(request, "answer"));
        request = promptRequest("run", "dac");
        request["prompt"]["contexts"] = 3;
        QVERIFY(refused(request, "contexts"));
        request = promptRequest("run", "dac");
        request["prompt"]["contexts"] = Json::array();
        QVERIFY(refused(request, "context"));
        request = promptRequest("run", "dac");
        request["params"] = {{"heads", "9:99"}};
        QVERIFY(refused(request, "head"));
        request["params"] = {{"protect", "regex"}, {"pattern", "("}};
        QVERIFY(refused(request, "pattern"));
        request["params"] = {{"window", 12}};
        QVERIFY(refused(request, "window"));
        request["params"] = {{"window", 4000}};
        QVERIFY(refused(request, "64 to 256"));
        request = promptRequest("run", "llmlingua2");
        QVERIFY(refused(request, "folder"));
        request["params"] = {{"folder", "/nowhere"}};
        QVERIFY(refused(request, "nowhere"));
        request = promptRequest("capture", "dac");
        request["methods"] = Json::array({Json{{"method", "dac"}}});
        QVERIFY(refused(request, "family"));
    }

    void labelsOfAShortenedText()
    {
        auto reply = ask({{"command", "labels"}, {"pairs", {{{"original", "item 15 supports the city"}, {"shortened", "item supports town"}}}}});
        QVERIFY(reply.has_value());
        const Json &pair = reply->body.at("pairs").at(0);
        QCOMPARE(pair.at("keep"), Json({1, 0, 1, 0, 0}));
        QCOMPARE(pair.at("match"), Json({0, 2, -1}));
        QVERIFY(std::abs(pair.at("variationRate").get<double>() - 1.0 / 3) < 1e-12);
    }
};

QTEST_GUILESS_MAIN(PromptTest)
#include "prompt_test.moc"
