#include "cli/command.h"
#include "cli/text_table.h"
#include "core/base/json_fields.h"

namespace winnow {

Result<int> runSelftest(CommandContext &context)
{
    auto reply = context.ask({{"command", "selftest"}});
    if (!reply)
        return fail(reply.error());
    const bool ok = flagField(reply->body, "ok");
    TextTable table({"check", "result", "expected", "found"});
    for (const Json &check : childField(reply->body, "checks"))
        table.row({stringField(check, "title"), flagField(check, "ok") ? "ok" : "FAILED", stringField(check, "expected"),
            stringField(check, "found")});
    const Json &gpu = childField(reply->body, "gpu");
    std::string names;
    for (const Json &name : childField(gpu, "names"))
        names += (names.empty() ? "" : ", ") + name.get<std::string>();
    const std::string device = "GPU: " + (flagField(gpu, "available") ? names : "none (" + stringField(gpu, "reason") + ")");
    auto printed = context.json() ? context.print(reply->body) : context.print(table.text() + '\n' + device + '\n');
    if (!printed)
        return fail(printed.error());
    return ok ? kExitDone : kExitFailed;
}

} // namespace winnow
