#include "cli/command.h"
#include "cli/request_builder.h"
#include "cli/text_table.h"
#include "core/base/budget.h"
#include "core/base/json_fields.h"
#include "core/base/report.h"

namespace winnow {
namespace {

    void addEntry(TextTable &table, const std::string &name, const Json &entry, const char *seconds)
    {
        const auto cell = [&](const char *field) {
            const auto value = numberFromJson(childField(entry, field));
            return value ? shortNumber(*value) : std::string("-");
        };
        std::string label = name;
        if (entry.contains("tokens"))
            label += ' ' + std::to_string(integerField(entry, "tokens"));
        table.row({label, cell(seconds), cell("floorSeconds"), cell("ratio"), cell("tokensPerSecond")});
    }

    std::string benchText(const Json &bench)
    {
        std::string text = stringField(bench, "processor");
        const Json &floor = childField(bench, "floor");
        if (floor.is_object())
            text += "\nfloor: " + shortNumber(numberField(floor, "gemmGflops")) + " GFLOP/s in products of the model's shapes, "
                + shortNumber(numberField(floor, "readGBps")) + " GB/s reading its weights";
        if (bench.contains("startToFirstLogits"))
            text += "\nfirst logits after " + shortNumber(numberField(bench, "startToFirstLogits")) + " s; resident are "
                + shortNumber(numberField(bench, "rssOverWeights")) + " times the " + byteText(numberField(bench, "weightBytes"))
                + " of weights (" + stringField(bench, "weights") + ")";
        const bool onCpu = stringField(bench, "device", "cpu") == "cpu"; // elsewhere the CPU only waits
        const char *seconds = onCpu ? "cpuSeconds" : "wallSeconds";
        TextTable table({"part", onCpu ? "CPU s" : "wall s", "floor s", "ratio", "tokens/s"});
        for (const auto &[name, entry] : bench.items()) {
            if (entry.is_array()) {
                for (const Json &one : entry)
                    addEntry(table, name, one, seconds);
            } else if (entry.is_object() && entry.contains("cpuSeconds")) {
                addEntry(table, name, entry, seconds);
            }
        }
        return text + "\n\n" + table.text();
    }

} // namespace

Result<int> runBenchCommand(CommandContext &context)
{
    auto request = modelFields(context.arguments());
    if (!request)
        return context.wrongUsage(request.error());
    (*request)["command"] = "bench";
    if (!request->contains("threads"))
        (*request)["threads"] = 1;
    if (const auto what = context.arguments().value("--what"))
        (*request)["what"] = *what;
    auto repeats = context.arguments().integer("--repeats", 1, 100);
    if (!repeats)
        return context.wrongUsage(repeats.error());
    if (*repeats)
        (*request)["repeats"] = **repeats;
    auto reply = context.ask(*request);
    if (!reply)
        return fail(reply.error());
    auto printed = context.json() ? context.print(reply->body) : context.print(benchText(reply->body));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
