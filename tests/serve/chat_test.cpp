#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/report.h"

#include <QTest>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace winnow;

namespace {

const std::string kModel = WINNOW_TEST_DATA "/models/llama-f16.gguf"; // has no chat template

std::string smollm2()
{
    const char *home = std::getenv("HOME");
    const std::string path
        = std::string(home ? home : "") + "/.local/share/winnow/models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf";
    return std::filesystem::exists(path) ? path : std::string();
}

const Json kMessages = Json::array({{{"role", "user"}, {"content", "Hello!"}}});
const std::string kTemplate
    = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

} // namespace

class ChatTest : public QObject {
    Q_OBJECT

    Engine m_engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};

    Result<Json> ask(const Json &request)
    {
        auto reply = m_engine.handle(request, {}, [](Document) {});
        return reply ? expandArrays(*reply) : Result<Json>(fail(reply.error()));
    }

private Q_SLOTS:
    void rendersAndTokenizesAsTheReference()
    {
        const std::string model = smollm2();
        if (model.empty())
            QSKIP("needs SmolLM2-135M: winnow-cli models get smollm2-135m");
        std::ifstream stream(WINNOW_TEST_DATA "/models/tokenizer_smollm2-135m.json");
        const Json golden = Json::parse(stream);
        QVERIFY(!golden.at("chats").empty());
        for (const Json &chat : golden.at("chats")) {
            const auto reply = ask({{"command", "render"}, {"model", model}, {"messages", chat.at("messages")},
                {"add_generation_prompt", chat.at("add_generation_prompt")}});
            QVERIFY2(reply, reply ? "" : reply.error().message.c_str());
            QCOMPARE(reply->at("text").get<std::string>(), chat.at("text").get<std::string>());
            QVERIFY(reply->at("ids") == chat.at("ids"));
            QCOMPARE(reply->at("spans").back().at(1).get<size_t>(), chat.at("text").get<std::string>().size());
        }
    }

    void aTemplateOfOnesOwnStandsForTheModels()
    {
        const auto reply = ask({{"command", "render"}, {"model", kModel}, {"messages", kMessages}, {"template", kTemplate},
            {"add_generation_prompt", true}});
        QVERIFY2(reply, reply ? "" : reply.error().message.c_str());
        QCOMPARE(reply->at("prompt").get<std::string>(), std::string("[user] Hello!\n[assistant]"));
        const auto none = ask({{"command", "render"}, {"model", kModel}, {"messages", kMessages}});
        QVERIFY(!none);
        QCOMPARE(none.error().code, ErrorCode::NotFound);
    }

    void keysOfTextsKeepTheirOrder()
    {
        const auto reply = ask({{"command", "render"}, {"model", kModel}, {"messages", R"([{"role": "user", "content": "x"}])"},
            {"tools", R"([{"z": 1, "a": {"y": [], "b": null}}])"}, {"variables", {{"extra", "E"}}},
            {"template", "{{ tools|tojson }}{{ messages[0] }}{{ extra }}"}});
        QVERIFY2(reply, reply ? "" : reply.error().message.c_str());
        QCOMPARE(reply->at("text").get<std::string>(), std::string(R"([{"z": 1, "a": {"y": [], "b": null}}]{'role': 'user', 'content': 'x'}E)"));
    }

    void anInputOfMessagesIsTheRenderedPrompt()
    {
        const Json chat{{"messages", kMessages}, {"template", kTemplate}};
        const auto generated = m_engine.handle(
            {{"command", "generate"}, {"model", kModel}, {"input", chat}, {"maxNew", 4}, {"threads", 1}}, {}, [](Document) {});
        QVERIFY2(generated, generated ? "" : generated.error().message.c_str());
        const Json report = Report(*generated).toCliJson();
        const Json expected{{"text", "[user] Hello!\n[assistant]"}, {"special", false}}; // generate opens the answer
        QVERIFY2(report.at("request").at("input") == expected, report.at("request").dump().c_str());
        QCOMPARE(report.at("input").at("text").get<std::string>(), std::string("[user] Hello!\n[assistant]"));
        const auto scored = ask({{"command", "score"}, {"model", kModel}, {"input", chat}, {"threads", 1}});
        QVERIFY2(scored, scored ? "" : scored.error().message.c_str());
        const auto plain = ask({{"command", "score"}, {"model", kModel}, {"threads", 1},
            {"input", {{"text", "[user] Hello!\n"}, {"special", false}}}});
        QVERIFY2(plain, plain ? "" : plain.error().message.c_str());
        QVERIFY(scored->at("nll") == plain->at("nll"));
    }

    void badFieldsAreNamed()
    {
        const std::vector<std::pair<Json, const char *>> cases{{{{"template", kTemplate}}, "no messages"},
            {{{"messages", 5}, {"template", kTemplate}}, "messages: expected a list"},
            {{{"messages", "[1"}, {"template", kTemplate}}, "messages: the text is no JSON"},
            {{{"messages", Json::array({Json::object()})}, {"template", kTemplate}}, "entry 0"},
            {{{"messages", kMessages}, {"tools", "{}"}, {"template", kTemplate}}, "tools: expected a list"},
            {{{"messages", kMessages}, {"add_generation_prompt", 3}, {"template", kTemplate}}, "add_generation_prompt"},
            {{{"messages", kMessages}, {"template", "{{ raise_exception('roles') }}"}}, "chat template, line 1: roles"},
            {{{"messages", kMessages}, {"template", "\n{% if %}"}}, "chat template, line 2"}};
        for (const auto &[fields, message] : cases) {
            Json request = fields;
            request["command"] = "render";
            request["model"] = kModel;
            const auto reply = ask(request);
            QVERIFY2(!reply, message);
            QVERIFY2(reply.error().message.find(message) != std::string::npos, reply.error().message.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(ChatTest)
#include "chat_test.moc"
