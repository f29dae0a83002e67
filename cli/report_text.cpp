#include "cli/report_text.h"

#include "cli/prompt_text.h"
#include "cli/text_table.h"
#include "core/base/budget.h"
#include "core/base/json_fields.h"
#include "core/methods/registry.h"

#include <cmath>
#include <set>

namespace winnow {
namespace {

    std::string bytesOrDash(double bytes) { return bytes < 0 ? "-" : byteText(bytes); }

    std::string msOrDash(double ms) { return ms < 0 ? "-" : shortNumber(ms) + " ms"; }

    std::string metricText(const Report &report, const char *name, const char *unit = "")
    {
        const auto value = report.metric(name);
        return value ? shortNumber(*value) + unit : "-";
    }

    std::string signedNumber(double value) { return (value < 0 ? "-" : "+") + shortNumber(std::abs(value)); }

    std::string shareText(const Report &report, const char *name)
    {
        const auto value = report.metric(name);
        return value ? shortNumber(100 * *value, 3) + " %" : "-";
    }

    void addLine(std::string &text, const char *label, const std::string &line)
    {
        std::string head = label;
        head.resize(11, ' ');
        text += head + line + '\n';
    }

    void addBudget(std::string &text, const Report &report)
    {
        const Json &budget = childField(report.body(), "budget");
        if (!budget.is_object())
            return;
        if (budget.contains("layers")) {
            addLine(text, "budget",
                stringField(budget, "asked") + ": " + std::to_string(integerField(budget, "layers")) + " of "
                    + std::to_string(integerField(childField(report.body(), "model"), "layers")) + " layers replaced, met "
                    + shortNumber(report.metric("mappedLayers").value_or(0), 6));
            return;
        }
        addLine(text, "budget",
            stringField(budget, "asked") + ": " + std::to_string(integerField(budget, "tokens")) + " of "
                + std::to_string(integerField(report.body(), "contextTokens")) + " tokens a layer and head, met "
                + shortNumber(numberField(budget, "metTokens"), 6) + " ("
                + shortNumber(100 * numberField(budget, "metFraction"), 4) + " %)");
    }

    void addQuality(std::string &text, const Report &report)
    {
        if (!report.metric("nll"))
            return;
        std::string line = "nll " + metricText(report, "nll");
        if (const auto delta = report.metric("deltaNll"))
            line += " (" + signedNumber(*delta) + " against the full cache)";
        addLine(text, "quality",
            line + ", KL " + metricText(report, "kl") + " nats a token, same top token " + shareText(report, "top1Agreement"));
    }

    void addCost(std::string &text, const Report &report)
    {
        const Savings savings = report.savings();
        if (savings.nativeBytes >= 0)
            addLine(text, "bytes",
                "nominal " + bytesOrDash(savings.nominalBytes) + ", stored " + bytesOrDash(savings.nativeBytes) + ", allocated "
                    + bytesOrDash(savings.allocatedBytes) + ", full cache " + bytesOrDash(savings.fullBytes)
                    + (savings.nominalOnly ? " [nominal only]" : ""));
        std::string line = "prefill " + msOrDash(savings.prefillMs) + ", select " + msOrDash(savings.selectMs);
        if (savings.msPerToken >= 0)
            line += ", " + msOrDash(savings.msPerToken) + " a token (full cache " + msOrDash(savings.fullMsPerToken) + ")";
        addLine(text, "time", line);
    }

    void addChecks(std::string &text, const Report &report)
    {
        const auto checks = report.checks();
        size_t passed = 0;
        for (const Check &check : checks)
            passed += check.ok;
        addLine(text, "checks", std::to_string(passed) + " of " + std::to_string(checks.size()) + " pass");
        for (const Check &check : checks) {
            if (!check.ok)
                addLine(text, "  FAILED",
                    check.title + ": expected " + check.expected + ", found " + check.found
                        + (check.where.empty() ? "" : " (" + check.where + ")"));
        }
        for (const std::string &notice : report.notices())
            addLine(text, "notice", notice);
    }

    std::string cellText(const Json &cell)
    {
        if (cell.is_number_float())
            return shortNumber(cell.get<double>(), 5);
        return cell.is_string() ? cell.get<std::string>() : cell.is_null() ? "-" : jsonText(cell);
    }

    std::string cellTableText(const TableArtifact &artifact)
    {
        std::vector<std::string> head = artifact.columns;
        if (!head.empty() && head.back() == "cellKey")
            head.pop_back();
        TextTable table(head);
        for (const Json &row : artifact.rows) {
            std::vector<std::string> cells;
            for (size_t i = 0; i < head.size(); ++i)
                cells.push_back(head[i] == "nativeBytes" && row[i].is_number() ? byteText(row[i].get<double>())
                                                                               : cellText(row[i]));
            table.row(std::move(cells));
        }
        return table.text();
    }

} // namespace

std::string methodTitleOf(const std::string &id)
{
    for (const MethodSpec *spec : methodTable()) {
        if (spec->id == id)
            return std::string(spec->title);
    }
    return id;
}

std::string cellLine(const Report &report)
{
    if (report.promptTokens())
        return promptCellLine(report);
    const Json request = report.request();
    std::string line = stringField(request, "method") + ' ' + stringField(request, "budget", "100%") + ": ";
    if (report.metric("nll"))
        line += "nll " + metricText(report, "nll") + ", delta " + metricText(report, "deltaNll") + ", KL " + metricText(report, "kl")
            + ", stored " + bytesOrDash(report.savings().nativeBytes);
    else
        line += stringField(report.body(), "state", "not measured");
    return line;
}

std::string reportText(const Report &report)
{
    if (report.promptTokens())
        return promptReportText(report);
    const Json request = report.request();
    std::string text;
    const std::string method = stringField(request, "method");
    addLine(text, "model",
        stringField(report.model(), "name") + ", " + stringField(report.model(), "dtype") + " on "
            + stringField(report.model(), "device"));
    if (!method.empty())
        addLine(text, "method", methodTitleOf(method) + "  " + jsonText(childField(request, "params")));
    addBudget(text, report);
    addQuality(text, report);
    addCost(text, report);
    addChecks(text, report);
    for (const TextArtifact &artifact : report.texts())
        text += "\n--- " + artifact.role + '\n' + artifact.text + '\n';
    for (const TableArtifact &artifact : report.tables())
        text += '\n' + cellTableText(artifact);
    return text;
}

std::string curvesCsv(const std::vector<Curve> &curves)
{
    std::string text = "metric,method,budget,x,y,low,high\n"; // method: with what tells its lines apart
    std::set<std::string> lines; // one row for the full cache and for a small model alone
    for (const Curve &curve : curves) {
        for (size_t i = 0; i < curve.x.size(); ++i)
            text += curve.id.substr(0, curve.id.find(':')) + ',' + curve.id.substr(curve.id.find(':') + 1) + ',' + (curve.budgets.empty() ? "" : curve.budgets[i]) + ','
                + jsonText(jsonNumber(curve.x[i])) + ',' + jsonText(jsonNumber(curve.y[i])) + ','
                + (curve.low.empty() ? "" : jsonText(jsonNumber(curve.low[i]))) + ','
                + (curve.high.empty() ? "" : jsonText(jsonNumber(curve.high[i]))) + '\n';
        for (const Json &threshold : curve.thresholds) {
            const std::string line = curve.yName + ',' + stringField(threshold, "name");
            if (threshold.contains("bytes") && threshold.contains("y") && lines.insert(line).second)
                text += line + ",," + jsonText(threshold.at("bytes")) + ',' + jsonText(threshold.at("y")) + ",,\n";
        }
    }
    return text;
}

} // namespace winnow
