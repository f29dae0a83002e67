#include "sessions/table.h"

#include "core/base/json_fields.h"
#include "sessions/number_text.h"

#include <string_view>
#include <utility>

namespace winnow {
namespace {

    const Json &cellOf(const Table &table, size_t row, size_t column)
    {
        static const Json null;
        return column < table.rows[row].size() ? table.rows[row][column] : null;
    }

    std::string headOf(const TableColumn &column)
    {
        return column.unit.empty() ? column.title : column.title + " (" + column.unit + ")";
    }

    std::string csvField(const std::string &text)
    {
        if (text.find_first_of(",\"\r\n") == std::string::npos)
            return text;
        std::string quoted(1, '"');
        for (const char c : text)
            quoted.append(c == '"' ? 2 : 1, c);
        quoted += '"';
        return quoted;
    }

    std::string exactCell(const Json &cell)
    {
        if (cell.is_number_float())
            return exactText(cell.get<double>());
        if (cell.is_null())
            return {};
        return cell.is_string() ? cell.get<std::string>() : jsonText(cell);
    }

    std::string latexEscaped(std::string_view text)
    {
        // Multi-byte characters first, then single ones; everything else passes (UTF-8 is LaTeX's
        // input since 2018).
        static constexpr std::pair<std::string_view, std::string_view> escapes[]
            = { { "\xE2\x88\x92", "$-$" }, { "\xE2\x80\x93", "--" }, { "\xCE\x94", "$\\Delta$" },
                  { "\xE2\x88\x9E", "$\\infty$" }, { "\xC2\xB1", "$\\pm$" },
                  { "\\", "\\textbackslash{}" }, { "&", "\\&" }, { "%", "\\%" }, { "$", "\\$" },
                  { "#", "\\#" }, { "_", "\\_" }, { "{", "\\{" }, { "}", "\\}" },
                  { "~", "\\textasciitilde{}" }, { "^", "\\textasciicircum{}" }, { "\n", " " } };
        std::string escaped;
        while (!text.empty()) {
            size_t used = 0;
            for (const auto &[from, to] : escapes) {
                if (text.starts_with(from)) {
                    escaped += to;
                    used = from.size();
                    break;
                }
            }
            if (used == 0)
                escaped += text[used++];
            text.remove_prefix(used);
        }
        return escaped;
    }

} // namespace

std::string cellText(const Table &table, size_t row, size_t column)
{
    const Json &cell = cellOf(table, row, column);
    const TableColumn &how = table.columns[column];
    if (cell.is_null())
        return kNotMeasured;
    if (!cell.is_number() || how.kind == TableColumn::Kind::Text)
        return cell.is_string() ? cell.get<std::string>() : jsonText(cell);
    const double value = cell.get<double>();
    return how.kind == TableColumn::Kind::Delta ? signedText(value, how.decimals)
                                                : fixedText(value, how.decimals);
}

std::string csvText(const Table &table)
{
    std::string text;
    for (size_t c = 0; c < table.columns.size(); ++c)
        text.append(c ? "," : "").append(csvField(headOf(table.columns[c])));
    text += '\n';
    for (size_t r = 0; r < table.rows.size(); ++r) {
        for (size_t c = 0; c < table.columns.size(); ++c)
            text.append(c ? "," : "").append(csvField(exactCell(cellOf(table, r, c))));
        text += '\n';
    }
    return text;
}

std::string jsonTableText(const Table &table)
{
    Json columns = Json::array(), rows = Json::array();
    for (const TableColumn &column : table.columns)
        columns.push_back(
            { { "key", column.key }, { "title", column.title }, { "unit", column.unit } });
    for (size_t r = 0; r < table.rows.size(); ++r) {
        Json row = Json::object();
        for (size_t c = 0; c < table.columns.size(); ++c)
            row[table.columns[c].key] = cellOf(table, r, c);
        rows.push_back(std::move(row));
    }
    return jsonText({ { "title", table.title }, { "columns", columns }, { "rows", rows } }, 1)
        + "\n";
}

std::string latexText(const Table &table)
{
    std::string layout, head, body;
    for (const TableColumn &column : table.columns) {
        layout += column.kind == TableColumn::Kind::Text ? 'l' : 'r';
        head.append(head.empty() ? "" : " & ").append(latexEscaped(column.title));
        if (!column.unit.empty())
            head.append(" [").append(latexEscaped(column.unit)).append("]");
    }
    for (size_t r = 0; r < table.rows.size(); ++r) {
        for (size_t c = 0; c < table.columns.size(); ++c)
            body.append(c ? " & " : "").append(latexEscaped(cellText(table, r, c)));
        body += " \\\\\n";
    }
    return "% needs \\usepackage{booktabs}\n\\begin{tabular}{" + layout + "}\n\\toprule\n" + head
        + " \\\\\n\\midrule\n" + body + "\\bottomrule\n\\end{tabular}\n";
}

Table tableOf(const TableArtifact &artifact)
{
    Table table;
    table.title = artifact.title;
    for (size_t c = 0; c < artifact.columns.size(); ++c) {
        TableColumn column;
        column.key = column.title = artifact.columns[c];
        column.unit = c < artifact.units.size() ? artifact.units[c] : "";
        column.decimals = 4;
        for (const Json &row : artifact.rows) {
            if (row.is_array() && c < row.size() && row[c].is_number())
                column.kind = TableColumn::Kind::Number;
        }
        table.columns.push_back(std::move(column));
    }
    for (const Json &row : artifact.rows) {
        std::vector<Json> cells;
        for (size_t c = 0; c < artifact.columns.size(); ++c)
            cells.push_back(row.is_array() && c < row.size() ? row[c] : Json());
        table.rows.push_back(std::move(cells));
    }
    return table;
}

Table tableOf(const std::vector<Curve> &curves)
{
    using Kind = TableColumn::Kind;
    Table table;
    table.title = curves.empty() ? "" : curves.front().title;
    const std::string xName = curves.empty() ? "x" : curves.front().xName;
    const std::string yName = curves.empty() ? "y" : curves.front().yName;
    const std::string unit = curves.empty() ? "" : curves.front().unit;
    table.columns = { { "method", "Method", "", Kind::Text, 0 },
        { "budget", "Budget", "", Kind::Text, 0 }, { "x", xName, "", Kind::Number, 2 },
        { "y", yName, unit, Kind::Number, 4 }, { "low", yName + " low", unit, Kind::Number, 4 },
        { "high", yName + " high", unit, Kind::Number, 4 },
        { "forecast", "Forecast", "", Kind::Text, 0 } };
    for (const Curve &curve : curves) {
        const auto number = [](const std::vector<double> &values, size_t i) {
            return i < values.size() ? jsonNumber(values[i]) : Json();
        };
        for (size_t i = 0; i < curve.x.size(); ++i)
            table.rows.push_back({ curve.method,
                i < curve.budgets.size() ? Json(curve.budgets[i]) : Json(), number(curve.x, i),
                number(curve.y, i), number(curve.low, i), number(curve.high, i),
                i < curve.forecast.size() && curve.forecast[i] ? "yes" : "no" });
    }
    return table;
}

} // namespace winnow
