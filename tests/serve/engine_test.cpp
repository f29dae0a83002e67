#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/report.h"
#include "core/base/report_artifacts.h"

#include <QTest>

#include <cmath>
#include <map>

using namespace winnow;

namespace {

const std::string kModel = WINNOW_TEST_DATA "/models/llama-f16.gguf";

Json manyIds(int count)
{
    Json ids = Json::array();
    for (int i = 0; i < count; ++i)
        ids.push_back(10 + (i * i + 3 * i) % 480);
    return ids;
}

Json runRequest(const char *method, const char *budget)
{
    return {{"command", "run"}, {"model", kModel}, {"input", {{"ids", manyIds(90)}}}, {"scoreLast", 17}, {"method", method},
        {"budget", budget}, {"threads", 1}};
}

} // namespace

class EngineTest : public QObject {
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
    void reportHasEveryFieldOfTheContract()
    {
        Json request = runRequest("snapkv", "25%");
        request["measure"] = true;
        const Json json = report(request).toCliJson();
        for (const char *field : {"schema", "request", "model", "input", "artifacts", "metrics", "savings", "checks", "notices",
                 "provenance"})
            QVERIFY2(json.contains(field), field);
        for (const char *field : {"name", "family", "sha256", "layers", "heads", "kvHeads", "headDim", "vocab", "dtype", "device"})
            QVERIFY2(json.at("model").contains(field), field);
        for (const char *field : {"nominalBytes", "nativeBytes", "allocatedBytes", "fullBytes", "prefillMs", "selectMs", "msPerToken"})
            QVERIFY2(json.at("savings").at(field).is_number(), field);
        QVERIFY(json.at("savings").at("nominalOnly").is_boolean());
        for (const char *field : {"version", "commit", "machine", "threads", "seed", "started", "wallMs", "peakRssBytes"})
            QVERIFY2(json.at("provenance").contains(field), field);
        for (const char *metric : {"nll", "deltaNll", "perplexity", "kl", "top1Agreement"})
            QVERIFY2(json.at("metrics").at(metric).is_number(), metric);
        QCOMPARE(json.at("input").at("ids").size(), size_t(90));
        QCOMPARE(json.at("input").at("pieces").size(), size_t(90));
        const Json &kept = json.at("artifacts").at(0);
        QCOMPARE(kept.at("tokens").get<int>(), 73);
        QCOMPARE(kept.at("kept").size(), json.at("model").at("layers").get<size_t>());
        for (const Json &layer : kept.at("kept")) {
            QCOMPARE(layer.size(), json.at("model").at("kvHeads").get<size_t>());
            for (const Json &head : layer) {
                QCOMPARE(head.size(), size_t(18)); // floor(.25 * 73 + .5)
                QVERIFY(std::is_sorted(head.begin(), head.end()));
            }
        }
        for (const Check &check : report(request).checks())
            QVERIFY2(check.ok, (check.id + ": expected " + check.expected + ", found " + check.found).c_str());
    }

    void scoresComeOnlyWhenAskedFor()
    {
        Json request = runRequest("knorm", "10t");
        QVERIFY(report(request).keptTokens()->score.empty());
        request["withScores"] = true;
        QVERIFY(!report(request).keptTokens()->score.empty());
    }

    void requestOfAReportRepeatsItBitForBit()
    {
        for (const char *method : {"h2o", "snapkv", "random"}) {
            const Report first = report(runRequest(method, "12t"));
            const Report second = report(first.request());
            QVERIFY(first.metrics() == second.metrics());
            QVERIFY(first.keptTokens()->mask == second.keptTokens()->mask);
            QVERIFY(first.tokenScores().at(0).values == second.tokenScores().at(0).values);
            QVERIFY(first.request() == second.request());
        }
    }

    void cellOfASweepHasTheNumbersOfItsRun()
    {
        Json request = runRequest("h2o", "25%");
        request["command"] = "sweep";
        request["methods"] = {{{"method", "h2o"}}, {{"method", "snapkv"}}, {{"method", "tova"}}};
        request["budgets"] = {"50%", "20t", "25%"};
        std::vector<Report> parts;
        auto reply = ask(request, &parts);
        QVERIFY(reply.has_value());
        QCOMPARE(parts.size(), size_t(9));
        for (const Report &part : parts) {
            const Report alone = report(part.request());
            QVERIFY(alone.keptTokens()->mask == part.keptTokens()->mask);
            for (const auto &[name, value] : alone.metrics()) {
                if (name == "fullNll")
                    continue; // a sweep tells it once, for all cells
                QVERIFY2(part.metric(name).has_value(), name.c_str());
                QVERIFY2(std::abs(value - part.metric(name).value()) <= 1e-5 * std::max(1.0, std::abs(value)), name.c_str());
            }
        }
        const Report sweep(*reply);
        QVERIFY(!sweep.curves().empty());
        QCOMPARE(sweep.tables().at(0).rows.size(), size_t(9));
    }

    void knownCellsAreNotRunAndStayInTheCurves()
    {
        Json request = runRequest("h2o", "25%");
        request["command"] = "sweep";
        request["methods"] = {"snapkv", "knorm"};
        request["budgets"] = {"20%", "40%"};
        std::vector<Report> parts;
        const Report whole(*ask(request, &parts));
        Json known = Json::object();
        for (const Report &part : parts) {
            Json series = Json::object();
            const TokenScores scores = part.tokenScores().at(0);
            for (size_t i = 0; i < scores.names.size(); ++i)
                series[scores.names[i]] = std::vector<float>(scores.values.begin() + std::ptrdiff_t(i * size_t(scores.tokens)),
                    scores.values.begin() + std::ptrdiff_t((i + 1) * size_t(scores.tokens)));
            known[part.body().at("cellKey").get<std::string>()] = {{"metrics", part.body().at("metrics")},
                {"savings", part.body().at("savings")}, {"budget", part.body().at("budget")}, {"series", series}};
        }
        request["knownCells"] = known;
        std::vector<Report> again;
        const Report resumed(*ask(request, &again));
        QVERIFY(again.empty());
        QCOMPARE(resumed.curves().size(), whole.curves().size());
        for (size_t i = 0; i < whole.curves().size(); ++i) {
            QVERIFY(resumed.curves()[i].y == whole.curves()[i].y);
            QVERIFY(resumed.curves()[i].low == whole.curves()[i].low);
        }
    }

    void selectionEqualsTheRunAndNeedsNoModel()
    {
        const Json capture{{"command", "capture"}, {"model", kModel}, {"input", {{"ids", manyIds(90)}}}, {"scoreLast", 17},
            {"methods", {{{"method", "snapkv"}}, {{"method", "h2o"}}}}};
        auto captured = ask(capture);
        QVERIFY(captured.has_value());
        const Json body = expandArrays(*captured);
        QCOMPARE(body.at("tokens").get<int>(), 73);
        QCOMPARE(body.at("ids").size(), size_t(90));
        QVERIFY(body.at("maxRowSumError").get<double>() < 1e-4);
        auto selected = ask({{"command", "select"}, {"captureId", body.at("captureId")}, {"classes", true},
            {"cells", {{{"method", "snapkv"}, {"budget", "25%"}}, {{"method", "h2o"}, {"budget", "30t"}},
                          {{"method", "nothing"}, {"budget", "25%"}}, {{"method", "h2o"}, {"budget", "0%"}}}}});
        QVERIFY(selected.has_value());
        const Json &cells = selected->body.at("cells");
        const auto kept = readKeptTokens(cells.at(0).at("kept"), *selected);
        QVERIFY(kept.has_value());
        QVERIFY(kept->mask == report(runRequest("snapkv", "25%")).keptTokens()->mask);
        QVERIFY(!kept->classes.empty());
        QCOMPARE(cells.at(1).at("count").get<int>(), 30);
        QCOMPARE(stringField(cells.at(2).at("error"), "code"), std::string("not_found"));
        QCOMPARE(stringField(cells.at(3).at("error"), "code"), std::string("bad_input"));
    }

    void captureWithoutAStatisticIsNotFound()
    {
        Engine fresh({.threads = 1, .captureBudgetBytes = 0, .modelFolder = {}});
        auto captured = fresh.handle({{"command", "capture"}, {"model", kModel}, {"input", {{"ids", manyIds(40)}}},
                                         {"methods", {{{"method", "knorm"}}}}},
            {}, [](Document) { });
        QVERIFY(captured.has_value());
        auto selected = fresh.handle({{"command", "select"}, {"captureId", captured->body.at("captureId")},
                                         {"cells", {{{"method", "h2o"}, {"budget", "25%"}}}}},
            {}, [](Document) { });
        QCOMPARE(stringField(selected->body.at("cells").at(0).at("error"), "code"), std::string("not_found"));
        auto missing = fresh.handle({{"command", "select"}, {"captureId", "x"}, {"cells", Json::array()}}, {}, [](Document) { });
        QVERIFY(!missing && missing.error().code == ErrorCode::NotFound);
    }

    void bytesBudgetIsTheLargestCountThatFits()
    {
        const Report run = report(runRequest("snapkv", "9KiB"));
        QVERIFY(run.savings().nativeBytes <= 9 * 1024);
        const int64_t count = run.body().at("budget").at("tokens").get<int64_t>();
        const std::string more = std::to_string(count + 1) + "t";
        QVERIFY(report(runRequest("snapkv", more.c_str())).savings().nativeBytes > 9 * 1024);
    }

    void wholeBudgetEqualsTheFullCache()
    {
        for (const char *method : {"full", "snapkv", "h2o", "streaming_llm", "tova", "knorm", "pyramidkv"}) {
            const Report run = report(runRequest(method, "100%"));
            QVERIFY2(run.metric("kl").value() <= 1e-8, method);
            QVERIFY(!run.notices().empty());
        }
    }

    void badRequestsAreRefusedWithWhatIsAllowed_data()
    {
        QTest::addColumn<QByteArray>("change");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("method") << QByteArray(R"({"method": "snapk"})") << QByteArray("snapkv");
        QTest::newRow("no method") << QByteArray(R"({"method": null})") << QByteArray("known");
        QTest::newRow("budget") << QByteArray(R"({"budget": "120%"})") << QByteArray("at most 100");
        QTest::newRow("budget type") << QByteArray(R"({"budget": []})") << QByteArray("256t");
        QTest::newRow("parameter") << QByteArray(R"({"params": {"kernel": 4}})") << QByteArray("odd");
        QTest::newRow("unknown parameter") << QByteArray(R"({"params": {"karnel": 5}})") << QByteArray("kernel");
        QTest::newRow("id") << QByteArray(R"({"input": {"ids": [1, 2, 99999, 3]}})") << QByteArray("id number 2");
        QTest::newRow("ids") << QByteArray(R"({"input": {"ids": [1, "a", 3, 4]}})") << QByteArray("id number 1");
        QTest::newRow("no input") << QByteArray(R"({"input": null})") << QByteArray("no input");
        QTest::newRow("scoreLast") << QByteArray(R"({"scoreLast": 90})") << QByteArray("2 to 89");
        QTest::newRow("scoreLast type") << QByteArray(R"({"scoreLast": "x"})") << QByteArray("2 to 89");
        QTest::newRow("mode") << QByteArray(R"({"mode": "hide"})") << QByteArray("drop or mask");
        QTest::newRow("threads") << QByteArray(R"({"threads": 0})") << QByteArray("1 to 1024");
        QTest::newRow("threads type") << QByteArray(R"({"threads": "two"})") << QByteArray("1 to 1024");
        QTest::newRow("dtype") << QByteArray(R"({"dtype": "f8"})") << QByteArray("f32");
        QTest::newRow("weights in another type") << QByteArray(R"({"dtype": "f16", "weights": "f32"})") << QByteArray("--dtype");
        QTest::newRow("model") << QByteArray(R"({"model": "/no/such.gguf"})") << QByteArray("/no/such.gguf");
        QTest::newRow("no model") << QByteArray(R"({"model": null})") << QByteArray("no model");
        QTest::newRow("images") << QByteArray(R"({"input": {"images": ["a.png"]}})") << QByteArray("images");
    }

    void badRequestsAreRefusedWithWhatIsAllowed()
    {
        QFETCH(QByteArray, change);
        QFETCH(QByteArray, expected);
        Json request = runRequest("snapkv", "25%");
        request.update(Json::parse(change.toStdString()));
        auto reply = ask(request);
        QVERIFY(!reply);
        const std::string text = reply.error().message + " " + reply.error().hint;
        QVERIFY2(text.find(expected.toStdString()) != std::string::npos, text.c_str());
        QVERIFY(text.find('\n') == std::string::npos);
    }

    void inputLongerThanTheContextIsRefusedWithBothNumbers()
    {
        auto described = ask({{"command", "describe"}, {"model", kModel}});
        const int length = described->body.at("contextLength").get<int>();
        Json request = runRequest("snapkv", "25%");
        request["input"] = {{"ids", manyIds(length + 1)}};
        auto reply = ask(request);
        QVERIFY(!reply);
        QVERIFY(reply.error().message.find(std::to_string(length)) != std::string::npos);
        QVERIFY(reply.error().message.find(std::to_string(length + 1)) != std::string::npos);
    }

    void stoppedRequestsEndAsCancelled()
    {
        std::stop_source stop;
        stop.request_stop();
        auto reply = m_engine.handle(runRequest("h2o", "20%"), {stop.get_token(), nullptr}, [](Document) { });
        QVERIFY(!reply && reply.error().code == ErrorCode::Cancelled);
    }

    void tokensGoThereAndBack()
    {
        auto tokens = ask({{"command", "tokenize"}, {"model", kModel}, {"text", "hello world"}, {"special", false}});
        QVERIFY(tokens.has_value());
        const Json json = expandArrays(*tokens);
        QCOMPARE(json.at("ids").size(), json.at("spans").size());
        auto text = ask({{"command", "detokenize"}, {"model", kModel}, {"ids", json.at("ids")}});
        QCOMPARE(stringField(text->body, "text"), std::string("hello world"));
    }

    void streamedTextAddsUpToTheReport()
    {
        Json request = runRequest("snapkv", "50%");
        request["command"] = "generate";
        request["maxNew"] = 6;
        request["stream"] = true;
        std::map<std::string, std::string> texts;
        std::map<std::string, int64_t> tokens;
        auto reply = m_engine.handle(request, {}, [&](Document part) {
            texts[stringField(part.body, "role")] += stringField(part.body, "text");
            tokens[stringField(part.body, "role")] = integerField(part.body, "tokens");
        });
        QVERIFY(reply);
        for (const TextArtifact &text : Report(*reply).texts()) {
            QVERIFY2(text.text.starts_with(texts[text.role]), text.role.c_str()); // an open character at the end stays out
            QVERIFY(tokens[text.role] <= int64_t(text.ids.size()));
        }
        QCOMPARE(texts.size(), size_t(2));
        request["stream"] = false;
        std::vector<Report> parts;
        QVERIFY(ask(request, &parts));
        QVERIFY(parts.empty());
    }

    void generatedTextOfAFullBudgetEqualsTheFullCache()
    {
        Json request = runRequest("snapkv", "100%");
        request["command"] = "generate";
        request["maxNew"] = 12;
        const Report run = report(request);
        QCOMPARE(run.texts().size(), size_t(2));
        QVERIFY(run.texts()[0].ids == run.texts()[1].ids);
        QCOMPARE(run.metric("editSimilarity").value(), 1.0);
        request["budget"] = "4t";
        for (const char *method : {"h2o", "streaming_llm", "tova", "snapkv"}) {
            request["method"] = method;
            QCOMPARE(report(request).texts().size(), size_t(2));
        }
    }

    void scoresOfWindowsSumUp()
    {
        auto reply = ask({{"command", "score"}, {"model", kModel}, {"input", {{"ids", manyIds(65)}}}, {"window", 16}, {"top", 3}});
        QVERIFY(reply.has_value());
        const Json json = expandArrays(*reply);
        QCOMPARE(json.at("windows").size(), size_t(4));
        QCOMPARE(json.at("windows").at(0).at("count").get<int>(), 15);
        QCOMPARE(json.at("topIds").size(), size_t(3));
    }

    void selftestPasses()
    {
        auto reply = ask({{"command", "selftest"}});
        QVERIFY(reply.has_value());
        QVERIFY(reply->body.at("ok").get<bool>());
    }
};

QTEST_GUILESS_MAIN(EngineTest)
#include "engine_test.moc"
