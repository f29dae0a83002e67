#include "cli/command.h"
#include "cli/method_text.h"
#include "core/base/json_fields.h"

namespace winnow {

Result<int> runMethods(CommandContext &context)
{
    Json request{{"command", "methods"}};
    if (const auto family = context.arguments().value("--family"))
        request["family"] = *family;
    auto reply = context.ask(request);
    if (!reply)
        return fail(reply.error());
    if (context.json()) {
        if (auto printed = context.print(reply->body); !printed)
            return fail(printed.error());
        return kExitDone;
    }
    std::vector<MethodInfo> methods;
    for (const Json &json : childField(reply->body, "methods")) {
        auto method = methodInfoFromJson(json);
        if (!method)
            return fail(method.error());
        methods.push_back(std::move(*method));
    }
    std::string text;
    if (context.arguments().has("--markdown")) {
        text = methodMarkdown(methods);
    } else {
        for (const MethodInfo &method : methods)
            text += methodText(method);
    }
    if (auto printed = context.print(text); !printed)
        return fail(printed.error());
    return kExitDone;
}

} // namespace winnow
