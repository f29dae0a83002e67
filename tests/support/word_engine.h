#pragma once

#include "core/base/json_fields.h"
#include "core/base/report_artifacts.h"
#include "tests/support/app_fixture.h"
#include "tests/support/fake_engine.h"

/// An engine for the Words page: two segmenters whose cuts are easy to foresee.
namespace winnow::testing {

inline Json methodJson(const std::string &id, const std::string &title)
{
    MethodInfo info;
    info.id = id;
    info.title = title;
    info.family = "segment";
    info.summary = title + " of a test.";
    info.budgetUnit = "";
    ParameterInfo ratio;
    ratio.name = "topRatio";
    ratio.title = "Top ratio";
    ratio.defaultValue = 0.99;
    ratio.minimum = 0.5;
    info.parameters.push_back(ratio);
    return toJson(info);
}

/// "llaca" keeps every line whole but for its last character, "singles" cuts everywhere.
class WordEngine : public FakeEngine {
protected:
    bool answer(int64_t id, const Json &request) override
    {
        const std::string command = request["command"].get<std::string>();
        if (command == "hello")
            reply(id, {{"version", "1"}, {"threads", 1}, {"memoryBytes", 8LL << 30}, {"methods", {methodJson("llaca", "LLACA"), methodJson("singles", "All singles"), methodJson("llm_direct", "Chat model, direct"), methodJson("tag_model", "BMES tag model")}}});
        else if (command == "run")
            cutLines(id, request);
        else if (command == "sweep")
            sweep(id, request);
        else if (command == "lattice")
            lattice(id, request);
        else
            return false;
        return true;
    }

private:
    static std::vector<int> ends(const std::string &method, int size)
    {
        if (method != "singles")
            return size > 1 ? std::vector<int>{size - 1, size} : std::vector<int>{size};
        std::vector<int> all;
        for (int i = 1; i <= size; ++i)
            all.push_back(i);
        return all;
    }

    static void cutLines(int64_t id, const Json &request)
    {
        const std::string method = request["method"].get<std::string>();
        if (method == "llaca" && !request.contains("teacher") && !request.contains("dictionary") && !request.contains("replies")) {
            send({{"id", id}, {"kind", "error"}, {"code", "bad_input"}, {"message", "nothing to learn from"}, {"hint", "Give a dictionary."}});
            return;
        }
        ReportBuilder builder;
        builder.setRequest(request);
        Segmentation cut{method, method, method, "zh", {}};
        for (const Json &line : request["lines"]) {
            SegmentedLine one{line.get<std::string>(), {}, -1};
            int first = 0;
            for (const int end : ends(method, static_cast<int>(QString::fromStdString(one.text).toUcs4().size()))) {
                one.words.emplace_back(first, end);
                first = end;
            }
            cut.lines.push_back(one);
        }
        builder.add(cut);
        builder.setMetric("f1", method == "singles" ? 0.25 : 0.5);
        TableArtifact dictionary{"dictionary", "Dictionary", {"word", "count", "pmi", "kept"}, {"", "", "", ""}, Json::array({Json::array({"武汉", 86, 5.5, 86}), Json::array({"市长", 109, 0.1, 0})})};
        if (method == "llaca")
            builder.add(dictionary);
        builder.setExtra("segmenter", {{"id", "seg-" + method}});
        builder.addCheck({"join", "Words join to the line", true, "all", "all", ""});
        const ReportPtr report = builder.build();
        write({{{"id", id}, {"kind", "reply"}, {"body", report->body()}}, report->document().arrays});
    }

    static void sweep(int64_t id, const Json &request)
    {
        ReportBuilder builder;
        builder.setRequest(request);
        Curve curve;
        curve.id = "f1.llaca";
        curve.method = "llaca";
        curve.title = "LLACA";
        curve.xName = request["vary"]["name"].get<std::string>();
        curve.yName = "f1";
        for (const Json &value : request["vary"]["values"]) {
            curve.x.push_back(value.get<double>());
            curve.y.push_back(0.5);
        }
        builder.add(curve);
        const ReportPtr report = builder.build();
        write({{{"id", id}, {"kind", "reply"}, {"body", report->body()}}, report->document().arrays});
    }

    static void lattice(int64_t id, const Json &request)
    {
        const QList<uint> line = QString::fromStdString(request["line"].get<std::string>()).toUcs4();
        Json characters = Json::array(), edges = Json::array(), origin = Json::array();
        for (qsizetype i = 0; i < line.size(); ++i) {
            const char32_t point = line[i];
            characters.push_back(QString::fromUcs4(&point, 1).toStdString());
            origin.push_back(i);
            edges.push_back({{"start", i}, {"end", i + 1}, {"kind", "char"}, {"log2", -20.0}, {"best", true}});
        }
        const Json &list = childField(request, "dictionary"); // of an edited list the first word stands for all
        const int64_t count = request.contains("edits") ? request["edits"].begin().value().get<int64_t>() : list.is_object() && !list.empty() ? list.begin().value().get<int64_t>() : 86;
        edges.push_back({{"start", 0}, {"end", 2}, {"kind", "dict"}, {"count", count}, {"prefix", ""}, {"prefixSum", 662}, {"log2", -2.9444}, {"unigram", -14.6558}, {"best", false}});
        reply(id, {{"characters", characters}, {"origin", origin}, {"edges", edges}, {"kbest", {{{"score", -5.0}, {"gap", 0.0}, {"words", {{0, 2}}}}}}, {"nodes", Json::array()}, {"steps", Json::array()}, {"words", {{{"first", 0}, {"end", 2}, {"value", {{"count", count}}}}}}, {"ms", 0.2}});
    }
};

inline QString fakeEngine() { return QStringLiteral("\"%1\" --fake-engine").arg(QCoreApplication::applicationFilePath()); }

inline const QString kBars = QString::fromUtf8("武汉市|长江|大桥\n研究|生命|的|起源\n");

inline void openPage(App &app)
{
    app.window().resize(1440, 900);
    app.window().show();
    QVERIFY(app.startEngine());
    app.bench().newSession();
    QVERIFY(app.bench().addTextFile(QStringLiteral("zh-two.txt"), kBars) != 0);
    app.window().openPage(MainWindow::Page::Words);
    QTRY_VERIFY(app.bench().words().data() && app.bench().words().data()->current());
}

} // namespace winnow::testing
