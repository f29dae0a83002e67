#pragma once

#include "core/base/json.h"
#include "core/base/report.h"

#include <string>
#include <vector>

namespace winnow {

/// One column of a table that is exported: how it is named in files and shown to people.
struct TableColumn {
    enum class Kind { Text, Number, Delta }; // Delta: always with its sign
    std::string key; // "deltaNll": in JSON
    std::string title, unit; // "ΔNLL", "nats/token"
    Kind kind = Kind::Text;
    int decimals = 0;
};

/// Rows of exact values: numbers, strings, or null for what was not measured.
struct Table {
    std::string title;
    std::vector<TableColumn> columns;
    std::vector<std::vector<Json>> rows;
};

/// A cell as people read it: "+0.0655", "–" for null.
std::string cellText(const Table &table, size_t row, size_t column);

/// RFC 4180 with "\n", head row "title (unit)", numbers with all their digits, null as an empty
/// field.
std::string csvText(const Table &table);

/// {"title", "columns": [{key, title, unit}], "rows": [{key: value}]}, numbers exact.
std::string jsonTableText(const Table &table);

/// A booktabs tabular as people read it, numbers to the right, every special character escaped.
std::string latexText(const Table &table);

/// A table of a report in this form.
Table tableOf(const TableArtifact &artifact);

/// Points of curves in long form: method, budget, x, y, low, high, forecast.
Table tableOf(const std::vector<Curve> &curves);

} // namespace winnow
