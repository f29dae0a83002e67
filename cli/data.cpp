#include "cli/command.h"
#include "cli/dataset_options.h"
#include "cli/text_table.h"
#include "core/base/json_fields.h"

#include <filesystem>

namespace winnow {
namespace {

    std::string setsText(const Json &body)
    {
        TextTable sets({"set", "what", "title", "licence", "files"});
        for (const Json &set : childField(body, "sets"))
            sets.row({stringField(set, "name"), stringField(set, "kind"), stringField(set, "title"), stringField(set, "licence"), stringField(set, "expected")});
        TextTable files({"file", "items", "state"});
        for (const Json &file : childField(body, "files"))
            files.row({stringField(file, "path"), std::to_string(integerField(file, "items")), stringField(file, "state")});
        return sets.text() + '\n' + (stringField(body, "folder").empty() ? "Published files; --data-folder DIR says which are there\n" : stringField(body, "folder") + '\n') + files.text();
    }

    std::string warningsText(const Json &body)
    {
        std::string text;
        for (const Json &warning : childField(body, "warnings"))
            text += stringField(warning, "file") + ", line " + std::to_string(integerField(warning, "line")) + ": " + stringField(warning, "reason") + '\n';
        return text;
    }

    std::string itemsText(const Json &body)
    {
        TextTable table({"number", "id", "what", "answer"});
        for (const Json &item : childField(body, "items")) {
            const auto answers = stringListField(item, "answers");
            const std::string what = item.contains("words") ? stringField(item, "text") : stringField(item, "question");
            table.row({std::to_string(integerField(item, "number")), stringField(item, "id"), oneLine(what).substr(0, 200),
                answers.empty() ? "" : oneLine(answers.front()).substr(0, 80)});
        }
        const Json &set = childField(body, "dataset");
        return table.text() + warningsText(body) + stringField(set, "attribution") + '\n';
    }

} // namespace

Result<int> runData(CommandContext &context)
{
    const Arguments &arguments = context.arguments();
    Json request{{"command", arguments.has("--dataset") ? "items" : "datasets"}};
    if (auto added = addDataset(arguments, request); !added)
        return context.wrongUsage(added.error());
    if (const auto folder = arguments.value("--data-folder")) {
        std::error_code error;
        request["folder"] = std::filesystem::absolute(*folder, error).lexically_normal().string();
    }
    if (arguments.has("--verify"))
        request["verify"] = true;
    auto reply = context.ask(request);
    if (!reply)
        return fail(reply.error());
    auto printed = context.json() ? context.print(reply->body) : context.print(request.at("command") == "items" ? itemsText(reply->body) : setsText(reply->body));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
