#include "cli/command.h"
#include "cli/lines.h"
#include "cli/request_builder.h"
#include "cli/text_table.h"
#include "core/base/json_fields.h"
#include "core/base/report.h"

namespace winnow {
namespace {

    std::string scoreText(const Json &reply)
    {
        std::string text = "tokens      " + std::to_string(integerField(reply, "tokens")) + "\nmean nll    "
            + shortNumber(numberField(reply, "mean"), 6) + " nats\nperplexity  " + shortNumber(numberField(reply, "perplexity"), 6)
            + '\n';
        if (reply.contains("wordPerplexity"))
            text += "by word     " + shortNumber(numberField(reply, "wordPerplexity"), 6) + " over " + std::to_string(integerField(reply, "words"))
                + " words and line ends\nbits a byte " + shortNumber(numberField(reply, "bitsPerByte"), 6) + '\n';
        const Json &windows = childField(reply, "windows");
        if (windows.is_array()) {
            TextTable table({"window", "first", "sum nll", "count", "perplexity"});
            for (size_t i = 0; i < windows.size(); ++i)
                table.row({std::to_string(i), std::to_string(integerField(windows[i], "first")),
                    shortNumber(numberField(windows[i], "sumNll"), 6), std::to_string(integerField(windows[i], "count")),
                    shortNumber(numberField(windows[i], "perplexity"), 6)});
            return text + '\n' + table.text();
        }
        TextTable table({"token", "id", "nll", "piece"});
        const Json &ids = childField(reply, "ids");
        const Json &nll = childField(reply, "nll");
        for (size_t i = 0; i < ids.size(); ++i)
            table.row({std::to_string(i), jsonText(ids[i]), i == 0 ? "" : shortNumber(numberFromJson(nll[i - 1]).value_or(0)),
                '"' + oneLine(reply.at("pieces").at(i).get<std::string>()) + '"'});
        return text + '\n' + table.text();
    }

    Result<Json> askScore(CommandContext &context, const Json &request)
    {
        auto reply = context.ask(request);
        return reply ? expandArrays(*reply) : Result<Json>(fail(reply.error()));
    }

    /// Fields of a line: text and ids are the input, the rest stays.
    Result<Json> scoreLine(const Json &line)
    {
        auto fields = lineFields(line);
        if (!fields)
            return fields;
        if (!fields->contains("input")) {
            for (const char *name : {"text", "ids", "messages"}) {
                if (!fields->contains(name))
                    continue;
                (*fields)["input"] = Json{{name, fields->at(name)}};
                fields->erase(name);
            }
        }
        return fields;
    }

} // namespace

Result<int> runScore(CommandContext &context)
{
    auto request = modelFields(context.arguments());
    if (!request)
        return context.wrongUsage(request.error());
    (*request)["command"] = "score";
    for (const auto &[option, field, least] :
        {std::tuple("--top", "top", int64_t(1)), std::tuple("--window", "window", int64_t(2)), std::tuple("--stride", "stride", int64_t(1))}) {
        auto number = context.arguments().integer(option, least, int64_t(1) << 30);
        if (!number)
            return context.wrongUsage(number.error());
        if (*number)
            (*request)[field] = **number;
    }
    if (const auto path = context.arguments().value("--lines")) {
        return runLines(context, *path, [&](const Json &line) -> Result<Json> {
            auto fields = scoreLine(line);
            if (!fields)
                return fields;
            Json one = *request;
            addFields(one, *fields);
            return askScore(context, one);
        });
    }
    auto input = inputField(context.arguments());
    if (!input)
        return fail(input.error());
    (*request)["input"] = std::move(*input);
    auto reply = askScore(context, *request);
    if (!reply)
        return fail(reply.error());
    auto printed = context.json() ? context.print(*reply) : context.print(scoreText(*reply));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
