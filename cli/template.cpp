#include "cli/command.h"
#include "cli/lines.h"
#include "cli/request_builder.h"
#include "core/base/json_fields.h"
#include "core/base/report.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    using OrderedJson = nlohmann::ordered_json;

    Result<Json> askRender(CommandContext &context, const Json &request)
    {
        auto reply = context.ask(request);
        return reply ? expandArrays(*reply) : Result<Json>(fail(reply.error()));
    }

    /// A line as fields of the request: a list is the messages; of an object, the option's names mean the same.
    Result<Json> templateLine(const std::string &line)
    {
        const OrderedJson json = OrderedJson::parse(line, nullptr, false);
        if (json.is_array())
            return Json { { "messages", json.dump() } };
        if (!json.is_object())
            return fail(ErrorCode::BadInput, "expected a list of messages or an object, found " + line.substr(0, 80));
        Json fields = Json::object();
        static constexpr std::array<std::string_view, 3> kNames { "generation-prompt", "generation_prompt",
            "generationPrompt" };
        for (const auto &[name, value] : json.items()) {
            const bool isPrompt = std::find(kNames.begin(), kNames.end(), name) != kNames.end();
            fields[isPrompt ? "add_generation_prompt" : name]
                = value.is_structured() ? Json(value.dump()) : Json(value);
        }
        return fields;
    }

} // namespace

Result<int> runTemplate(CommandContext &context)
{
    auto request = modelFields(context.arguments());
    if (!request)
        return context.wrongUsage(request.error());
    request->erase("seed");
    (*request)["command"] = "render";
    auto chat = chatFields(context.arguments());
    if (!chat)
        return fail(chat.error());
    addFields(*request, *chat);
    if (const auto path = context.arguments().value("--lines")) {
        return runTextLines(context, *path, [&](const std::string &line) -> Result<Json> {
            auto fields = templateLine(line);
            if (!fields)
                return fields;
            Json one = *request;
            addFields(one, *fields);
            return askRender(context, one);
        });
    }
    if (!request->contains("messages"))
        return context.wrongUsage({ ErrorCode::BadInput, "no messages", "give --messages or --lines" });
    auto reply = askRender(context, *request);
    if (!reply)
        return fail(reply.error());
    auto printed = context.json() ? context.print(*reply) : context.print(stringField(*reply, "text"));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
