#include "cli/lines.h"

#include "cli/request_builder.h"
#include "core/base/json_fields.h"

namespace winnow {

Result<Json> lineFields(const Json &line)
{
    if (line.is_string())
        return Json{{"text", line}};
    if (line.is_array())
        return Json{{!line.empty() && line.front().is_object() ? "messages" : "ids", line}};
    if (!line.is_object())
        return fail(ErrorCode::BadInput, "expected a string, a list of ids or an object, found " + jsonText(line));
    Json fields = line;
    for (const char *name : {"no-special", "noSpecial", "no_special"}) {
        if (!fields.contains(name))
            continue;
        fields["special"] = !flagField(fields, name);
        fields.erase(name);
    }
    return fields;
}

Result<int> runLines(
    CommandContext &context, const std::string &path, const std::function<Result<Json>(const Json &line)> &answer)
{
    return runTextLines(context, path, [&](const std::string &line) -> Result<Json> {
        auto json = parseJson(line, path);
        return json ? answer(*json) : json;
    });
}

Result<int> runTextLines(CommandContext &context, const std::string &path, const std::function<Result<Json>(const std::string &line)> &answer)
{
    auto text = readTextFile(path);
    if (!text)
        return fail(text.error());
    int64_t number = 0;
    int64_t failed = 0;
    for (size_t at = 0; at < text->size();) {
        const size_t end = std::min(text->find('\n', at), text->size());
        const std::string line = text->substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos)
            continue;
        auto result = answer(line);
        if (!result && result.error().code == ErrorCode::Cancelled)
            return fail(result.error());
        if (!result) {
            ++failed;
            const Error &error = result.error();
            result = Json{{"error", {{"code", errorCodeName(error.code)}, {"message", error.message}, {"hint", error.hint}}},
                {"line", number}};
        }
        if (auto printed = context.print(*result); !printed)
            return fail(printed.error());
    }
    if (failed > 0)
        return fail(ErrorCode::BadInput, std::to_string(failed) + " lines of " + path + " failed",
            "their results hold \"error\"");
    return kExitDone;
}

} // namespace winnow
