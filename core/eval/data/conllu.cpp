#include "core/eval/data/data_lines.h"
#include "core/eval/data/seg_readers.h"

#include <array>
#include <charconv>
#include <optional>

namespace winnow {
namespace {

    constexpr size_t kColumns = 10;
    using Row = std::array<std::string_view, kColumns>;

    /// Number of columns found; only the first ten are kept.
    size_t splitRow(std::string_view line, Row &row)
    {
        size_t columns = 0;
        for (size_t at = 0; at <= line.size(); ++columns) {
            const size_t end = std::min(line.find('\t', at), line.size());
            if (columns < kColumns)
                row[columns] = line.substr(at, end - at);
            at = end + 1;
        }
        return columns;
    }

    std::optional<int64_t> number(std::string_view text)
    {
        int64_t value = 0;
        const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
        return read.ec == std::errc() && read.ptr == text.data() + text.size() && value >= 0 && !text.empty() ? std::optional(value) : std::nullopt;
    }

    bool saysNoSpace(std::string_view column)
    {
        for (size_t at = 0; at <= column.size();) {
            const size_t end = std::min(column.find('|', at), column.size());
            if (column.substr(at, end - at) == "SpaceAfter=No")
                return true;
            at = end + 1;
        }
        return false;
    }

    std::string_view rightTrimmed(std::string_view text)
    {
        const size_t last = text.find_last_not_of(" \t");
        return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
    }

    /// Collects the rows of one sentence and hands it on.
    class Sentence {
    public:
        Sentence(DataLines &lines, const DataSettings &settings, std::string language, DataNotes &notes)
            : m_lines(lines)
            , m_notes(notes)
            , m_builder(settings.whiteSpace, language)
        {
        }

        void comment(std::string_view line)
        {
            const size_t equals = line.find('=');
            if (equals == std::string_view::npos)
                return;
            const std::string_view name = trimmedText(line.substr(1, equals - 1));
            if (name == "sent_id")
                m_id = trimmedText(line.substr(equals + 1));
            else if (name == "text")
                m_text = line.substr(std::min(equals + 1 + (line.substr(equals + 1).starts_with(' ') ? 1 : 0), line.size()));
        }

        void row(std::string_view line)
        {
            if (m_firstLine == 0)
                m_firstLine = m_lines.line();
            Row row;
            if (const size_t columns = splitRow(line, row); columns != kColumns) {
                m_lines.warn("expected 10 columns parted by tabs, found " + std::to_string(columns));
                return;
            }
            const size_t dash = row[0].find('-');
            if (row[0].find('.') != std::string_view::npos)
                return; // an empty node
            const auto first = number(row[0].substr(0, dash));
            const auto last = dash == std::string_view::npos ? first : number(row[0].substr(dash + 1));
            if (!first || !last || *last < *first) {
                m_lines.warn("expected an id like 3, 3-4 or 3.1, found \"" + std::string(row[0]) + '"');
                return;
            }
            if (dash != std::string_view::npos)
                m_covered = *last;
            else if (*first <= m_covered)
                return; // a member of the surface token before
            add(row[1], !saysNoSpace(row[9]));
        }

        /// @return whether the sink wants more.
        bool finish(const ItemSink<SegItem> &sink)
        {
            bool more = true;
            if (!m_builder.empty()) {
                ++m_sentences;
                const std::string_view joined = rightTrimmed(m_joined);
                if (m_text && rightTrimmed(*m_text) != joined)
                    m_notes.warn(m_lines.name(), m_firstLine, "the text and the forms of the sentence differ: the forms are used");
                ++m_notes.items;
                more = sink(m_builder.take(m_id.empty() ? std::to_string(m_sentences) : m_id));
            }
            m_id.clear();
            m_joined.clear();
            m_text.reset();
            m_covered = m_firstLine = 0;
            return more;
        }

    private:
        void add(std::string_view form, bool spaceAfter)
        {
            m_joined += form;
            if (spaceAfter)
                m_joined += ' ';
            m_builder.add(form, spaceAfter);
        }

        DataLines &m_lines;
        DataNotes &m_notes;
        SegItemBuilder m_builder;
        std::string m_id, m_joined;
        std::optional<std::string> m_text;
        int64_t m_covered = 0, m_firstLine = 0, m_sentences = 0;
    };

} // namespace

Result<DataNotes> readConllu(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<SegItem> &sink, const RunContext &context)
{
    DataNotes notes;
    auto lines = DataLines::open(path, settings, notes, context);
    if (!lines)
        return fail(lines.error());
    Sentence sentence(*lines, settings, settings.language.empty() ? languageOfFile(path) : settings.language, notes);
    std::string_view line;
    while (true) {
        auto more = lines->next(line);
        if (!more)
            return fail(more.error());
        if (!*more)
            break;
        if (trimmedText(line).empty()) {
            if (!sentence.finish(sink))
                return notes;
        } else if (line.front() == '#') {
            sentence.comment(line);
        } else {
            sentence.row(line);
        }
    }
    if (lines->endsWithoutLineEnd()) // the format ends with an empty line, so a value may have lost its end unnoticed
        lines->warn("the file ends without a line end: it may be cut off");
    sentence.finish(sink);
    return notes;
}

} // namespace winnow
