#include "core/serve/chat_input.h"

#include "core/base/json_fields.h"
#include "core/model/chat_template.h"
#include "core/serve/request_fields.h"

namespace winnow {
namespace {

    using jinja::OrderedJson;

    /// A field that is JSON or JSON as text.
    Result<OrderedJson> ordered(const Json &fields, const char *name, OrderedJson::value_t wanted)
    {
        const Json &value = childField(fields, name);
        OrderedJson json = value;
        if (value.is_string()) {
            json = OrderedJson::parse(value.get_ref<const std::string &>(), nullptr, false);
            if (json.is_discarded())
                return fail(ErrorCode::BadInput, std::string(name) + ": the text is no JSON");
        }
        if (!json.is_null() && json.type() != wanted)
            return fail(ErrorCode::BadInput,
                std::string(name) + ": expected " + (wanted == OrderedJson::value_t::array ? "a list" : "an object")
                    + ", found " + json.type_name());
        return json;
    }

    Result<void> checkMessages(const OrderedJson &messages)
    {
        if (messages.is_null())
            return fail(ErrorCode::BadInput, "the request has no messages", "give a list of {role, content}");
        for (size_t i = 0; i < messages.size(); ++i) {
            if (!messages[i].is_object() || !messages[i].contains("role"))
                return fail(ErrorCode::BadInput, "messages: entry " + std::to_string(i) + " is no object with a role",
                    "expected {\"role\": .., \"content\": ..}");
        }
        return {};
    }

} // namespace

Result<std::string> renderedChat(const ModelRequest &wanted, const Json &fields, bool addGenerationPrompt)
{
    ChatRequest chat;
    const auto read = [&](const char *name, OrderedJson::value_t type, OrderedJson &target) -> Result<void> {
        auto value = ordered(fields, name, type);
        if (!value)
            return fail(value.error());
        if (!value->is_null() || type == OrderedJson::value_t::array)
            target = std::move(*value);
        return {};
    };
    for (const auto &[name, type, target] : { std::tuple("messages", OrderedJson::value_t::array, &chat.messages),
             std::tuple("tools", OrderedJson::value_t::array, &chat.tools),
             std::tuple("documents", OrderedJson::value_t::array, &chat.documents),
             std::tuple("variables", OrderedJson::value_t::object, &chat.variables) }) {
        if (auto done = read(name, type, *target); !done)
            return fail(done.error());
    }
    if (auto checked = checkMessages(chat.messages); !checked)
        return fail(checked.error());
    auto generation = requestFlag(fields, "add_generation_prompt", addGenerationPrompt);
    auto source = requestText(fields, "template", "");
    if (!generation)
        return fail(generation.error());
    if (!source)
        return fail(source.error());
    chat.addGenerationPrompt = *generation;
    auto shipped = ChatTemplate::open(wanted.path);
    // a template of one's own needs none of the model, only its special tokens
    if (!shipped && (source->empty() || shipped.error().code != ErrorCode::NotFound))
        return fail(shipped.error());
    if (source->empty())
        return shipped->render(chat);
    return (shipped ? shipped->withDefault(*source) : ChatTemplate::fromSource(*source, OrderedJson::object()))
        .render(chat);
}

bool hasChatInput(const Json &request) { return childField(childField(request, "input"), "messages") != nullptr; }

Result<Json> withRenderedChat(EngineState &state, const Json &request)
{
    auto wanted = modelRequest(request, state.options.modelFolder, state.options.threads);
    if (!wanted)
        return fail(wanted.error());
    const Json &input = request.at("input");
    auto prompt = renderedChat(*wanted, input, stringField(request, "command") == "generate");
    if (!prompt)
        return fail(prompt.error());
    Json resolved = request;
    resolved["input"] = { { "text", std::move(*prompt) }, { "special", false } };
    if (input.contains("name"))
        resolved["input"]["name"] = input.at("name");
    return resolved;
}

} // namespace winnow
