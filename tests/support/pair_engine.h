#pragma once

#include "core/base/method_info.h"
#include "core/base/report_artifacts.h"
#include "tests/support/app_fixture.h"
#include "tests/support/fake_engine.h"
#include "tests/views/sample_data.h"

#include <QLabel>

namespace winnow::testing {

inline Json description(const std::string &name, int layers, int heads, int headDim, int hidden)
{
    return {{"name", name}, {"family", "llama"}, {"layers", layers}, {"heads", heads}, {"kvHeads", 1}, {"headDim", headDim}, {"hidden", hidden}, {"ffn", 2 * hidden}, {"vocab", 512}, {"contextLength", 4096},
        {"dtype", "f32"}, {"device", "cpu"}, {"weightBytes", 4e5}, {"cacheBytesPerToken", 2 * layers * headDim * 4}};
}

/// Models "large", "small" and "other", whose tokenizer is another one.
class PairEngine : public testing::FakeEngine {
public:
    /// @param captures  knows a method, so that the window has something to capture.
    explicit PairEngine(bool captures)
        : m_captures(captures)
    {
    }

protected:
    bool answer(int64_t id, const Json &request) override
    {
        const std::string command = request["command"].get<std::string>();
        if (command == "open") {
            reply(id, {{"model", request["model"] == "large" ? description("Large-1.5B", 5, 3, 8, 24) : description("Small-0.5B", 4, 2, 4, 8)}});
        } else if (command == "models") {
            reply(id, {{"models", {{{"name", "small"}, {"title", "Small"}, {"present", true}, {"bytes", 1e6}}, {{"name", "far"}, {"title", "Far"}, {"present", false}, {"bytes", 1e6}}}}});
        } else if (command == "tokenize") {
            reply(id, {{"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}});
        } else if (command == "compare") {
            compare(id, request);
        } else if (command == "hello" && m_captures) {
            MethodInfo method;
            method.id = "example";
            method.title = "Example";
            method.family = "kv";
            method.budgetUnit = "tokens";
            reply(id, {{"version", "1"}, {"threads", 2}, {"memoryBytes", 8LL << 30}, {"methods", Json::array({toJson(method)})}});
        } else if (command == "capture") {
            reply(id, {{"captureId", "c"}, {"tokens", 20}, {"ids", std::vector<int>(24, 7)}, {"pieces", std::vector<std::string>(24, "word")}});
        } else if (command == "pair_tile") {
            tile(id, request);
        } else {
            return false;
        }
        return true;
    }

private:
    bool m_captures;

    static void compare(int64_t id, const Json &request)
    {
        if (request["smallModel"] == "other") {
            send({{"id", id}, {"kind", "error"}, {"code", "unsupported"}, {"message", "the tokenizers differ: token 17 is \"a\" in Large and \"b\" in Other"}, {"hint", "Choose models of one family."}});
            return;
        }
        const ReportPtr report = sample::pairReport(request["metrics"].get<std::vector<std::string>>(), request["skipSinks"].get<int>());
        Json body = report->body();
        body["pairId"] = "pair-1";
        for (Json &artifact : body["artifacts"])
            if (request.contains("control") && request["control"] == false)
                artifact.erase("controlScore");
        body["spanTokens"] = std::min(24, request["span"].get<int>());
        write({{{"id", id}, {"kind", "reply"}, {"body", body}}, report->document().arrays});
    }

    static void tile(int64_t id, const Json &request)
    {
        const auto maps = sample::pairMaps();
        MatrixArtifact matrix;
        matrix.type = "AttentionTile";
        matrix.rows = matrix.columns = maps->tokens;
        matrix.values = request["side"] == "large" ? maps->large : maps->small;
        Document document;
        const Json body = writeArtifact(matrix, document.arrays);
        document.body = {{"id", id}, {"kind", "reply"}, {"body", body}};
        write(document);
    }
};

inline QString fakeEngine(const QString &more = {}) { return QStringLiteral("\"%1\" --fake-engine %2").arg(QCoreApplication::applicationFilePath(), more); }

inline QStringList words(QWidget *widget)
{
    QStringList all;
    for (const QLabel *label : widget->findChildren<QLabel *>())
        if (!label->isHidden())
            all << label->text();
    return all;
}

/// A window on the Similarity page with a large model and a text.
inline void openPage(testing::App &app)
{
    app.window().resize(1440, 900);
    app.window().show();
    QVERIFY(app.startEngine());
    app.bench().chooseModel(QStringLiteral("large"));
    app.bench().addTextInput(QStringLiteral("words.txt"), QStringLiteral("some words of a text"));
    QTRY_COMPARE(app.bench().model().phase, ModelState::Phase::Ready);
    app.window().openPage(MainWindow::Page::Similarity);
}

inline void compareWithSmall(testing::App &app)
{
    openPage(app);
    app.bench().chooseSmallModel(QStringLiteral("small"));
    QTRY_VERIFY(app.bench().viewData()->pair);
}

} // namespace winnow::testing
