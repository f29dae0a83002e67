#include "cli/child_process.h"
#include "cli/command.h"
#include "cli/request_builder.h"
#include "core/base/json_fields.h"
#include "sessions/atomic_file.h"
#include "sessions/compare_table.h"
#include "sessions/table.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

namespace winnow {
namespace {

    constexpr std::array<const char *, 8> kFormats{"png", "svg", "pdf", "csv", "html", "report-pdf", "json", "tex"};

    struct ExportPlan {
        std::string session, folder;
        std::set<std::string> formats;
        std::set<std::string> only; // empty = everything
        bool list = false;

        bool wants(const std::string &name) const { return only.empty() || only.contains(name); }
    };

    struct NamedTable {
        std::string name;
        Table table;
    };

    Result<ExportPlan> exportPlan(const CommandContext &context)
    {
        const Arguments &arguments = context.arguments();
        ExportPlan plan;
        const auto &words = arguments.positional();
        const auto option = arguments.value("--session");
        if (words.size() + (option ? 1 : 0) != 1)
            return fail(ErrorCode::BadInput, "expected one session file", "winnow-cli export F.winnow --out DIR");
        plan.session = option ? *option : words.front();
        plan.list = arguments.has("--list");
        for (const std::string &name : arguments.values("--only")) {
            for (std::string &part : splitList(name))
                plan.only.insert(std::move(part));
        }
        for (std::string &format : splitList(arguments.value("--formats").value_or("png,svg,pdf,csv,html,report-pdf,json,tex"))) {
            if (std::find(kFormats.begin(), kFormats.end(), format) == kFormats.end())
                return fail(ErrorCode::BadInput, "--formats: unknown format \"" + format + "\"",
                    "known: png, svg, pdf, csv, html, report-pdf, json, tex");
            plan.formats.insert(std::move(format));
        }
        const auto out = arguments.value("--out");
        if (!out && !plan.list)
            return fail(ErrorCode::BadInput, "no folder to write to", "give --out DIR");
        plan.folder = out.value_or("");
        return plan;
    }

    /// Tables of a session: the compare table and the points of its sweep cells.
    Result<std::vector<NamedTable>> sessionTables(const Session &session)
    {
        auto runs = comparedRuns(session);
        if (!runs)
            return fail(runs.error());
        std::vector<NamedTable> tables;
        tables.push_back({"compare", compareTable(*runs)});
        auto cells = session.cells();
        if (!cells)
            return fail(cells.error());
        TableArtifact points{"sweep", "Cells of the sweeps",
            {"method", "budget", "nativeBytes", "nll", "deltaNll", "kl", "top1Agreement"},
            {"", "", "bytes", "nats/token", "nats/token", "nats/token", ""}, Json::array()};
        for (const CellRecord &cell : *cells) {
            if (stringField(cell.recipe, "kind") == "compare")
                continue; // two models over one text: not a cell of a sweep
            auto report = session.cell(cell.key);
            if (!report)
                return fail(report.error());
            if (!*report)
                continue;
            const Json &metrics = childField((**report)->body(), "metrics");
            Json row = {stringField(cell.recipe, "method"), stringField(cell.recipe, "budget"),
                childField(childField((**report)->body(), "savings"), "nativeBytes")};
            for (const char *name : {"nll", "deltaNll", "kl", "top1Agreement"})
                row.push_back(childField(metrics, name));
            points.rows.push_back(std::move(row));
        }
        if (!points.rows.empty())
            tables.push_back({"sweep", tableOf(points)});
        return tables;
    }

    Result<void> writeTables(const std::vector<NamedTable> &tables, const ExportPlan &plan, std::vector<std::string> &paths)
    {
        using Writer = std::string (*)(const Table &);
        constexpr std::array<std::pair<const char *, Writer>, 3> kWriters{
            {{"csv", csvText}, {"json", jsonTableText}, {"tex", latexText}}};
        for (const NamedTable &named : tables) {
            for (const auto &[format, writer] : kWriters) {
                if (!plan.formats.contains(format) || !plan.wants(named.name))
                    continue;
                const std::string path = (std::filesystem::path(plan.folder) / (named.name + '.' + format)).string();
                if (auto written = writeFileAtomically(path, writer(named.table)); !written)
                    return written;
                paths.push_back(path);
            }
        }
        return {};
    }

    /// Figures and reports are drawn by the window's own paint code: the program beside this one does it without a display.
    Result<std::vector<std::string>> drawFigures(
        CommandContext &context, const ExportPlan &plan, const std::vector<std::string> &names)
    {
        std::string formats;
        for (const char *format : {"png", "svg", "pdf", "csv", "html", "report-pdf"}) {
            if (plan.formats.contains(format))
                formats.append(formats.empty() ? "" : ",").append(format);
        }
        if (formats.empty())
            return std::vector<std::string>();
        std::vector<std::string> words{siblingProgram("winnow"), "--export", plan.session, "--formats", formats};
        if (plan.list)
            words.emplace_back("--list");
        else
            words.insert(words.end(), {"--out", plan.folder});
        for (const std::string &name : names)
            words.insert(words.end(), {"--only", name});
        return runChild(words, {{"QT_QPA_PLATFORM", "offscreen"}}, context.interrupt().token());
    }

    /// Names that were asked for and are no table: what has to be drawn.
    std::vector<std::string> figureNames(const ExportPlan &plan, const std::vector<NamedTable> &tables)
    {
        std::vector<std::string> names;
        for (const std::string &name : plan.only) {
            const bool table
                = std::any_of(tables.begin(), tables.end(), [&](const NamedTable &known) { return known.name == name; });
            if (!table)
                names.push_back(name);
        }
        return names;
    }

    Result<int> printPaths(CommandContext &context, const char *field, const std::vector<std::string> &lines)
    {
        std::string text;
        for (const std::string &line : lines)
            text += line + '\n';
        auto printed = context.json() ? context.print(Json{{field, lines}}) : context.print(text);
        return printed ? Result<int>(kExitDone) : fail(printed.error());
    }

} // namespace

Result<int> runExport(CommandContext &context)
{
    auto plan = exportPlan(context);
    if (!plan)
        return context.wrongUsage(plan.error());
    auto session = Session::openReadOnly(plan->session);
    if (!session)
        return fail(session.error());
    auto tables = sessionTables(**session);
    if (!tables)
        return fail(tables.error());
    std::vector<std::string> lines;
    if (plan->list) {
        for (const NamedTable &table : *tables)
            lines.push_back(table.name);
    } else {
        auto folder = makeFolder(plan->folder);
        if (!folder)
            return fail(folder.error());
        plan->folder = *folder;
        if (auto written = writeTables(*tables, *plan, lines); !written)
            return fail(written.error());
    }
    const std::vector<std::string> names = figureNames(*plan, *tables);
    if (plan->only.empty() || !names.empty()) {
        auto drawn = drawFigures(context, *plan, names);
        if (!drawn)
            return fail(drawn.error());
        for (const std::string &line : *drawn) {
            if (std::find(lines.begin(), lines.end(), line) == lines.end())
                lines.push_back(line);
        }
    }
    return printPaths(context, plan->list ? "names" : "files", lines);
}

} // namespace winnow
