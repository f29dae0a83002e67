#pragma once

#include <string>
#include <vector>

namespace winnow {

/// Aligned columns for people: numbers to the right, words to the left.
class TextTable {
public:
    explicit TextTable(std::vector<std::string> head);
    void row(std::vector<std::string> cells);
    /// The table, each line ended; columns two blanks apart.
    std::string text() const;

private:
    std::vector<std::string> m_head;
    std::vector<std::vector<std::string>> m_rows;
};

/// Columns a text takes on a terminal: code points, double for wide East Asian ones, none for combining marks.
size_t textWidth(const std::string &text);

/// A number with `digits` significant digits; "-" for NaN.
std::string shortNumber(double value, int digits = 4);

/// The text on one line: line breaks and other control characters as escapes.
std::string oneLine(const std::string &text);

} // namespace winnow
