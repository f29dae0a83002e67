#include "cli/command.h"
#include "cli/request_builder.h"
#include "cli/run_options.h"
#include "cli/segment_options.h"
#include "cli/segment_text.h"
#include "core/base/json_fields.h"

namespace winnow {
namespace {

    /// `train` and `teach`: a request with the fields of a run of a segmenter, its parts as lines.
    Result<int> runLearning(CommandContext &context, const std::string &command)
    {
        auto request = runRequest(context.arguments(), command);
        if (!request) {
            const bool usage = request.error().code == ErrorCode::BadInput;
            return usage ? Result<int>(context.wrongUsage(request.error())) : fail(request.error());
        }
        const PartSink part = [&](Document document) {
            const Json &line = document.body;
            context.say(std::to_string(integerField(line, "line")) + "  " + stringField(line, "reply")
                + (flagField(line, "altered") ? "  [altered]" : ""));
        };
        auto reply = context.ask(*request, part);
        if (!reply)
            return fail(reply.error());
        const Report report(std::move(*reply));
        auto printed = context.json() ? context.print(report.toCliJson()) : context.print(segmentText(report));
        return printed ? Result<int>(kExitDone) : fail(printed.error());
    }

} // namespace

Result<int> runTrain(CommandContext &context) { return runLearning(context, "train"); }
Result<int> runTeach(CommandContext &context) { return runLearning(context, "teach"); }

} // namespace winnow
