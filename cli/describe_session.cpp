#include "cli/command.h"
#include "cli/text_table.h"
#include "core/base/budget.h"
#include "core/base/json_fields.h"
#include "sessions/session.h"

namespace winnow {
namespace {

    /// The session a command is about: --session, or the one word on the command line.
    Result<std::string> sessionPath(const CommandContext &context)
    {
        const auto &words = context.arguments().positional();
        if (const auto path = context.arguments().value("--session"); path && words.empty())
            return *path;
        if (words.size() == 1 && !context.arguments().has("--session"))
            return words.front();
        return fail(ErrorCode::BadInput, "expected one session file", "winnow-cli " + context.name() + " F.winnow");
    }

    std::string letterText(int letter)
    {
        std::string text(1, static_cast<char>('A' + letter % 26));
        return letter < 26 ? text : text + std::to_string(letter / 26 + 1);
    }

    Json inputJson(const InputRecord &input)
    {
        return {{"id", input.id}, {"name", input.name}, {"kind", input.kind}, {"bytes", input.content.size()},
            {"extra", input.extra}};
    }

    Result<Json> runJson(const Session &session, const RunRecord &run)
    {
        Json json{{"id", run.id}, {"letter", letterText(run.letter)}, {"name", run.name}, {"input", run.inputId},
            {"request", run.request}, {"pinned", run.pinned}, {"measured", run.hasReport}, {"created", run.created},
            {"metrics", Json::object()}, {"savings", Json()}};
        if (!run.hasReport)
            return json;
        auto report = session.report(run.id);
        if (!report)
            return fail(report.error());
        json["metrics"] = childField((*report)->body(), "metrics");
        json["savings"] = childField((*report)->body(), "savings");
        int64_t failed = 0;
        for (const Check &check : (*report)->checks())
            failed += !check.ok;
        json["failedChecks"] = failed;
        return json;
    }

    Result<Json> sessionJson(const Session &session)
    {
        auto inputs = session.inputs();
        auto runs = session.runs();
        auto cells = session.cells();
        auto figures = session.figures();
        auto notes = session.notes();
        auto model = session.state("model");
        if (!inputs || !runs || !model)
            return fail(!inputs ? inputs.error() : !runs ? runs.error() : model.error());
        if (!cells || !figures || !notes)
            return fail(!cells ? cells.error() : !figures ? figures.error() : notes.error());
        Json json{{"path", session.path()}, {"model", std::move(*model)}, {"unsavedChanges", session.unsavedChanges()}};
        for (const char *name : {"inputs", "runs", "cells", "figures", "notes"})
            json[name] = Json::array();
        for (const InputRecord &input : *inputs)
            json["inputs"].push_back(inputJson(input));
        for (const RunRecord &run : *runs) {
            auto entry = runJson(session, run);
            if (!entry)
                return entry;
            json["runs"].push_back(std::move(*entry));
        }
        for (const CellRecord &cell : *cells)
            json["cells"].push_back({{"key", cell.key}, {"run", cell.runId}, {"method", childField(cell.recipe, "method")},
                {"budget", childField(cell.recipe, "budget")}});
        for (const FigureRecord &figure : *figures)
            json["figures"].push_back({{"id", figure.id}, {"name", figure.name}, {"view", figure.view}});
        for (const NoteRecord &note : *notes)
            json["notes"].push_back({{"id", note.id}, {"title", note.title}, {"text", note.text}});
        return json;
    }

    std::string metricCell(const Json &run, const char *name)
    {
        const auto value = numberFromJson(childField(run.at("metrics"), name));
        return value ? shortNumber(*value) : "-";
    }

    std::string sessionText(const Json &session)
    {
        std::string text = stringField(session, "path") + "\nmodel: " + stringField(session.at("model"), "name", "none") + '\n';
        TextTable inputs({"input", "name", "kind", "size"});
        for (const Json &input : session.at("inputs"))
            inputs.row({jsonText(input.at("id")), stringField(input, "name"), stringField(input, "kind"),
                byteText(numberField(input, "bytes"))});
        TextTable runs({"run", "name", "method", "budget", "nll", "delta nll", "KL", "stored", "checks"});
        for (const Json &run : session.at("runs")) {
            const Json &request = run.at("request");
            const double stored = numberField(run.at("savings"), "nativeBytes", -1);
            const bool measured = flagField(run, "measured");
            runs.row({stringField(run, "letter"), stringField(run, "name"), stringField(request, "method"),
                stringField(request, "budget", "100%"), metricCell(run, "nll"), metricCell(run, "deltaNll"), metricCell(run, "kl"),
                stored < 0 ? "-" : byteText(stored),
                !measured ? "not measured" : integerField(run, "failedChecks") == 0 ? "ok" : "FAILED"});
        }
        text += '\n' + inputs.text() + '\n' + runs.text() + '\n';
        for (const char *name : {"cells", "figures", "notes"})
            text += std::string(name) + ": " + std::to_string(session.at(name).size()) + '\n';
        return text;
    }

} // namespace

Result<int> runDescribeSession(CommandContext &context)
{
    auto path = sessionPath(context);
    if (!path)
        return context.wrongUsage(path.error());
    auto session = Session::openReadOnly(*path);
    if (!session)
        return fail(session.error());
    auto json = sessionJson(**session);
    if (!json)
        return fail(json.error());
    auto printed = context.json() ? context.print(*json) : context.print(sessionText(*json));
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

Result<int> runCheckSession(CommandContext &context)
{
    auto path = sessionPath(context);
    if (!path)
        return context.wrongUsage(path.error());
    auto problems = checkSession(*path, context.arguments().has("--repair"));
    if (!problems)
        return fail(problems.error());
    Json json{{"path", *path}, {"problems", Json::array()}};
    std::string text;
    bool clean = true;
    for (const SessionProblem &problem : *problems) {
        clean = clean && problem.repaired;
        json["problems"].push_back({{"where", problem.where}, {"what", problem.what}, {"repaired", problem.repaired}});
        text += problem.where + ": " + problem.what + (problem.repaired ? " (repaired)" : "") + '\n';
    }
    json["ok"] = clean;
    if (problems->empty())
        text = *path + ": no problems\n";
    auto printed = context.json() ? context.print(json) : context.print(text);
    if (!printed)
        return fail(printed.error());
    return clean ? kExitDone : kExitFailed;
}

} // namespace winnow
