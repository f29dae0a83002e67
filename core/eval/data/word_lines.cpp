#include "core/eval/data/data_lines.h"
#include "core/eval/data/seg_readers.h"
#include "core/model/unicode.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <unordered_map>

namespace winnow {
namespace {

    /// Calls `take(line)` for every line that is not blank; false ends the reading.
    template <typename Take>
    Result<void> eachLine(DataLines &lines, Take take)
    {
        std::string_view line;
        while (true) {
            auto more = lines.next(line);
            if (!more)
                return fail(more.error());
            if (!*more || (!trimmedText(line).empty() && !take(line)))
                return {};
        }
    }

    /// A tag like <NE> or </AB>: capital letters between angle brackets. Its length in bytes, 0 for anything else.
    size_t tagLength(std::string_view text)
    {
        size_t end = text.starts_with("</") ? 2 : 1;
        const size_t first = end;
        while (end < text.size() && text[end] >= 'A' && text[end] <= 'Z')
            ++end;
        return text.starts_with('<') && end > first && end < text.size() && text[end] == '>' ? end + 1 : 0;
    }

    std::string withoutTags(std::string_view line)
    {
        std::string plain;
        for (size_t at = 0; at < line.size();) {
            if (const size_t length = tagLength(line.substr(at)); length > 0)
                at += length;
            else
                plain += line[at++];
        }
        return plain;
    }

    /// Splits at white space of any kind.
    std::vector<std::string_view> wordsIn(std::string_view line)
    {
        std::vector<std::string_view> words;
        size_t begin = 0;
        for (size_t at = 0; at < line.size();) {
            const size_t before = at;
            if (!isWhiteSpace(takeCodePoint(line, at)))
                continue;
            if (before > begin)
                words.push_back(line.substr(begin, before - begin));
            begin = at;
        }
        if (begin < line.size())
            words.push_back(line.substr(begin));
        return words;
    }

    /// The language that a name begins with: "th_best.txt". pku_, msr_ and as_ of SIGHAN are no languages.
    std::string languageNamed(const std::filesystem::path &path)
    {
        constexpr std::string_view kLanguages[] = {"zh", "ja", "ko", "th", "en"};
        const std::string code = languageOfFile(path);
        return std::find(std::begin(kLanguages), std::end(kLanguages), code) == std::end(kLanguages) ? std::string() : code;
    }

    template <typename Fill>
    Result<DataNotes> readLineItems(const std::filesystem::path &path, const DataSettings &settings, WhiteSpaceRule rule,
        const ItemSink<SegItem> &sink, const RunContext &context, Fill fill)
    {
        DataNotes notes;
        auto lines = DataLines::open(path, settings, notes, context);
        if (!lines)
            return fail(lines.error());
        SegItemBuilder builder(rule, settings.language.empty() ? languageNamed(path) : settings.language);
        const auto read = eachLine(*lines, [&](std::string_view line) {
            fill(builder, line);
            if (builder.empty())
                return true;
            ++notes.items;
            return sink(builder.take(std::to_string(lines->line())));
        });
        return read ? Result<DataNotes>(std::move(notes)) : fail(read.error());
    }

} // namespace

Result<DataNotes> readSighan(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<SegItem> &sink, const RunContext &context)
{
    // White space parts words here and says nothing about the source.
    return readLineItems(path, settings, WhiteSpaceRule::Strip, sink, context, [](SegItemBuilder &builder, std::string_view line) {
        for (const std::string_view word : wordsIn(line))
            builder.add(word, false);
    });
}

Result<DataNotes> readBars(
    const std::filesystem::path &path, const DataSettings &settings, const ItemSink<SegItem> &sink, const RunContext &context)
{
    return readLineItems(path, settings, settings.whiteSpace, sink, context, [](SegItemBuilder &builder, std::string_view line) {
        const std::string plain = withoutTags(line);
        for (size_t at = 0; at <= plain.size();) {
            const size_t end = std::min(plain.find('|', at), plain.size());
            builder.add(std::string_view(plain).substr(at, end - at), false);
            at = end + 1;
        }
    });
}

Result<std::vector<std::pair<std::string, int64_t>>> readWordList(
    const std::filesystem::path &path, const DataSettings &settings, DataNotes &notes, const RunContext &context)
{
    auto lines = DataLines::open(path, settings, notes, context);
    if (!lines)
        return fail(lines.error());
    std::vector<std::pair<std::string, int64_t>> list;
    std::unordered_map<std::string, size_t> known;
    const auto read = eachLine(*lines, [&](std::string_view line) {
        const auto parts = wordsIn(line);
        int64_t count = 1;
        bool good = !parts.empty() && parts.size() <= 2;
        if (good && parts.size() == 2) {
            const auto number = std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), count);
            good = number.ec == std::errc() && number.ptr == parts[1].data() + parts[1].size() && count >= 0 && count <= (int64_t{1} << 50);
        }
        if (!good) {
            if (!parts.empty())
                lines->warn("expected a word and perhaps a count, found \"" + std::string(line.substr(0, 40)) + '"'), ++notes.rejected;
            return true;
        }
        const auto [found, isNew] = known.emplace(parts[0], list.size());
        if (isNew)
            list.emplace_back(parts[0], 0);
        list[found->second].second += count;
        ++notes.items;
        return true;
    });
    return read ? Result<std::vector<std::pair<std::string, int64_t>>>(std::move(list)) : fail(read.error());
}

} // namespace winnow
