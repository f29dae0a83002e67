#include "cli/prompt_text.h"

#include "cli/report_text.h"
#include "cli/text_table.h"
#include "core/base/budget.h"
#include "core/base/json_fields.h"

#include <array>

namespace winnow {
namespace {

    void addLine(std::string &text, const char *label, const std::string &line)
    {
        std::string head = label;
        head.resize(12, ' ');
        text += head + line + '\n';
    }

    std::string number(const Report &report, const char *name, int digits = 4)
    {
        const auto value = report.metric(name);
        return value ? shortNumber(*value, digits) : "-";
    }

    std::string count(const Report &report, const char *name)
    {
        const auto value = report.metric(name);
        return value ? std::to_string(static_cast<int64_t>(*value)) : "-";
    }

    std::string percent(const Report &report, const char *name)
    {
        const auto value = report.metric(name);
        return value ? shortNumber(100 * *value, 3) + " %" : "-";
    }

    std::string ms(const Report &report, const char *name)
    {
        const auto value = report.metric(name);
        return value ? shortNumber(*value) + " ms" : "-";
    }

    void addSizes(const Report &report, std::string &text)
    {
        addLine(text, "size", count(report, "tokensOut") + " of " + count(report, "tokensIn") + " tokens stay: " + percent(report, "achievedRate")
                + ", asked " + percent(report, "askedRate") + "; reader " + count(report, "readerTokensOut") + " of "
                + count(report, "readerTokensIn") + "; characters " + count(report, "charactersOut") + " of " + count(report, "charactersIn"));
        addLine(text, "kept", "information " + percent(report, "keptInformation") + ", attention " + percent(report, "keptAttention") + ", fused "
                + percent(report, "keptFused") + "; numbers " + percent(report, "numberSurvival") + ", capitals " + percent(report, "capitalSurvival"));
        addLine(text, "fluency", "perplexity " + number(report, "scorerPerplexity") + ", broken words " + number(report, "brokenWords", 3) + " in 100");
    }

    void addAnswer(const Report &report, std::string &text)
    {
        if (report.metric("answerSurvival"))
            addLine(text, "answer", "verbatim " + std::string(report.metric("answerSurvival") > 0 ? "yes" : "no") + ", in order "
                    + (report.metric("answerSurvivalOrdered") > 0 ? "yes" : "no"));
        if (report.metric("answerNll"))
            addLine(text, "", "nll " + number(report, "answerNll") + " (full prompt " + number(report, "fullAnswerNll") + "), KL " + number(report, "kl")
                    + " nats a token");
    }

    void addCosts(const Report &report, std::string &text)
    {
        addLine(text, "cost", "compression " + ms(report, "compressMs") + ", " + count(report, "forwards") + " passes, " + count(report, "tokensProcessed")
                + " tokens processed of " + count(report, "tokensAsked") + ", scorer at most " + byteText(report.metric("scorerPeakBytes").value_or(0)));
        if (const auto gain = report.metric("endToEndGainMs"))
            addLine(text, "prefill", ms(report, "fullPrefillMs") + " -> " + ms(report, "prefillMs") + "; end to end " + (*gain < 0 ? "" : "+")
                    + shortNumber(*gain) + " ms, even with a reader of " + shortNumber(report.metric("breakEvenParameters").value_or(0) / 1e9, 3) + " billion parameters");
    }

    void addTable(const TableArtifact &artifact, std::string &text)
    {
        TextTable table(artifact.columns);
        for (const Json &row : artifact.rows) {
            std::vector<std::string> cells;
            for (const Json &cell : row)
                cells.push_back(cell.is_number_float() ? shortNumber(cell.get<double>(), 5) : cell.is_string() ? cell.get<std::string>() : cell.is_null() ? "-" : jsonText(cell));
            table.row(std::move(cells));
        }
        text += '\n' + artifact.title + '\n' + table.text();
    }

} // namespace

std::string promptReportText(const Report &report)
{
    const Json request = report.request();
    std::string text;
    const Json &small = childField(report.body(), "smallModel");
    addLine(text, "reader", stringField(report.model(), "name"));
    addLine(text, "scorer", small.is_null() ? stringField(report.model(), "name") : stringField(small, "name"));
    addLine(text, "method", methodTitleOf(stringField(request, "method")) + "  " + jsonText(childField(request, "params")));
    addSizes(report, text);
    addAnswer(report, text);
    addCosts(report, text);
    for (const Check &check : report.checks()) {
        if (!check.ok)
            addLine(text, "FAILED", check.title + ": expected " + check.expected + ", found " + check.found);
    }
    for (const std::string &notice : report.notices())
        addLine(text, "notice", notice);
    for (const TableArtifact &table : report.tables()) {
        if (table.id == "stages" || table.id == "trace.contexts" || table.id == "trace.segments" || table.id == "trace.chunks")
            addTable(table, text);
    }
    if (const auto tokens = report.promptTokens())
        text += "\n--- compressed\n" + tokens->text + '\n';
    for (const TextArtifact &artifact : report.texts())
        text += "\n--- " + artifact.role + '\n' + artifact.text + '\n';
    return text;
}

std::string promptCellLine(const Report &report)
{
    const Json request = report.request();
    std::string line = stringField(request, "method") + ' ' + stringField(request, "budget", "-") + ": " + count(report, "readerTokensOut") + " of "
        + count(report, "readerTokensIn") + " reader tokens, information " + percent(report, "keptInformation");
    if (report.metric("answerNll"))
        line += ", answer nll " + number(report, "answerNll") + " (full " + number(report, "fullAnswerNll") + ")";
    const std::string state = stringField(report.body(), "state", "measured");
    return state == "measured" ? line : line + " [" + state + "]";
}

} // namespace winnow
