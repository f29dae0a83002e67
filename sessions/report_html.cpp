#include "sessions/report_html.h"

#include "core/base/json_fields.h"
#include "sessions/clock.h"
#include "sessions/embedded_file.h"
#include "sessions/markup.h"
#include "sessions/number_text.h"
#include "sessions/report_parts.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    std::string pageFile(std::string_view name)
    {
        for (const EmbeddedFile &file : reportpage::files()) {
            if (file.name == name)
                return std::string(file.text);
        }
        return {};
    }

    Result<std::vector<ComparedRun>> chosenRuns(
        const Session &session, const ReportContent &content)
    {
        auto runs = comparedRuns(session);
        if (!runs || content.runIds.empty())
            return runs;
        std::vector<ComparedRun> chosen;
        for (const int64_t id : content.runIds) {
            const auto at = std::find_if(runs->begin(), runs->end(),
                [&](const ComparedRun &run) { return run.record.id == id; });
            if (at == runs->end())
                return fail(ErrorCode::NotFound,
                    session.path() + " holds no run with id " + std::to_string(id));
            chosen.push_back(*at);
        }
        std::sort(chosen.begin(), chosen.end(), [](const ComparedRun &a, const ComparedRun &b) {
            return a.record.letter < b.record.letter;
        });
        return chosen;
    }

    std::vector<MethodInfo> storedMethods(const Session &session)
    {
        std::vector<MethodInfo> methods;
        const Result<Json> listed = session.state("methods");
        if (!listed || !listed->is_array())
            return methods;
        for (const Json &entry : *listed) {
            if (Result<MethodInfo> info = methodInfoFromJson(entry))
                methods.push_back(std::move(*info));
        }
        return methods;
    }

} // namespace

Result<ReportData> reportData(const Session &session, const ReportContent &content)
{
    ReportData data;
    data.content = content;
    auto runs = chosenRuns(session, content);
    if (!runs)
        return fail(runs.error());
    data.runs = std::move(*runs);
    auto inputs = session.inputs();
    if (!inputs)
        return fail(inputs.error());
    data.inputs = std::move(*inputs);
    auto notes = session.notes();
    if (!notes)
        return fail(notes.error());
    data.notes = std::move(*notes);
    const auto cells = session.cells();
    if (!cells)
        return fail(cells.error());
    data.cells = cells->size();
    data.methods = storedMethods(session);
    return data;
}

std::string reportSubtitle(const ReportData &data)
{
    std::vector<std::string> parts;
    if (const ComparedRun *lead = leadingRun(data)) {
        const Json model = lead->report->model(), request = lead->report->request();
        std::string device = stringField(model, "device");
        std::transform(device.begin(), device.end(), device.begin(),
            [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        parts.push_back(
            stringField(model, "name") + ", " + stringField(model, "dtype") + " on " + device);
        const InputRecord *input = inputOf(data, *lead);
        const auto kept = lead->report->keptTokens();
        const auto tokens
            = kept ? kept->tokens : static_cast<int64_t>(lead->report->ids().size());
        std::string text = (input ? input->name + ", " : "") + groupedText(tokens) + " tokens";
        if (const int64_t scored = integerField(request, "scoreLast"); scored > 0)
            text += ", " + groupedText(scored) + " scored";
        parts.push_back(text);
    }
    parts.push_back(dateText(data.content.date.empty() ? utcNow() : data.content.date));
    if (!data.content.sessionName.empty())
        parts.push_back(data.content.sessionName);
    std::string line;
    for (const std::string &part : parts)
        line.append(line.empty() ? "" : " \xC2\xB7 ").append(part);
    return line;
}

std::string reportTitle(const Session &session, const ReportData &data)
{
    if (!data.content.title.empty())
        return data.content.title;
    const Result<Json> stored = session.state("title");
    if (stored && stored->is_string() && !stored->get_ref<const std::string &>().empty())
        return stored->get<std::string>();
    return defaultTitle(data.runs);
}

const ComparedRun *leadingRun(const ReportData &data)
{
    const auto at = std::find_if(data.runs.begin(), data.runs.end(),
        [](const ComparedRun &run) { return run.report != nullptr; });
    return at == data.runs.end() ? nullptr : &*at;
}

const InputRecord *inputOf(const ReportData &data, const ComparedRun &run)
{
    const auto at = std::find_if(data.inputs.begin(), data.inputs.end(),
        [&](const InputRecord &input) { return input.id == run.record.inputId; });
    return at == data.inputs.end() ? nullptr : &*at;
}

Result<std::string> reportHtml(const Session &session, const ReportContent &content)
{
    const Result<ReportData> read = reportData(session, content);
    if (!read)
        return fail(read.error());
    const ReportData &data = *read;
    const std::string title = reportTitle(session, data);
    // The slots stand in this order, so that text of the session can never be taken for one.
    std::string page;
    std::string rest = pageFile("report.html");
    const std::array<std::pair<std::string_view, std::string>, 13> slots {
        { { "title", escapedMarkup(title) }, { "style", pageFile("report.css") },
            { "contents", contentsHtml(data) }, { "heading", escapedMarkup(title) },
            { "subtitle", escapedMarkup(reportSubtitle(data)) },
            { "summary", escapedMarkup(summarySentence(data.runs)) },
            { "table", runsTableHtml(data) }, { "figures", figuresHtml(data) },
            { "kept", keptTokensHtml(data) }, { "runs", runDetailsHtml(data) },
            { "rest", checksHtml(data) + notesHtml(data) + provenanceHtml(data) },
            { "margin", marginHtml(data) }, { "script", pageFile("report.js") } }
    };
    for (const auto &[name, value] : slots) {
        const std::string slot = "{{" + std::string(name) + "}}";
        const size_t at = rest.find(slot);
        if (at == std::string::npos)
            return fail(
                ErrorCode::Internal, "the report page has no place for " + std::string(name));
        page.append(rest, 0, at).append(value);
        rest.erase(0, at + slot.size());
    }
    return page + rest;
}

} // namespace winnow
