#include "cli/command.h"
#include "cli/text_table.h"
#include "core/base/budget.h"
#include "core/base/json_fields.h"

namespace winnow {
namespace {

    std::string modelTable(const Json &reply)
    {
        TextTable table({"name", "model", "size", "on disk", "licence"});
        for (const Json &model : childField(reply, "models"))
            table.row({stringField(model, "name"), stringField(model, "title"), byteText(numberField(model, "bytes")),
                flagField(model, "present") ? "yes" : "no", stringField(model, "licence")});
        for (const Json &model : childField(reply, "local"))
            table.row({stringField(model, "name"), stringField(model, "kind") == "folder" ? "Hugging Face folder" : "GGUF file",
                byteText(numberField(model, "bytes")), "yes", ""});
        return table.text() + "\nfolder: " + stringField(reply, "folder")
            + "\nwinnow-cli models get NAME fetches one; --model takes a name, any GGUF file or any Hugging Face folder\n";
    }

    Result<int> getModel(CommandContext &context, const std::string &name)
    {
        auto reply = context.ask({{"command", "fetch"}, {"name", name}});
        if (!reply)
            return fail(reply.error());
        const std::string path = stringField(reply->body, "path");
        auto printed = context.json() ? context.print(reply->body) : context.print(path + '\n');
        if (!printed)
            return fail(printed.error());
        if (!context.json() && flagField(reply->body, "wasThere"))
            context.say(name + " was there already, its checksum is right");
        return kExitDone;
    }

} // namespace

Result<int> runModels(CommandContext &context)
{
    const auto &words = context.arguments().positional();
    if (words.size() == 2 && words[0] == "get")
        return getModel(context, words[1]);
    if (!words.empty())
        return context.wrongUsage({ErrorCode::BadInput, "expected nothing or: get NAME", ""});
    auto reply = context.ask({{"command", "models"}});
    if (!reply)
        return fail(reply.error());
    auto printed = context.json() ? context.print(reply->body) : context.print(modelTable(reply->body));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
