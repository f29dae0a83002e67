#include "core/eval/data/data_lines.h"

#include "core/base/utf8.h"

#include <cstdio>

namespace winnow {
namespace {

    constexpr size_t kTickBytes = size_t{1} << 18;

    /// Whether `bytes` is the beginning of a well-formed sequence that goes on behind them.
    bool isCutSequence(std::string_view bytes)
    {
        if (bytes.empty() || bytes.size() > 3)
            return false;
        // Filled up with what may follow, it is well-formed at one of the lengths. Second bytes that all first bytes allow.
        for (std::string filled(bytes); filled.size() < 4;) {
            for (const char second : {'\x80', '\x90', '\xA0'}) {
                std::string whole = filled + (filled.size() == 1 ? second : '\x80');
                if (firstInvalidUtf8(whole) == whole.size())
                    return true;
                if (filled.size() == 1 && firstInvalidUtf8(whole + '\x80') == whole.size() + 1)
                    return true;
                if (filled.size() == 1 && firstInvalidUtf8(whole + "\x80\x80") == whole.size() + 2)
                    return true;
            }
            filled += '\x80';
        }
        return false;
    }

    std::string byteText(unsigned char byte)
    {
        char text[8];
        std::snprintf(text, sizeof text, "0x%02X", static_cast<unsigned>(byte));
        return text;
    }

} // namespace

DataLines::DataLines(MappedFile file, DataNotes &notes, const RunContext &context)
    : m_file(std::move(file))
    , m_name(m_file.path().string())
    , m_notes(&notes)
    , m_context(context)
{
    const auto bytes = m_file.bytes();
    m_text = {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
    if (m_text.starts_with("\xEF\xBB\xBF"))
        m_skipped = 3;
    m_text.remove_prefix(m_skipped);
}

Result<DataLines> DataLines::open(
    const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RunContext &context)
{
    auto file = MappedFile::open(path);
    if (!file)
        return fail(file.error());
    const auto bytes = static_cast<int64_t>(file->bytes().size());
    if (bytes > kLargeFileBytes && settings.largeFiles == LargeFiles::Ask)
        return fail(ErrorCode::BadInput,
            path.string() + ": expected at most " + std::to_string(kLargeFileBytes >> 20) + " MiB without being asked, found "
                + std::to_string(bytes >> 20) + " MiB",
            "allow large files to read it all the same");
    file->advise(file->bytes(), ReadPattern::Sequential);
    return DataLines(std::move(*file), notes, context);
}

Result<void> DataLines::tick()
{
    if (m_at - m_ticked < kTickBytes && m_at < m_text.size() && m_ticked > 0)
        return {};
    m_ticked = std::max<size_t>(m_at, 1);
    if (m_context.cancelled())
        return fail(ErrorCode::Cancelled, "cancelled while reading " + m_name);
    m_context.progress("read", static_cast<int64_t>(m_at), bytes(), "bytes");
    return {};
}

Result<void> DataLines::check(std::string_view &line, size_t offset)
{
    const size_t bad = firstInvalidUtf8(line);
    if (bad == line.size())
        return {};
    if (m_unended && isCutSequence(line.substr(bad))) {
        line = line.substr(0, bad);
        warn("the file ends in the middle of a character: it was cut off");
        return {};
    }
    return fail(ErrorCode::BadInput,
        m_name + ", line " + std::to_string(m_line) + ", byte " + std::to_string(bad + 1) + " (byte "
            + std::to_string(m_skipped + offset + bad) + " of the file): expected UTF-8, found "
            + byteText(static_cast<unsigned char>(line[bad])),
        "convert the file to UTF-8");
}

Result<bool> DataLines::next(std::string_view &line)
{
    if (auto ticked = tick(); !ticked)
        return fail(ticked.error());
    if (m_at >= m_text.size())
        return false;
    m_begin = m_at;
    ++m_line;
    const size_t end = m_text.find_first_of("\r\n", m_at);
    m_unended = end == std::string_view::npos;
    line = m_text.substr(m_at, m_unended ? std::string_view::npos : end - m_at);
    const size_t begin = m_at;
    if (m_unended)
        m_at = m_text.size();
    else
        m_at = end + (m_text.substr(end).starts_with("\r\n") ? 2 : 1);
    if (auto good = check(line, begin); !good)
        return fail(good.error());
    return true;
}

Result<std::string> readDataText(
    const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RunContext &context)
{
    auto lines = DataLines::open(path, settings, notes, context);
    if (!lines)
        return fail(lines.error());
    std::string text;
    text.reserve(static_cast<size_t>(lines->bytes()));
    std::string_view line;
    while (true) {
        auto more = lines->next(line);
        if (!more)
            return fail(more.error());
        if (!*more)
            return text;
        text += line;
        if (!lines->endsWithoutLineEnd())
            text += '\n';
    }
}

std::string_view trimmedText(std::string_view text)
{
    constexpr std::string_view kSpace = " \t\r\n\f\v";
    const size_t first = text.find_first_not_of(kSpace);
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<uint32_t> codePointOffsets(std::string_view text)
{
    std::vector<uint32_t> offsets;
    offsets.reserve(text.size() + 1);
    for (size_t at = 0; at < text.size(); ++at) {
        if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80)
            offsets.push_back(static_cast<uint32_t>(at));
    }
    offsets.push_back(static_cast<uint32_t>(text.size()));
    return offsets;
}

} // namespace winnow
