#include "cli/command.h"
#include "cli/report_text.h"
#include "cli/request_builder.h"
#include "cli/run_options.h"
#include "cli/segment_options.h"
#include "cli/segment_text.h"
#include "cli/session_recorder.h"
#include "core/base/json_fields.h"
#include "sessions/atomic_file.h"

#include <filesystem>
#include <optional>

namespace winnow {
namespace {

    /// Writes the report, and the curves of a sweep, into --out.
    Result<void> writeOutputs(CommandContext &context, const Report &report)
    {
        const auto out = context.arguments().value("--out");
        if (!out)
            return {};
        auto folder = makeFolder(*out);
        if (!folder)
            return fail(folder.error());
        const std::filesystem::path base = *folder;
        std::vector<std::pair<std::string, std::string>> files{{"report.json", jsonText(report.toCliJson(), 1) + '\n'}};
        if (const auto curves = report.curves(); stringField(report.request(), "command") == "sweep" && !curves.empty())
            files.emplace_back("curves.csv", curvesCsv(curves));
        for (const auto &[name, text] : files) {
            const std::string path = (base / name).string();
            if (auto written = writeFileAtomically(path, text); !written)
                return written;
            context.say(path);
        }
        return {};
    }

    std::string methodTitle(const Report &report)
    {
        const std::string id = stringField(report.request(), "method");
        return methodTitleOf(id);
    }

    Result<int> finish(CommandContext &context, const Report &report)
    {
        if (auto written = writeOutputs(context, report); !written)
            return fail(written.error());
        auto printed = context.json() ? context.print(report.toCliJson()) : context.print(report.segmentations().empty() ? reportText(report) : segmentText(report));
        return printed ? Result<int>(kExitDone) : fail(printed.error());
    }

    /// A sweep tells its cells one by one; those of an earlier, interrupted sweep are taken from the session.
    Result<Document> askSweep(CommandContext &context, Json request, std::optional<SessionRecorder> &recorder)
    {
        std::optional<Error> trouble;
        std::stop_source stop;
        if (recorder) {
            auto known = recorder->knownCells();
            if (!known)
                return fail(known.error());
            request["knownCells"] = std::move(*known);
        }
        const PartSink part = [&](Document document) {
            const Report report(std::move(document));
            context.say(cellLine(report));
            if (!recorder || trouble)
                return;
            if (auto recorded = recorder->recordCell(report); !recorded) {
                trouble = recorded.error();
                context.interrupt().stop();
            }
        };
        auto reply = context.ask(request, part);
        if (trouble)
            return fail(*trouble);
        if (!reply && reply.error().code == ErrorCode::Cancelled && recorder)
            return fail(ErrorCode::Cancelled, "interrupted",
                "finished cells are in " + recorder->path() + "; the same command goes on from there");
        return reply;
    }

    Result<int> runMeasured(CommandContext &context, const std::string &command)
    {
        auto request = runRequest(context.arguments(), command);
        if (!request) {
            const bool usage = request.error().code == ErrorCode::BadInput;
            return usage ? Result<int>(context.wrongUsage(request.error())) : fail(request.error());
        }
        std::optional<SessionRecorder> recorder;
        if (const auto path = context.arguments().value("--session")) {
            auto opened = SessionRecorder::open(*path);
            if (!opened)
                return fail(opened.error());
            recorder = std::move(*opened);
        }
        // Many results, each as it is ready; lines that one segmenter cuts are one result, wherever they come from.
        const bool sweep = request->at("command") == "sweep" || (request->contains("dataset") && !isSegmentation(*request));
        auto reply = sweep ? askSweep(context, *request, recorder) : context.ask(*request);
        if (!reply)
            return fail(reply.error());
        const Report report(std::move(*reply));
        if (recorder && !sweep) {
            auto recorded = recorder->recordRun(report, methodTitle(report));
            if (!recorded)
                return fail(recorded.error());
        }
        return finish(context, report);
    }

} // namespace

Result<int> runRun(CommandContext &context) { return runMeasured(context, "run"); }
Result<int> runSweepCommand(CommandContext &context) { return runMeasured(context, "sweep"); }
Result<int> runGenerate(CommandContext &context) { return runMeasured(context, "generate"); }

} // namespace winnow
