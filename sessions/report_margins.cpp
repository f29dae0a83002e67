#include "core/base/budget.h"
#include "core/base/command_line.h"
#include "core/base/json_fields.h"
#include "sessions/markup.h"
#include "sessions/number_text.h"
#include "sessions/report_parts.h"

#include <algorithm>

namespace winnow {
namespace {

    std::string block(const char *title, const std::string &body)
    {
        return body.empty() ? "" : std::string("<h4>") + title + "</h4>\n" + body;
    }

    std::string lines(const std::vector<std::string> &texts)
    {
        std::string html;
        for (const std::string &text : texts) {
            if (!text.empty())
                html += "<div>" + escapedMarkup(text) + "</div>\n";
        }
        return html;
    }

    std::string shortHash(const std::string &hash)
    {
        return hash.size() < 16 ? hash
                                : hash.substr(0, 8) + "\xE2\x80\xA6" + hash.substr(hash.size() - 5);
    }

    std::string measuredOn(const ReportData &data)
    {
        const ComparedRun *lead = leadingRun(data);
        if (!lead)
            return {};
        const Json &provenance = childField(lead->report->body(), "provenance");
        double wall = 0, peak = 0;
        for (const ComparedRun &run : data.runs) {
            const Json &own
                = run.report ? childField(run.report->body(), "provenance") : provenance;
            wall += run.report ? std::max(numberField(own, "wallMs"), 0.0) : 0;
            peak = std::max(peak, numberField(own, "peakRssBytes"));
        }
        const std::string version = stringField(provenance, "version"),
                          hash = stringField(lead->report->model(), "sha256");
        const int64_t threads = integerField(provenance, "threads");
        std::string machine = stringField(provenance, "machine");
        if (threads > 0)
            machine.append(machine.empty() ? "" : ", ")
                .append(std::to_string(threads))
                .append(threads == 1 ? " thread" : " threads");
        const Json &seed = childField(provenance, "seed");
        return lines({ machine,
            version.empty()
                ? ""
                : "Winnow " + version + (seed.is_number() ? ", seed " + jsonText(seed) : ""),
            hash.empty() ? "" : "Model " + shortHash(hash),
            peak > 0 ? "Peak memory " + byteText(peak) : "",
            wall > 0 ? "Wall time " + durationText(wall) : "" });
    }

    std::string repeatBlock(const ReportData &data)
    {
        const auto at = std::find_if(data.runs.begin(), data.runs.end(),
            [](const ComparedRun &run) { return !run.baseline; });
        if (at == data.runs.end())
            return {};
        const Json request = at->report && at->report->request().is_object() ? at->report->request()
                                                                             : at->record.request;
        CommandFiles files;
        files.request = "run-" + at->letter() + ".json";
        const InputRecord *input = inputOf(data, *at);
        if (input && input->kind == "text")
            files.text = input->name;
        const Command command = commandFor(request, files, data.methods);
        std::string html = "<pre>" + escapedMarkup(shellBlock(command)) + "</pre>\n";
        if (command.needsRequestFile)
            html += "<p>"
                + dataLink(files.request, files.request, "application/json", jsonText(request, 1))
                + "</p>\n";
        return block(("Repeat run " + at->letter()).c_str(), html);
    }

    std::string textBlock(const ReportData &data)
    {
        std::string html;
        for (const InputRecord &input : data.inputs) {
            const bool used = std::any_of(data.runs.begin(), data.runs.end(),
                [&](const ComparedRun &run) { return run.record.inputId == input.id; });
            if (!used)
                continue;
            const std::string licence = stringField(input.extra, "licence"),
                              source = stringField(input.extra, "source");
            html += "<div>"
                + dataLink(input.name, input.name,
                    input.kind == "text" ? "text/plain;charset=utf-8" : "application/octet-stream",
                    input.content);
            for (const std::string &part : { source, licence }) {
                if (!part.empty())
                    html += ", " + escapedMarkup(part);
            }
            html += "</div>\n";
        }
        return html;
    }

    std::string mark(
        const char *badge, const char *label, size_t count, const char *one, const char *many)
    {
        return std::string("<div><span class=\"badge ") + badge + "\">" + label + "</span> "
            + (count == 0
                    ? std::string("none")
                    : groupedText(static_cast<int64_t>(count)) + " " + (count == 1 ? one : many))
            + "</div>\n";
    }

    std::string marksBlock(const ReportData &data)
    {
        size_t measured = data.cells, forecast = 0, nominal = 0;
        for (const ComparedRun &run : data.runs) {
            measured += run.report ? 1 : 0;
            forecast += run.report ? 0 : 1;
            nominal += runNumbers(run, data.runs).nominalOnly ? 1 : 0;
        }
        return mark("ok", "measured", measured, "cell", "cells")
            + mark("plain", "forecast", forecast, "run", "runs")
            + mark("warn", "nominal only", nominal, "run", "runs");
    }

    std::string link(const std::string &target, const std::string &title, const char *level = "")
    {
        return "<a" + std::string(level) + " href=\"#" + target + "\">" + escapedMarkup(title)
            + "</a>\n";
    }

} // namespace

std::string marginHtml(const ReportData &data)
{
    return block("Measured on", measuredOn(data)) + repeatBlock(data)
        + block("Text", textBlock(data)) + block("Marks", marksBlock(data));
}

std::string contentsHtml(const ReportData &data)
{
    std::string html = link("summary", "Summary", " class=\"here\"");
    for (size_t i = 0; i < data.content.figures.size(); ++i)
        html += link("figure-" + std::to_string(i + 1), data.content.figures[i].title);
    if (const std::string title = keptTitle(data); !title.empty())
        html += link("kept", title);
    if (!data.runs.empty())
        html += link("runs", "Runs");
    for (const ComparedRun &run : data.runs) {
        const std::string budget = run.budget();
        html += link("run-" + run.letter(),
            run.letter() + " " + run.record.name
                + (run.baseline || budget.empty() ? "" : ", " + budget),
            " class=\"sub\"");
    }
    if (!checksHtml(data).empty())
        html += link("checks", "Checks");
    if (!data.notes.empty())
        html += link("notes", "Notes");
    if (leadingRun(data))
        html += link("provenance", "Provenance");
    return html;
}

} // namespace winnow
