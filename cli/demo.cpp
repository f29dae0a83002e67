#include "cli/child_process.h"
#include "cli/command.h"
#include "cli/report_text.h"
#include "cli/request_builder.h"
#include "cli/session_recorder.h"
#include "core/base/json_fields.h"

#include <filesystem>
#include <optional>

namespace winnow {
namespace {

    struct DemoPlan {
        Json recipe;
        Json base; // model, input and what is scored
    };

    Result<DemoPlan> demoPlan(const CommandContext &context)
    {
        // In the source tree the recipe lies two folders above the programs (build/bin).
        const std::string path = context.arguments().value("--recipe").value_or(
            std::filesystem::path(siblingProgram("../../resources/demo/demo.json")).lexically_normal().string());
        auto recipe = readJsonFile(path);
        if (!recipe)
            return fail(recipe.error());
        const Json &input = childField(*recipe, "input");
        const auto folder = std::filesystem::path(path).parent_path();
        auto text = readTextFile((folder / stringField(input, "file")).string());
        if (!text)
            return fail(text.error());
        auto model = modelFields(context.arguments());
        if (!model)
            return fail(model.error());
        if (!model->contains("model"))
            (*model)["model"] = childField(*recipe, "model");
        (*model)["input"] = {{"text", std::move(*text)}, {"name", stringField(input, "name")}};
        (*model)["scoreLast"] = integerField(*recipe, "scoreLast", 64);
        return DemoPlan{std::move(*recipe), std::move(*model)};
    }

    /// Title and input as the window makes them: what the recipe says about the text stands beside it.
    Result<void> addTitledInput(SessionRecorder &recorder, const DemoPlan &plan)
    {
        InputRecord input = inputRecordOf(plan.base);
        const Json &about = childField(plan.recipe, "input");
        for (const char *name : {"licence", "fact"}) {
            if (about.contains(name))
                input.extra[name] = about.at(name);
        }
        if (auto titled = recorder.session().setState("title", stringField(plan.recipe, "title")); !titled)
            return titled;
        return recorder.addInput(std::move(input));
    }

    Result<void> addNote(SessionRecorder &recorder, const Json &note)
    {
        auto notes = recorder.session().notes();
        if (!notes)
            return fail(notes.error());
        if (!note.is_object() || !notes->empty())
            return {};
        auto added = recorder.session().addNote({0, stringField(note, "title"), stringField(note, "text")});
        return added ? Result<void>() : fail(added.error());
    }

    Result<void> measureRuns(CommandContext &context, SessionRecorder &recorder, const DemoPlan &plan)
    {
        for (const Json &entry : childField(plan.recipe, "runs")) {
            Json request = plan.base;
            addFields(request, {{"command", "run"}, {"method", stringField(entry, "method")}, {"measure", true}});
            for (const char *name : {"budget", "params"}) {
                if (entry.contains(name))
                    request[name] = entry.at(name);
            }
            auto reply = context.ask(request);
            if (!reply)
                return fail(reply.error());
            const Report report(std::move(*reply));
            auto id = recorder.recordRun(report, methodTitleOf(stringField(entry, "method")));
            if (!id)
                return fail(id.error());
            context.say(cellLine(report));
            if (!flagField(entry, "baseline"))
                continue;
            if (auto set = recorder.session().setState("baseline", *id); !set)
                return set;
        }
        return {};
    }

    Result<void> measureSweep(CommandContext &context, SessionRecorder &recorder, const DemoPlan &plan)
    {
        const Json &sweep = childField(plan.recipe, "sweep");
        if (!sweep.is_object())
            return {};
        Json request = plan.base;
        addFields(request, {{"command", "sweep"}, {"methods", childField(sweep, "methods")}, {"budgets", childField(sweep, "budgets")}});
        auto known = recorder.knownCells();
        if (!known)
            return fail(known.error());
        request["knownCells"] = std::move(*known);
        std::optional<Error> trouble;
        auto reply = context.ask(request, [&](Document part) {
            const Report report(std::move(part));
            context.say(cellLine(report));
            auto recorded = recorder.recordCell(report);
            if (!recorded && !trouble)
                trouble = recorded.error();
        });
        if (trouble)
            return fail(*trouble);
        return reply ? Result<void>() : fail(reply.error());
    }

} // namespace

Result<int> runDemo(CommandContext &context)
{
    const auto path = context.arguments().value("--session");
    if (!path)
        return context.wrongUsage({ErrorCode::BadInput, "no session to write", "give --session F.winnow"});
    auto plan = demoPlan(context);
    if (!plan)
        return fail(plan.error());
    auto recorder = SessionRecorder::open(*path);
    if (!recorder)
        return fail(recorder.error());
    if (auto added = addTitledInput(*recorder, *plan); !added)
        return fail(added.error());
    if (auto noted = addNote(*recorder, childField(plan->recipe, "note")); !noted)
        return fail(noted.error());
    if (auto measured = measureRuns(context, *recorder, *plan); !measured)
        return fail(measured.error());
    if (auto measured = measureSweep(context, *recorder, *plan); !measured)
        return fail(measured.error());
    if (auto saved = recorder->session().markSaved(); !saved)
        return fail(saved.error());
    auto printed = context.json() ? context.print(Json{{"session", *path}}) : context.print(*path + '\n');
    return printed ? Result<int>(kExitDone) : fail(printed.error());
}

} // namespace winnow
