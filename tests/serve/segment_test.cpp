#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/report.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace winnow;

namespace {

const Json kTiny{{"a", 3}, {"ab", 2}, {"abc", 1}, {"b", 4}, {"bc", 5}, {"c", 1}};

/// Lists of lists of words; braces alone would read two pairs as an object.
Json wordLists(const std::vector<std::vector<std::string>> &lines) { return lines; }

Json tinyRun()
{
    return {{"command", "run"}, {"method", "llaca"}, {"lines", {"abcb", "aab"}}, {"gold", wordLists({{"abc", "b"}, {"aa", "b"}})},
        {"language", "zh"}, {"dictionary", kTiny}, {"params", {{"patterns", false}}}};
}

const TableArtifact *tableOf(const std::vector<TableArtifact> &tables, const std::string &id)
{
    for (const TableArtifact &table : tables) {
        if (table.id == id)
            return &table;
    }
    return nullptr;
}

} // namespace

/// Requests of the family segment: what an outside check reads.
class SegmentServeTest : public QObject {
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
    Error refusal(const Json &request)
    {
        const auto reply = ask(request);
        return reply ? Error{} : reply.error();
    }

private Q_SLOTS:
    void aRunHasWordsScoresAndErrors()
    {
        const Report run = report(tinyRun());
        const auto segmentations = run.segmentations();
        QCOMPARE(segmentations.size(), size_t(2));
        QCOMPARE(segmentations[0].id, std::string("llaca"));
        QCOMPARE(segmentations[1].id, std::string("gold"));
        const SegmentedLine &line = segmentations[0].lines[0];
        QCOMPARE(line.text, std::string("abcb"));
        QCOMPARE(line.words, (std::vector<std::pair<int32_t, int32_t>>{{0, 3}, {3, 4}}));
        QVERIFY(std::abs(line.score - -4.584963) < 5e-7);
        // a/ab against aa/b: 2 of 4 words of both sides agree.
        QVERIFY(std::abs(*run.metric("f1") - .5) < 1e-12);
        const auto tables = run.tables();
        for (const char *id : {"scores", "byLength", "errors", "dictionary"})
            QVERIFY2(tableOf(tables, id), id);
        const TableArtifact &errors = *tableOf(tables, "errors");
        QCOMPARE(errors.rows.size(), size_t(1));
        QCOMPARE(errors.rows[0][4], Json("crossing"));
        QCOMPARE(errors.rows[0][5], Json("aa/b"));
        QCOMPARE(errors.rows[0][6], Json("a/ab"));
        QCOMPARE(*run.metric("dictionaryTotal"), 16.0);
        QVERIFY(*run.metric("charactersPerSecond") > 0);
        const Json json = run.toCliJson();
        for (const char *field : {"schema", "request", "model", "input", "artifacts", "metrics", "notices", "provenance"})
            QVERIFY2(json.contains(field), field);
    }

    void theCanonicalRequestRepeatsTheRun()
    {
        const Report first = report(tinyRun());
        const Report again = report(first.request());
        QCOMPARE(again.request(), first.request());
        QCOMPARE(again.segmentations()[0].lines[1].words, first.segmentations()[0].lines[1].words);
        QCOMPARE(*again.metric("f1"), *first.metric("f1"));
    }

    void wordsOfSpacedLinesKeepTheirPlace()
    {
        const Report run = report({{"command", "run"}, {"method", "chunks"}, {"lines", {"x 武 汉, y"}}, {"language", "zh"}});
        QCOMPARE(run.segmentations()[0].lines[0].words,
            (std::vector<std::pair<int32_t, int32_t>>{{0, 1}, {2, 5}, {5, 6}, {7, 8}}));
        const Report thai = report({{"command", "run"}, {"method", "chunks"}, {"lines", {"กข คง"}}});
        QCOMPARE(stringField(thai.request(), "language"), std::string("th"));
        QCOMPARE(thai.segmentations()[0].lines[0].words, (std::vector<std::pair<int32_t, int32_t>>{{0, 2}, {3, 5}}));
    }

    void aSweepScoresMethodsOnTheSameDraws()
    {
        std::vector<Report> parts;
        Json request = tinyRun();
        request["command"] = "sweep";
        request.erase("method");
        request.erase("params");
        request["methods"] = {"llaca", "fmm", {{"method", "singles"}, {"params", {{"chunks", false}}}}};
        auto reply = ask(request, &parts);
        QVERIFY2(reply.has_value(), reply ? "" : reply.error().message.c_str());
        const Report sweep(std::move(*reply));
        QCOMPARE(parts.size(), size_t(3));
        QCOMPARE(sweep.segmentations().size(), size_t(4));
        const auto tables = sweep.tables();
        QCOMPARE(tableOf(tables, "scores")->rows.size(), size_t(3));
        QCOMPARE(tableOf(tables, "differences")->rows.size(), size_t(2));
    }

    void aLearningCurveHasAPointAShare()
    {
        Json request{{"command", "sweep"}, {"methods", {"llaca", "fmm"}}, {"teacher", "simulated"}, {"language", "zh"},
            {"gold", wordLists({{"中国", "人民"}, {"中国", "大学"}, {"人民", "大学"}, {"大学"}})},
            {"vary", {{"name", "share"}, {"values", {.25, .5, 1}}}}};
        const Report sweep = report(request);
        const auto tables = sweep.tables();
        const Json &differences = tableOf(tables, "differences")->rows; // each share against the first method at that share
        QCOMPARE(differences.size(), size_t(3));
        for (size_t i = 0; i < 3; ++i)
            QCOMPARE(differences[i][1].get<double>(), (std::array{.25, .5, 1.}[i]));
        const auto curves = sweep.curves();
        QCOMPARE(curves.size(), size_t(1)); // fmm has no such parameter
        QCOMPARE(curves[0].id, std::string("f1.llaca"));
        QCOMPARE(curves[0].x, (std::vector<double>{.25, .5, 1}));
        QCOMPARE(tableOf(sweep.tables(), "scores")->rows.size(), size_t(4));
    }

    void whatTrainWritesIsADictionaryOfARun()
    {
        QTemporaryDir folder;
        const Json gold = wordLists({{"中国", "人民"}, {"大学", "人民"}});
        for (const char *method : {"llaca", "unigram_lm", "bpe", "tag_model"}) {
            const std::string file = folder.filePath(QString::fromUtf8(method)).toStdString();
            const Report trained = report({{"command", "train"}, {"method", method}, {"gold", gold}, {"language", "zh"}, {"out", file}});
            QVERIFY(QFile::exists(QString::fromStdString(file)));
            QVERIFY(*trained.metric("savedBytes") > 0);
            const Report run = report({{"command", "run"}, {"method", method}, {"lines", {"中国大学"}}, {"language", "zh"}, {"dictionary", file}});
            QCOMPARE(run.segmentations().size(), size_t(1));
            QCOMPARE(run.segmentations()[0].lines[0].words.back().second, 4);
            if (method == std::string("llaca"))
                QCOMPARE(run.segmentations()[0].lines[0].words.size(), size_t(2));
        }
        QCOMPARE(refusal({{"command", "train"}, {"method", "singles"}, {"lines", {"a"}}}).code, ErrorCode::Unsupported);
    }

    void aLatticeShowsEdgesPathsAndStates()
    {
        const Report run = report(tinyRun());
        const std::string id = stringField(childField(run.body(), "segmenter"), "id");
        const auto reply = ask({{"command", "lattice"}, {"segmenter", id}, {"line", "abcb"}});
        QVERIFY2(reply.has_value(), reply ? "" : reply.error().message.c_str());
        const Json &body = reply->body;
        QCOMPARE(body.at("kbest").size(), size_t(4));
        QVERIFY(std::abs(body.at("kbest")[1].at("score").get<double>() - -7.263034) < 5e-7);
        QCOMPARE(body.at("total"), Json(16));
        QCOMPARE(body.at("nodes").size(), size_t(7)); // the root and six words
        QCOMPARE(body.at("steps")[2].at("borders").size(), size_t(3));
        bool found = false;
        for (const Json &edge : body.at("edges")) {
            if (edge.at("kind") != "dict" || edge.at("word") != "abc")
                continue;
            found = true;
            QCOMPARE(edge.at("prefix"), Json("ab"));
            QCOMPARE(edge.at("prefixSum"), Json(3));
            QCOMPARE(edge.at("best"), Json(true));
        }
        QVERIFY(found);
        QVERIFY(body.at("ms").get<double>() < 5);
    }

    void anEditedCountRedrawsThePath()
    {
        Json request = tinyRun();
        request["command"] = "lattice";
        request["line"] = "aab";
        const auto before = ask(request);
        QVERIFY2(before.has_value(), before ? "" : before.error().message.c_str());
        QCOMPARE(before->body.at("kbest")[0].at("words"), Json({{0, 1}, {1, 3}}));
        // Words outside of the line count in the sums of their prefixes and in N.
        for (const auto &[edits, words, total] : {std::tuple(Json{{"aa", 500}}, Json({{0, 2}, {2, 3}}), 516),
                 std::tuple(Json{{"ab", 0}, {"abzz", 100}}, Json({{0, 1}, {1, 2}, {2, 3}}), 114)}) {
            request["edits"] = edits;
            const auto after = ask(request);
            QVERIFY(after.has_value());
            QCOMPARE(after->body.at("total"), Json(total));
            // The same dictionary given as a whole weighs the same.
            Json whole = request;
            whole.erase("edits");
            for (const auto &[word, count] : edits.items())
                whole["dictionary"][word] = count;
            if (whole["dictionary"].value("ab", 1) == 0)
                whole["dictionary"].erase("ab");
            const auto expected = ask(whole);
            QVERIFY(expected.has_value());
            QCOMPARE(after->body.at("kbest"), expected->body.at("kbest"));
            QCOMPARE(after->body.at("kbest")[0].at("words"), words);
        }
    }

    void bothAlphabetsShowTheSameLattice()
    {
        Json request = tinyRun();
        request["command"] = "lattice";
        request["line"] = "abcb";
        const auto characters = ask(request);
        request["params"]["alphabet"] = "halfByte";
        const auto halves = ask(request);
        QVERIFY(characters && halves);
        QCOMPARE(halves->body.at("kbest"), characters->body.at("kbest"));
        QCOMPARE(halves->body.at("nodes").size(), size_t(11));
        QCOMPARE(halves->body.at("nodes")[1].at("label"), Json("6"));
    }

    void savedRepliesTeachAndAreMarked()
    {
        QTemporaryDir folder;
        const std::string file = folder.filePath(QStringLiteral("replies.jsonl")).toStdString();
        QFile out(QString::fromStdString(file));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write("{\"line\": 0, \"reply\": \"武汉 市 长江 大桥\"}\n\n{\"line\": 1, \"reply\": \"长江 。\"}\n{\"line\": 2, \"reply\": null}\n");
        out.close();
        Json request{{"command", "run"}, {"method", "llm_direct"}, {"lines", {"武汉市长江大桥", "长江", "大桥"}}, {"replies", file},
            {"language", "zh"}};
        const Report direct = report(request);
        QCOMPARE(*direct.metric("alteredRate"), .5);
        QCOMPARE(*direct.metric("hallucination"), 1.0 / 6);
        QCOMPARE(direct.segmentations()[0].lines[2].words.size(), size_t(0)); // failed, left out
        QVERIFY(!direct.notices().empty());
        request["method"] = "llaca";
        request["params"] = {{"topRatio", 1.0}};
        const Report taught = report(request);
        QCOMPARE(*taught.metric("dictionaryWords"), 4.0);
        QCOMPARE(taught.segmentations()[0].lines[2].words.size(), size_t(1));
    }

    void aChatModelIsAskedLineByLine()
    {
        QTemporaryDir folder;
        const std::string file = folder.filePath(QStringLiteral("replies.jsonl")).toStdString();
        // A model with random weights: what it says is nonsense, and the alignment says so.
        Json request{{"command", "teach"}, {"model", WINNOW_TEST_DATA "/models/llama-f16.gguf"}, {"lines", {"ab cd", "ef", "", "gh"}},
            {"language", "en"}, {"out", file}, {"threads", 1},
            {"template", "{% for m in messages %}{{ m.content }} {% endfor %}{% if add_generation_prompt %}:{% endif %}"}};
        request["replies"] = Json::array({{{"line", 1}, {"reply", "e f"}}});
        std::vector<Report> parts;
        auto reply = ask(request, &parts);
        QVERIFY2(reply.has_value(), reply ? "" : reply.error().message.c_str());
        const Report report(std::move(*reply));
        QCOMPARE(parts.size(), size_t(2)); // line 1 has a reply, line 2 no characters
        for (const Report &part : parts) {
            for (const char *field : {"line", "text", "reply", "words", "accepted", "rejected", "hallucination", "altered", "promptTokens",
                     "replyTokens", "seconds"})
                QVERIFY2(part.body().contains(field), field);
        }
        QCOMPARE(*report.metric("requests"), 2.0);
        QVERIFY(*report.metric("promptTokens") > 0);
        for (const char *id : {"scores.llm_direct", "scores.llaca", "dictionary", "replies"})
            QVERIFY2(tableOf(report.tables(), id), id);
        QFile saved(QString::fromStdString(file));
        QVERIFY(saved.open(QIODevice::ReadOnly));
        QVERIFY(saved.readAll().contains(R"({"line":1,"reply":"e f"})"));
        // What was saved is not asked for again.
        request["replies"] = file;
        parts.clear();
        QVERIFY(ask(request, &parts).has_value());
        QVERIFY(parts.size() <= 2); // empty replies are asked for again
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(m_engine.handle(request, {stop.get_token(), nullptr}, {}).error().code, ErrorCode::Cancelled);
    }

    void aSweepGoesOnFromKnownCells()
    {
        std::vector<Report> parts;
        Json request = tinyRun();
        request["command"] = "sweep";
        request.erase("method");
        request["methods"] = {"llaca", "fmm"};
        QVERIFY(ask(request, &parts).has_value());
        const std::string key = stringField(parts[0].body(), "cellKey");
        QVERIFY(!key.empty());
        request["knownCells"] = {{key, {{"metrics", {{"f1", .875}}}}}};
        const Json row = tableOf(report(request).tables(), "scores")->rows[0];
        parts.clear();
        auto again = ask(request, &parts);
        QCOMPARE(parts.size(), size_t(1));
        QCOMPARE(row[3], Json(.875)); // what the session says, not what a run would
        QCOMPARE(row[0], Json("llaca"));
    }

    void aListMayBeginWithABraceAndATextWithAByteOrderMark()
    {
        QTemporaryDir folder;
        const auto write = [&](const char *name, const char *content) {
            const QString path = folder.filePath(QString::fromUtf8(name));
            QFile file(path);
            if (!file.open(QIODevice::WriteOnly) || file.write(content) < 0)
                qFatal("cannot write a test file");
            return path.toStdString();
        };
        Json request{{"command", "run"}, {"method", "fmm"}, {"language", "zh"}, {"input", {{"text", "\uFEFF{{a\rab\r\nb"}}},
            {"dictionary", write("list.txt", "{ 3\nab 2\n")}};
        const Report run = report(request);
        QCOMPARE(*run.metric("dictionaryWords"), 2.0);
        QCOMPARE(run.segmentations()[0].lines.size(), size_t(3));
        QCOMPARE(run.segmentations()[0].lines[0].text, std::string("{{a"));
        QCOMPARE(run.segmentations()[0].lines[1].words, (std::vector<std::pair<int32_t, int32_t>>{{0, 2}}));
        request["dictionary"] = write("cut.json", "{\"kind\":\"tags\",\"lam");
        QVERIFY(refusal(request).message.find("broken JSON") != std::string::npos);
    }

    void badRequestsAreRefusedBeforeAnyWork()
    {
        Json varied = tinyRun();
        varied["command"] = "sweep";
        varied["methods"] = {"fmm", "bmm"};
        varied.erase("method");
        varied.erase("params");
        varied["vary"] = {{"name", "share"}, {"values", {.5, 1}}}; // neither learns from replies
        QVERIFY(refusal(varied).message.find("share") != std::string::npos);
        Json request = tinyRun();
        request["gold"] = wordLists({{"abc", "b"}, {"ax", "b"}});
        QVERIFY(refusal(request).message.find("line 1") != std::string::npos);
        request = tinyRun();
        request["dictionary"] = "/no/such/file";
        QCOMPARE(refusal(request).code, ErrorCode::Io);
        request = tinyRun();
        request["params"]["topRatio"] = 3;
        QCOMPARE(refusal(request).code, ErrorCode::BadInput);
        request = tinyRun();
        request.erase("dictionary");
        QCOMPARE(refusal(request).code, ErrorCode::BadInput);
        QCOMPARE(refusal({{"command", "run"}, {"method", "singles"}}).code, ErrorCode::BadInput);
        QCOMPARE(refusal({{"command", "run"}, {"method", "singles"}, {"lines", {"\xFF"}}}).code, ErrorCode::BadInput);
        QCOMPARE(refusal({{"command", "run"}, {"method", "llaca"}, {"lines", {"a"}}, {"teacher", "simulated"}}).code, ErrorCode::BadInput);
        QCOMPARE(refusal({{"command", "lattice"}, {"segmenter", "none"}, {"line", "a"}}).code, ErrorCode::NotFound);
        QCOMPARE(refusal({{"command", "teach"}, {"lines", {"a"}}}).code, ErrorCode::BadInput);
    }
};

QTEST_GUILESS_MAIN(SegmentServeTest)
#include "segment_test.moc"
