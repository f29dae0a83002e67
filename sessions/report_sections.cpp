#include "core/base/budget.h"
#include "core/base/json_fields.h"
#include "sessions/base64.h"
#include "sessions/markup.h"
#include "sessions/number_text.h"
#include "sessions/report_parts.h"

#include <array>

namespace winnow {
namespace {

    std::string section(const std::string &id, const std::string &title, const std::string &body)
    {
        return "<section id=\"" + id + "\">\n<h2>" + escapedMarkup(title) + "</h2>\n" + body
            + "</section>\n";
    }

    std::string runTitle(const ComparedRun &run)
    {
        const std::string budget = run.budget();
        return run.record.name + (run.baseline || budget.empty() ? "" : ", " + budget);
    }

    const char *deltaClass(const std::optional<double> &value)
    {
        if (!value || *value == 0)
            return "";
        return *value > 0 ? " class=\"worse\"" : " class=\"better\"";
    }

    std::string cellHtml(const std::string &text, const char *attribute = "")
    {
        return "<td" + std::string(attribute) + ">" + escapedMarkup(text) + "</td>";
    }

    std::string runRow(const ReportData &data, const Table &table, size_t row)
    {
        const ComparedRun &run = data.runs[row];
        const RunNumbers numbers = runNumbers(run, data.runs);
        std::string html = "<tr><td>" + letterChip(run.record.letter)
            + "</td><td class=\"text\"><a href=\"#run-" + run.letter() + "\">"
            + escapedMarkup(run.record.name) + "</a>" + (run.baseline ? ", baseline" : "")
            + (numbers.nominalOnly ? " <span class=\"badge warn\">nominal only</span>" : "")
            + "</td>";
        // Columns of compareTable from the budget on, without NLL and checks: they stand in the
        // sections below.
        for (const size_t column : { 2, 4, 5, 6, 7, 8, 9 }) {
            const char *attribute = column == 4 ? deltaClass(numbers.deltaNll)
                : column == 8                   ? deltaClass(numbers.deltaStored)
                                                : "";
            std::string text = cellText(table, row, column);
            if (column == 8 && numbers.deltaStored)
                text += " %";
            html += cellHtml(text, attribute);
        }
        return html + "</tr>\n";
    }

    std::string fact(const std::string &name, const std::string &value)
    {
        return "<dt>" + escapedMarkup(name) + "</dt><dd>" + escapedMarkup(value) + "</dd>";
    }

    std::string bytesOrDash(double bytes) { return bytes < 0 ? kNotMeasured : byteText(bytes); }

    std::string savingsFacts(const Savings &savings)
    {
        std::string html = fact("Nominal", bytesOrDash(savings.nominalBytes))
            + fact("Stored", bytesOrDash(savings.nativeBytes))
            + fact("Allocated", bytesOrDash(savings.allocatedBytes))
            + fact("Full cache", bytesOrDash(savings.fullBytes));
        const std::array<std::pair<const char *, double>, 4> times {
            { { "Prefill", savings.prefillMs }, { "Selection", savings.selectMs },
                { "Compression", savings.compressMs }, { "Decode per token", savings.msPerToken } }
        };
        for (const auto &[name, value] : times) {
            if (value >= 0)
                html += fact(name, durationText(value));
        }
        return html;
    }

    std::string parameterText(const Json &parameters)
    {
        std::string text;
        if (!parameters.is_object())
            return text;
        for (const auto &[name, value] : parameters.items())
            text.append(text.empty() ? "" : ", ")
                .append(name)
                .append(" ")
                .append(value.is_string() ? value.get<std::string>() : jsonText(value));
        return text;
    }

    std::string runDetail(const ComparedRun &run)
    {
        std::string how = stringField(run.record.request, "method");
        if (const std::string text = parameterText(childField(run.record.request, "params"));
            !text.empty())
            how += ": " + text;
        std::string facts;
        std::string notices;
        if (run.report) {
            facts += savingsFacts(run.report->savings());
            for (const auto &[name, value] : run.report->metrics())
                facts += fact(name, fixedText(value, 4));
            for (const std::string &notice : run.report->notices())
                notices += "<p class=\"notice\">" + escapedMarkup(notice) + "</p>\n";
        } else {
            notices = "<p class=\"hint\">Not measured.</p>\n";
        }
        return "<h3 id=\"run-" + run.letter() + "\">" + letterChip(run.record.letter) + " "
            + escapedMarkup(runTitle(run)) + "</h3>\n<p class=\"hint\">" + escapedMarkup(how)
            + "</p>\n<dl class=\"facts\">" + facts + "</dl>\n" + notices;
    }

    std::string figureLinks(const ReportFigure &figure, const std::string &name)
    {
        std::vector<std::string> links;
        const auto bytesView = [](const std::vector<std::byte> &bytes) {
            return std::string_view(reinterpret_cast<const char *>(bytes.data()), bytes.size());
        };
        if (!figure.svg.empty())
            links.push_back(dataLink("SVG", name + ".svg", "image/svg+xml", figure.svg));
        if (!figure.png.empty())
            links.push_back(dataLink("PNG", name + ".png", "image/png", bytesView(figure.png)));
        if (!figure.pdf.empty())
            links.push_back(
                dataLink("PDF", name + ".pdf", "application/pdf", bytesView(figure.pdf)));
        if (!figure.csv.empty())
            links.push_back(dataLink("CSV", name + ".csv", "text/csv", figure.csv));
        if (!figure.recipe.is_null())
            links.push_back(
                dataLink("recipe", name + ".json", "application/json", jsonText(figure.recipe, 1)));
        std::string html;
        for (const std::string &link : links)
            html.append(html.empty() ? "" : " · ").append(link);
        return html;
    }

    std::string pictureHtml(const ReportFigure &figure)
    {
        const std::string alt
            = " alt=\"" + escapedMarkup(figure.title + ". " + figure.caption) + "\"";
        if (figure.svg.empty())
            return figure.png.empty()
                ? ""
                : "<img" + alt + " src=\"data:image/png;base64," + base64(figure.png) + "\">\n";
        const std::string prefix = "data:image/svg+xml;base64,";
        std::string html = "<picture>";
        if (!figure.svgDark.empty())
            html += "<source media=\"(prefers-color-scheme: dark)\" srcset=\"" + prefix
                + base64(figure.svgDark) + "\">";
        return html + "<img" + alt + " src=\"" + prefix + base64(figure.svg) + "\"></picture>\n";
    }

} // namespace

std::string dataLink(const std::string &label, const std::string &fileName, const char *mimeType,
    std::string_view bytes)
{
    return "<a download=\"" + escapedMarkup(fileName) + "\" href=\"data:" + mimeType + ";base64,"
        + base64(bytes) + "\">" + escapedMarkup(label) + "</a>";
}

std::string letterChip(int letter)
{
    return "<span class=\"chip r" + std::to_string((letter < 0 ? 0 : letter) % 8) + "\">"
        + letterText(letter) + "</span>";
}

std::string runsTableHtml(const ReportData &data)
{
    if (data.runs.empty())
        return "<p class=\"hint\">The session holds no runs.</p>\n";
    const Table table = compareTable(data.runs);
    std::string html = "<div class=\"wide\"><table class=\"runs\">\n<thead><tr><th></th><th "
                       "class=\"text\">Run</th>";
    for (const size_t column : { 2, 4, 5, 6, 7, 8, 9 }) {
        const TableColumn &head = table.columns[column];
        html += "<th>" + escapedMarkup(head.title)
            + (head.unit.empty() || column == 8
                    ? ""
                    : " <small>" + escapedMarkup(head.unit) + "</small>")
            + "</th>";
    }
    html += "</tr></thead>\n<tbody>\n";
    for (size_t row = 0; row < data.runs.size(); ++row)
        html += runRow(data, table, row);
    return html + "</tbody></table></div>\n<p class=\"links\">"
        + dataLink("CSV", "runs.csv", "text/csv", csvText(table)) + " · "
        + dataLink("JSON", "runs.json", "application/json", jsonTableText(table)) + " · "
        + dataLink("LaTeX", "runs.tex", "application/x-tex", latexText(table)) + "</p>\n";
}

std::string figuresHtml(const ReportData &data)
{
    std::string html;
    for (size_t i = 0; i < data.content.figures.size(); ++i) {
        const ReportFigure &figure = data.content.figures[i];
        const std::string number = std::to_string(i + 1);
        html += section("figure-" + number, figure.title,
            "<figure>\n" + pictureHtml(figure) + "<figcaption><b>Figure " + number + ".</b> "
                + escapedMarkup(figure.caption) + " " + figureLinks(figure, "figure-" + number)
                + "</figcaption>\n</figure>\n");
    }
    return html;
}

std::string runDetailsHtml(const ReportData &data)
{
    if (data.runs.empty())
        return {};
    std::string html;
    for (const ComparedRun &run : data.runs)
        html += runDetail(run);
    return section("runs", "Runs", html);
}

std::string checksHtml(const ReportData &data)
{
    std::string failed, passed;
    for (const ComparedRun &run : data.runs) {
        if (!run.report)
            continue;
        for (const Check &check : run.report->checks()) {
            std::string row = "<tr><td>" + letterChip(run.record.letter)
                + "</td><td class=\"text\">"
                + escapedMarkup(check.title.empty() ? check.id : check.title)
                + (check.where.empty() ? "" : ", " + escapedMarkup(check.where)) + "</td>"
                + cellHtml(check.expected, " class=\"text\"")
                + cellHtml(check.found, " class=\"text\"") + "<td><span class=\"badge "
                + (check.ok ? "ok\">passed" : "err\">failed") + "</span></td></tr>\n";
            (check.ok ? passed : failed) += row;
        }
    }
    if (failed.empty() && passed.empty())
        return {};
    return section("checks", "Checks",
        "<div class=\"wide\"><table>\n<thead><tr><th></th><th class=\"text\">Check</th><th "
        "class=\"text\">Expected</th><th class=\"text\">Found</th>"
        "<th></th></tr></thead>\n<tbody>\n"
            + failed + passed + "</tbody></table></div>\n");
}

std::string notesHtml(const ReportData &data)
{
    std::string html;
    for (const NoteRecord &note : data.notes)
        html += (note.title.empty() ? "" : "<h3>" + escapedMarkup(note.title) + "</h3>\n")
            + "<p class=\"note\">" + escapedMarkup(note.text) + "</p>\n";
    return html.empty() ? html : section("notes", "Notes", html);
}

std::string provenanceHtml(const ReportData &data)
{
    std::string rows;
    for (const ComparedRun &run : data.runs) {
        if (!run.report)
            continue;
        const Json &provenance = childField(run.report->body(), "provenance");
        const Json model = run.report->model();
        const auto seed = integerField(provenance, "seed", -1);
        rows += "<tr><td>" + letterChip(run.record.letter) + "</td>"
            + cellHtml(stringField(model, "name"), " class=\"text\"")
            + cellHtml(stringField(provenance, "started"), " class=\"text\"")
            + cellHtml(stringField(provenance, "version") + " "
                    + stringField(provenance, "commit").substr(0, 8),
                " class=\"text\"")
            + cellHtml(std::to_string(integerField(provenance, "threads")))
            + cellHtml(seed < 0 ? kNotMeasured : std::to_string(seed))
            + cellHtml(durationText(numberField(provenance, "wallMs", -1)))
            + cellHtml(bytesOrDash(numberField(provenance, "peakRssBytes", -1))) + "</tr>\n";
    }
    if (rows.empty())
        return {};
    std::string html = "<div class=\"wide\"><table>\n<thead><tr><th></th><th "
                       "class=\"text\">Model</th><th class=\"text\">Started</th>"
                       "<th class=\"text\">Version</th><th>Threads</th><th>Seed</th><th>Wall "
                       "time</th><th>Peak memory</th></tr></thead>\n<tbody>\n"
        + rows + "</tbody></table></div>\n";
    if (const ComparedRun *lead = leadingRun(data)) {
        const std::string hash = stringField(lead->report->model(), "sha256");
        if (!hash.empty())
            html += "<p class=\"hash\">SHA-256 of the model: <code>" + escapedMarkup(hash)
                + "</code></p>\n";
    }
    return section("provenance", "Provenance", html);
}

} // namespace winnow
