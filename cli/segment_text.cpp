#include "cli/segment_text.h"

#include "cli/text_table.h"
#include "core/base/json_fields.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr size_t kShownLines = 20;
    constexpr size_t kShownRows = 20;

    /// Byte offsets of the code points of a text, and its end.
    std::vector<size_t> codePointOffsets(const std::string &text)
    {
        std::vector<size_t> offsets;
        for (size_t at = 0; at < text.size(); ++at) {
            if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80)
                offsets.push_back(at);
        }
        offsets.push_back(text.size());
        return offsets;
    }

    std::string wordsOf(const SegmentedLine &line)
    {
        const std::vector<size_t> offsets = codePointOffsets(line.text);
        std::string text;
        for (const auto &[first, end] : line.words) {
            if (static_cast<size_t>(end) < offsets.size())
                text += (text.empty() ? "" : "  ")
                    + line.text.substr(offsets[size_t(first)], offsets[size_t(end)] - offsets[size_t(first)]);
        }
        return text;
    }

    std::string cellText(const Json &cell)
    {
        if (cell.is_null())
            return "-";
        if (cell.is_number_float())
            return shortNumber(cell.get<double>(), 4);
        return cell.is_string() ? cell.get<std::string>() : jsonText(cell);
    }

    std::string tableText(const TableArtifact &artifact)
    {
        TextTable table(artifact.columns);
        const size_t shown = std::min(artifact.rows.size(), kShownRows);
        for (size_t i = 0; i < shown; ++i) {
            std::vector<std::string> cells;
            for (const Json &cell : artifact.rows[i])
                cells.push_back(cellText(cell));
            table.row(std::move(cells));
        }
        const size_t more = artifact.rows.size() - shown;
        return '\n' + artifact.title + '\n' + table.text() + (more > 0 ? "... and " + std::to_string(more) + " more\n" : "");
    }

} // namespace

std::string segmentText(const Report &report)
{
    std::string text;
    for (const Segmentation &artifact : report.segmentations()) {
        text += artifact.title + '\n';
        const size_t shown = std::min(artifact.lines.size(), kShownLines);
        for (size_t i = 0; i < shown; ++i)
            text += wordsOf(artifact.lines[i]) + '\n';
        if (artifact.lines.size() > shown)
            text += "... and " + std::to_string(artifact.lines.size() - shown) + " more lines\n";
        text += '\n';
    }
    for (const TableArtifact &artifact : report.tables())
        text += tableText(artifact);
    for (const auto &[name, value] : report.metrics())
        text += name + "  " + shortNumber(value, 6) + '\n';
    for (const std::string &notice : report.notices())
        text += "notice   " + notice + '\n';
    return text;
}

} // namespace winnow
