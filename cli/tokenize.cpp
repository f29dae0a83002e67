#include "cli/command.h"
#include "cli/lines.h"
#include "cli/request_builder.h"
#include "cli/text_table.h"
#include "core/base/json_fields.h"
#include "core/base/report.h"

namespace winnow {
namespace {

    std::string tokenTable(const Json &reply)
    {
        TextTable table({"token", "id", "bytes", "piece"});
        const Json &ids = childField(reply, "ids");
        for (size_t i = 0; i < ids.size(); ++i) {
            const Json &span = reply.at("spans").at(i);
            table.row({std::to_string(i), jsonText(ids.at(i)), jsonText(span.at(0)) + ".." + jsonText(span.at(1)),
                '"' + oneLine(reply.at("pieces").at(i).get<std::string>()) + '"'});
        }
        return table.text();
    }

    /// Ids go to detokenize, messages to render, text to tokenize: all answers name ids, pieces and spans.
    Result<Json> askTokens(CommandContext &context, Json fields, const char *command)
    {
        fields["command"] = fields.contains("ids") ? "detokenize" : fields.contains("messages") ? "render" : command;
        auto reply = context.ask(fields);
        return reply ? expandArrays(*reply) : Result<Json>(fail(reply.error()));
    }

    Result<int> runTokens(CommandContext &context, const char *command)
    {
        auto model = modelFields(context.arguments());
        if (!model)
            return context.wrongUsage(model.error());
        model->erase("seed");
        if (context.arguments().has("--no-special"))
            (*model)["special"] = false;
        if (const auto path = context.arguments().value("--lines")) {
            return runLines(context, *path, [&](const Json &line) -> Result<Json> {
                auto fields = lineFields(line);
                if (!fields)
                    return fields;
                Json request = *model;
                addFields(request, *fields);
                return askTokens(context, std::move(request), command);
            });
        }
        auto input = inputField(context.arguments());
        if (!input)
            return fail(input.error());
        input->erase("name");
        addFields(*model, *input);
        auto reply = askTokens(context, *model, command);
        if (!reply)
            return fail(reply.error());
        const bool detokenize = context.name() == "detokenize";
        auto printed = context.json() ? context.print(*reply)
            : detokenize              ? context.print(stringField(*reply, "text") + '\n')
                                      : context.print(tokenTable(*reply));
        return printed ? Result<int>(kExitDone) : fail(printed.error());
    }

} // namespace

Result<int> runTokenize(CommandContext &context) { return runTokens(context, "tokenize"); }

Result<int> runDetokenize(CommandContext &context)
{
    if (!context.arguments().has("--ids-file") && !context.arguments().has("--lines"))
        return context.wrongUsage({ErrorCode::BadInput, "no ids", "give --ids-file or --lines"});
    return runTokens(context, "detokenize");
}

} // namespace winnow
