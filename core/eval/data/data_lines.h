#pragma once

#include "core/base/run_context.h"
#include "core/eval/data/reading.h"
#include "core/model/mapped_file.h"

#include <filesystem>
#include <string_view>

namespace winnow {

/// The lines of a text file, read as they are asked for; the file is mapped and never held as a whole.
///
/// UTF-8 only; a byte-order mark is dropped; LF, CRLF and CR end a line. Bytes that are no UTF-8 are an error, but a file that ends
/// in the middle of a character was cut off: that gives a warning and the line without the broken character.
/// @source text-data.md 3.1.
class DataLines {
public:
    /// @error NotFound, Io; BadInput for a file of more than kLargeFileBytes unless the settings allow it.
    static Result<DataLines> open(const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RunContext &context);

    /// The next line, without its end; valid as long as this object. False at the end of the file.
    /// @error BadInput naming file, line and byte; Cancelled.
    Result<bool> next(std::string_view &line);

    /// Number of the line that `next` gave last, from 1.
    int64_t line() const { return m_line; }
    /// Whether the last line of the file ended without a line end.
    bool endsWithoutLineEnd() const { return m_unended; }
    const std::string &name() const { return m_name; }
    int64_t bytes() const { return static_cast<int64_t>(m_text.size()); }
    /// Bytes from the line that `next` gave last to the end of the file.
    std::string_view rest() const { return m_text.substr(m_begin); }

    /// A warning about the current line.
    void warn(std::string reason) { m_notes->warn(m_name, m_line, std::move(reason)); }

private:
    DataLines(MappedFile file, DataNotes &notes, const RunContext &context);
    Result<void> check(std::string_view &line, size_t offset);
    Result<void> tick();

    MappedFile m_file;
    std::string m_name;
    std::string_view m_text; // without the byte-order mark
    size_t m_skipped = 0; // bytes of the mark
    size_t m_begin = 0, m_at = 0, m_ticked = 0;
    int64_t m_line = 0;
    bool m_unended = false;
    DataNotes *m_notes;
    RunContext m_context;
};

/// All lines joined by LF, each with its end; what a file without line records is.
/// @error as DataLines.
Result<std::string> readDataText(
    const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RunContext &context);

/// White space of ASCII at both ends left out.
std::string_view trimmedText(std::string_view text);

/// Code points in front of each byte-wise begin of a code point: offsets[i] is the byte where code point i begins; the last entry is the
/// length in bytes.
std::vector<uint32_t> codePointOffsets(std::string_view text);

} // namespace winnow
