#include "core/model/chat_template.h"

#include <QTemporaryDir>
#include <QTest>
#include <fstream>

using namespace winnow;
using jinja::OrderedJson;

namespace {

void write(const std::filesystem::path &path, const std::string &text)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

/// A folder with one weight, as far as opening it goes.
std::filesystem::path modelFolder(const QTemporaryDir &folder)
{
    const std::filesystem::path path = folder.path().toStdString();
    write(path / "config.json", R"({"model_type": "llama"})");
    const std::string header = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
    std::string file(8, '\0');
    file[0] = static_cast<char>(header.size());
    write(path / "model.safetensors", file + header + std::string(4, '\0'));
    return path;
}

ChatRequest hello()
{
    ChatRequest request;
    request.messages = OrderedJson::parse(R"([{"role": "user", "content": "hi"}])");
    return request;
}

} // namespace

class ChatTemplateTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFoldersTemplateFileComesFirst()
    {
        const QTemporaryDir folder;
        const auto path = modelFolder(folder);
        write(path / "tokenizer_config.json",
            R"({"chat_template": "config {{ bos_token }}", "bos_token": {"content": "<s>"}, "eos_token": "</s>", "pad_token": null})");
        auto shipped = ChatTemplate::open(path);
        QVERIFY2(shipped, shipped ? "" : shipped.error().message.c_str());
        QCOMPARE(*shipped->render(hello()), std::string("config <s>"));
        write(path / "chat_template.jinja", "file {{ messages[0].content }}{{ eos_token }}{{ pad_token }}{{ add_generation_prompt }}");
        shipped = ChatTemplate::open(path);
        QVERIFY(shipped);
        QCOMPARE(*shipped->render(hello()), std::string("file hi</s>False"));
    }

    void toolsTakeTheTemplateForTools()
    {
        const QTemporaryDir folder;
        const auto path = modelFolder(folder);
        write(path / "tokenizer_config.json",
            R"({"chat_template": [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools {{ tools|length }}"}]})");
        const auto shipped = ChatTemplate::open(path);
        QVERIFY(shipped);
        ChatRequest request = hello();
        QCOMPARE(*shipped->render(request), std::string("plain"));
        request.tools = OrderedJson::parse("[{}]");
        QCOMPARE(*shipped->render(request), std::string("tools 1"));
    }

    void variablesWinOverWhatTheModelSays()
    {
        ChatRequest request = hello();
        request.variables = {{"bos_token", "B"}, {"enable_thinking", false}};
        const auto own = ChatTemplate::fromSource("{{ bos_token }}{{ enable_thinking }}{{ tools is none }}", {{"bos_token", "<s>"}});
        QCOMPARE(*own.render(request), std::string("BFalseTrue"));
    }

    void aModelWithoutTemplateSaysSo()
    {
        const QTemporaryDir folder;
        const auto path = modelFolder(folder);
        auto shipped = ChatTemplate::open(path);
        QVERIFY(!shipped);
        QCOMPARE(shipped.error().code, ErrorCode::NotFound);
        write(path / "tokenizer_config.json", R"({"chat_template": 5})");
        shipped = ChatTemplate::open(path);
        QVERIFY(!shipped);
        QCOMPARE(shipped.error().code, ErrorCode::BadModelFile);
        QVERIFY(shipped.error().message.find("tokenizer_config.json") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(ChatTemplateTest)
#include "chat_template_test.moc"
