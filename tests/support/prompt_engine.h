#pragma once

#include "core/base/report_artifacts.h"
#include "tests/support/app_fixture.h"
#include "tests/support/fake_engine.h"
#include "tests/views/sample_prompt.h"

#include <QLabel>

namespace winnow::testing {

inline MethodInfo methodOf(const char *id, const char *title, const char *family)
{
    MethodInfo method;
    method.id = id;
    method.title = title;
    method.family = family;
    method.summary = "Cuts what matters least.";
    method.budgetUnit = "tokens";
    return method;
}

inline std::vector<MethodInfo> allMethods()
{
    std::vector<MethodInfo> methods{methodOf("snapkv", "SnapKV", "kv"), methodOf("dac", "DAC", "prompt"), methodOf("random_prompt", "Random", "prompt"), methodOf("longllmlingua", "LongLLMLingua", "prompt")};
    methods[1].parameters.push_back({"weight", "Attention weight", "", "Share of attention", ParameterType::Float, 0.8, 0, 1, false, {}, {}, "", ""});
    methods[1].parameters.push_back({"stages", "Stages", "", "0 chooses by the length", ParameterType::Int, 0, 0, 64, false, {}, {}, "", "automatic"});
    methods[1].presets = {{"DAC", "Both signals", Json::object(), 0}, {"Entropy", "Information, once", {{"weight", 0.0}, {"stages", 1}}, 0}, {"Example", "A tenth", {{"stages", 10}}, 0.1}};
    methods[2].parameters.push_back({"seed", "Seed", "", "Seed", ParameterType::Int, 1, 0, 1000000, false, {}, {}, "", ""});
    methods[3].badge = "question-aware";
    return methods;
}

class PromptEngine : public FakeEngine {
protected:
    bool answer(int64_t id, const Json &request) override
    {
        const std::string command = request["command"].get<std::string>();
        if (command == "hello") {
            Json methods = Json::array();
            for (const MethodInfo &method : allMethods())
                methods.push_back(toJson(method));
            reply(id, {{"version", "1"}, {"threads", 2}, {"memoryBytes", 8LL << 30}, {"methods", methods}});
        } else if (command == "open") {
            reply(id, {{"model", {{"name", request["model"]}, {"family", "llama"}, {"layers", 2}, {"heads", 3}, {"kvHeads", 1}, {"headDim", 8}, {"hidden", 24}, {"ffn", 48}, {"dtype", "f32"}, {"device", "cpu"}}}});
        } else if (command == "models") {
            reply(id, {{"models", Json::array()}});
        } else if (command == "tokenize") {
            reply(id, {{"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}});
        } else if (command == "capture") {
            reply(id, {{"captureId", "c1"}, {"tokens", 24}, {"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}, {"prefillMs", 1.0}, {"bytes", 10}});
        } else if (command == "tile") {
            tile(id);
        } else if ((command == "select" && request.contains("prompt")) || command == "run") {
            cell(id, request);
        } else if (command == "sweep") {
            sweep(id, request);
        } else {
            return false;
        }
        return true;
    }

private:
    static Document cellOf(const Json &request)
    {
        const std::string method = request["method"].get<std::string>();
        const bool measured = request["command"] != "select";
        const std::string full = "She makes $18.";
        const ReportPtr report = method == "dac" ? sample::promptReport("dac", {}, measured ? "She makes $18 a day." : "", full) : sample::promptReport(method, {0, 1, 2, 3}, measured ? "She makes $32." : "", full);
        Document document = report->document();
        Json own = request;
        own.erase("family");
        document.body["request"] = own;
        document.body["metrics"]["achievedRate"] = method == "dac" ? 11.0 / 24 : 4.0 / 24;
        document.body["metrics"]["readerTokensIn"] = 24;
        document.body["metrics"]["readerTokensOut"] = method == "dac" ? 11 : 4;
        if (measured) {
            document.body["metrics"]["promptTokensIn"] = 24;
            document.body["metrics"]["fullPrefillMs"] = 2710;
            document.body["metrics"]["deltaNll"] = method == "dac" ? 0.5 : 1.0 + 0.1 * request["params"].value("seed", 0);
            document.body["savings"] = {{"prefillMs", 1420}, {"compressMs", 2890}};
        }
        return document;
    }

    static void cell(int64_t id, const Json &request)
    {
        if (request["method"] == "longllmlingua" && request["prompt"]["question"] == "") {
            send({{"id", id}, {"kind", "error"}, {"code", "bad_input"}, {"message", "LongLLMLingua asks for a question"}, {"hint", "give one beside the contexts"}});
            return;
        }
        const Document document = cellOf(request);
        write({{{"id", id}, {"kind", "reply"}, {"body", document.body}}, document.arrays});
    }

    static void sweep(int64_t id, const Json &request)
    {
        for (const Json &method : request["methods"])
            for (const Json &budget : request["budgets"]) {
                Json own = request;
                own["command"] = "run";
                own["method"] = method["method"];
                own["params"] = method["params"];
                own["budget"] = budget;
                own.erase("methods");
                own.erase("budgets");
                Document document = cellOf(own);
                document.body["cellKey"] = method.dump() + budget.dump();
                write({{{"id", id}, {"kind", "part"}, {"body", document.body}}, document.arrays});
            }
        reply(id, {{"cells", 1}});
    }

    static void tile(int64_t id)
    {
        MatrixArtifact matrix;
        matrix.type = "AttentionTile";
        matrix.rows = matrix.columns = 24;
        for (int row = 0; row < 24; ++row)
            for (int key = 0; key < 24; ++key)
                matrix.values.push_back(key <= row ? 1.0F / static_cast<float>(row + 1) : 0.0F);
        Document document;
        const Json body = writeArtifact(matrix, document.arrays);
        document.body = {{"id", id}, {"kind", "reply"}, {"body", body}};
        write(document);
    }
};

inline QString fakeEngine() { return QStringLiteral("\"%1\" --fake-engine").arg(QCoreApplication::applicationFilePath()); }

inline void openPage(App &app)
{
    app.window().resize(1440, 900);
    app.window().show();
    QVERIFY(app.startEngine());
    app.bench().chooseModel(QStringLiteral("reader"));
    app.bench().addTextInput(QStringLiteral("eggs.txt"), QStringLiteral("some words of a prompt"));
    QTRY_COMPARE(app.bench().model().phase, ModelState::Phase::Ready);
    app.window().openPage(MainWindow::Page::Prompt);
    QTRY_VERIFY(app.bench().viewData()->current.prompt);
}

inline QStringList words(QWidget *widget)
{
    QStringList all;
    for (const QLabel *label : widget->findChildren<QLabel *>())
        if (!label->isHidden())
            all << label->text();
    return all;
}

} // namespace winnow::testing
