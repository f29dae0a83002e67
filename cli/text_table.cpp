#include "cli/text_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace winnow {
namespace {

    bool isWide(uint32_t c)
    {
        return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3)
            || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60)
            || (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
    }

    bool isCombining(uint32_t c)
    {
        return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0E31 && c <= 0x0E3A && c != 0x0E32 && c != 0x0E33)
            || (c >= 0x0E47 && c <= 0x0E4E) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F);
    }

    bool isNumber(const std::string &cell)
    {
        if (cell.empty() || cell == "-")
            return true;
        char *end = nullptr;
        std::strtod(cell.c_str(), &end);
        const std::string rest = end;
        return end != cell.c_str() && (rest.empty() || rest == "%" || (rest[0] == ' ' && rest.size() <= 4));
    }

} // namespace

size_t textWidth(const std::string &text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size();) {
        const auto first = static_cast<uint8_t>(text[i]);
        const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        uint32_t point = length == 1 ? first : first & (0xFFu >> (length + 1));
        for (size_t k = 1; k < length && i + k < text.size(); ++k)
            point = point << 6 | (static_cast<uint8_t>(text[i + k]) & 0x3Fu);
        width += isCombining(point) ? 0 : isWide(point) ? 2 : 1;
        i += length;
    }
    return width;
}

std::string shortNumber(double value, int digits)
{
    if (std::isnan(value))
        return "-";
    char buffer[64];
    const double size = std::abs(value);
    if (size != 0 && (size >= 1e6 || size < 1e-4)) {
        std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
        return buffer;
    }
    const int before = size >= 1 ? static_cast<int>(std::floor(std::log10(size))) + 1 : 0;
    std::snprintf(buffer, sizeof buffer, "%.*f", std::max(0, digits - before), value);
    return buffer;
}

std::string oneLine(const std::string &text)
{
    std::string result;
    for (const char c : text) {
        if (c == '\n')
            result += "\\n";
        else if (c == '\t')
            result += "\\t";
        else if (static_cast<uint8_t>(c) < 0x20 || c == 0x7F) {
            char escape[8];
            std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned>(static_cast<uint8_t>(c)));
            result += escape;
        } else {
            result += c;
        }
    }
    return result;
}

TextTable::TextTable(std::vector<std::string> head)
    : m_head(std::move(head))
{
}

void TextTable::row(std::vector<std::string> cells)
{
    cells.resize(m_head.size());
    m_rows.push_back(std::move(cells));
}

std::string TextTable::text() const
{
    const size_t columns = m_head.size();
    std::vector<size_t> width(columns);
    std::vector<bool> right(columns, !m_rows.empty());
    for (size_t c = 0; c < columns; ++c) {
        width[c] = textWidth(m_head[c]);
        for (const auto &row : m_rows) {
            width[c] = std::max(width[c], textWidth(row[c]));
            right[c] = right[c] && isNumber(row[c]);
        }
    }
    std::string result;
    const auto line = [&](const std::vector<std::string> &cells) {
        std::string text;
        for (size_t c = 0; c < columns; ++c) {
            const std::string fill(width[c] - textWidth(cells[c]), ' ');
            text += (c ? "  " : "") + (right[c] ? fill + cells[c] : cells[c] + fill);
        }
        text.erase(text.find_last_not_of(' ') + 1);
        result += text + '\n';
    };
    line(m_head);
    for (const auto &row : m_rows)
        line(row);
    return result;
}

} // namespace winnow
