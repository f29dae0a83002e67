#include "core/eval/data/data_lines.h"
#include "core/eval/data/seg_readers.h"
#include "core/model/unicode.h"

#include <fstream>
#include <system_error>

namespace winnow {
namespace {

    /// Parts of a text between white space of any kind.
    template <typename Take>
    void splitAtSpaces(std::string_view text, Take take)
    {
        size_t begin = 0;
        for (size_t at = 0; at < text.size();) {
            const size_t before = at;
            if (!isWhiteSpace(takeCodePoint(text, at)))
                continue;
            if (before > begin)
                take(text.substr(begin, before - begin));
            begin = at;
        }
        if (begin < text.size())
            take(text.substr(begin));
    }

    int32_t pointsIn(std::string_view text)
    {
        int32_t points = 0;
        for (const char c : text)
            points += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        return points;
    }

    Result<void> writeBeside(const std::filesystem::path &path, std::string_view text)
    {
        auto temporary = path;
        temporary += ".part";
        std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
        file.write(text.data(), static_cast<std::streamsize>(text.size()));
        file.close();
        std::error_code error;
        if (file)
            std::filesystem::rename(temporary, path, error);
        if (!file || error) {
            std::error_code ignored;
            std::filesystem::remove(temporary, ignored);
            return fail(ErrorCode::Io, "cannot write " + path.string() + (error ? ": " + error.message() : ""));
        }
        return {};
    }

} // namespace

SegItemBuilder::SegItemBuilder(WhiteSpaceRule rule, std::string_view language)
    : m_strip(rule == WhiteSpaceRule::Strip || (rule == WhiteSpaceRule::ByLanguage && (language == "zh" || language == "ja" || language == "ko")))
    , m_language(language)
{
}

void SegItemBuilder::addWord(std::string_view word, bool spaceAfter)
{
    const int32_t length = pointsIn(word);
    m_item.words.emplace_back(m_points, m_points + length);
    m_item.spaceAfter.push_back(spaceAfter);
    m_item.text += word;
    m_points += length;
    if (spaceAfter) {
        m_item.text += ' ';
        ++m_points;
    }
}

void SegItemBuilder::add(std::string_view form, bool spaceAfter)
{
    if (m_strip) {
        std::string word;
        splitAtSpaces(form, [&](std::string_view part) { word += part; });
        if (!word.empty())
            addWord(word, false);
        return;
    }
    std::vector<std::string_view> parts;
    splitAtSpaces(form, [&](std::string_view part) { parts.push_back(part); });
    // Space at the beginning of a form stands behind the word before; a form of spaces is nothing else.
    size_t at = 0;
    const bool leading = !form.empty() && isWhiteSpace(takeCodePoint(form, at));
    if ((leading || (parts.empty() && spaceAfter)) && !m_item.words.empty() && !m_item.spaceAfter.back()) {
        m_item.spaceAfter.back() = 1;
        m_item.text += ' ';
        ++m_points;
    }
    for (size_t i = 0; i < parts.size(); ++i) {
        const bool trailing = parts[i].data() + parts[i].size() != form.data() + form.size();
        addWord(parts[i], spaceAfter || trailing);
    }
}

SegItem SegItemBuilder::take(std::string id)
{
    SegItem item = std::exchange(m_item, {});
    m_points = 0;
    item.id = std::move(id);
    item.language = m_language;
    if (!item.spaceAfter.empty() && item.spaceAfter.back()) {
        item.spaceAfter.back() = 0;
        item.text.pop_back();
    }
    return item;
}

std::string languageOfFile(const std::filesystem::path &path)
{
    const std::string name = path.filename().string();
    const size_t end = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
    const bool code = (end == 2 || end == 3) && (name[end] == '_' || name[end] == '-' || name[end] == '.');
    return code ? name.substr(0, end) : std::string();
}

std::vector<std::string_view> wordsOf(const SegItem &item)
{
    const auto offsets = codePointOffsets(item.text);
    std::vector<std::string_view> words;
    for (const auto &[first, end] : item.words) {
        const size_t begin = offsets[static_cast<size_t>(first)];
        words.push_back(std::string_view(item.text).substr(begin, offsets[static_cast<size_t>(end)] - begin));
    }
    return words;
}

std::string sighanText(std::span<const SegItem> items)
{
    std::string text;
    for (const SegItem &item : items) {
        bool first = true;
        for (const std::string_view word : wordsOf(item)) {
            if (!first)
                text += "  ";
            text += word;
            first = false;
        }
        text += '\n';
    }
    return text;
}

Result<void> exportSighan(const std::filesystem::path &path, std::span<const SegItem> items, std::string_view attribution)
{
    if (attribution.empty())
        return fail(ErrorCode::BadInput, "an export of a data set needs its attribution and none is given");
    auto beside = path;
    beside += ".attribution.txt";
    if (auto written = writeBeside(beside, std::string(attribution) + '\n'); !written)
        return written;
    return writeBeside(path, sighanText(items));
}

} // namespace winnow
