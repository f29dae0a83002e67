#include "core/words/word_dictionary.h"

#include "core/base/utf8.h"
#include "core/words/characters.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>

namespace winnow {
namespace {

    constexpr size_t kMostWarnings = 100;

    bool isBlank(char byte) { return byte == ' ' || byte == '\t'; }

    constexpr uint64_t kMostTotal = uint64_t{1} << 60; // twice the sum of all counts is still a whole number

    /// @error BadInput when the counts are more than a sum holds.
    Result<void> checkTotal(const std::vector<WordCount> &words, const std::string &name)
    {
        uint64_t total = 0;
        for (const WordCount &entry : words) {
            if (entry.count > kMostTotal || (total += entry.count) > kMostTotal)
                return fail(ErrorCode::BadInput, name + ": the counts add up to more than 2^60");
        }
        return {};
    }

    /// The next field of a line, without the blanks around it.
    std::string_view takeField(std::string_view &line)
    {
        while (!line.empty() && isBlank(line.front()))
            line.remove_prefix(1);
        size_t end = 0;
        while (end < line.size() && !isBlank(line[end]))
            ++end;
        const std::string_view field = line.substr(0, end);
        line.remove_prefix(end);
        return field;
    }

    void warn(DictionaryNotes &notes, const std::string &where, const std::string &reason)
    {
        if (notes.warnings.size() < kMostWarnings)
            notes.warnings.push_back(where + ": " + reason);
    }

    /// A word of a file or object into the list, or a note why not.
    void addWord(std::u32string word, int64_t count, size_t maxWord, const std::string &where, std::vector<WordCount> &words,
        DictionaryNotes &notes)
    {
        if (count <= 0) {
            ++notes.rejected;
            warn(notes, where, "count " + std::to_string(count) + " is not above 0");
        } else if (word.size() > maxWord) {
            ++notes.tooLong;
            warn(notes, where,
                "word of " + std::to_string(word.size()) + " characters, at most " + std::to_string(maxWord) + " are taken");
        } else {
            words.push_back({std::move(word), static_cast<uint64_t>(count)});
        }
    }

    std::string lineAndByte(std::string_view text, size_t at)
    {
        const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
        return "line " + std::to_string(line) + ", byte " + std::to_string(at);
    }

    size_t repeats(std::vector<WordCount> &words)
    {
        std::sort(words.begin(), words.end(), [](const WordCount &a, const WordCount &b) { return a.word < b.word; });
        size_t to = 0;
        for (size_t i = 1; i < words.size(); ++i) {
            if (words[i].word == words[to].word)
                words[to].count += words[i].count;
            else if (++to != i)
                words[to] = std::move(words[i]);
        }
        const size_t before = words.size();
        words.resize(words.empty() ? 0 : to + 1);
        return before - words.size();
    }

} // namespace

WordDictionary::WordDictionary(std::vector<WordCount> words)
    : m_words(std::move(words))
{
    std::erase_if(m_words, [](const WordCount &entry) { return entry.word.empty() || entry.count == 0; });
    repeats(m_words);
    sortAndSum();
}

WordDictionary::WordDictionary(const std::unordered_map<std::u32string, uint64_t> &counts)
{
    m_words.reserve(counts.size());
    for (const auto &[word, count] : counts) {
        if (!word.empty() && count > 0)
            m_words.push_back({word, count});
    }
    std::sort(m_words.begin(), m_words.end(), [](const WordCount &a, const WordCount &b) { return a.word < b.word; });
    sortAndSum();
}

void WordDictionary::sortAndSum()
{
    for (const WordCount &entry : m_words) {
        m_total += entry.count;
        m_longest = std::max(m_longest, entry.word.size());
    }
}

WordDictionary WordDictionary::upTo(size_t characters) const
{
    std::vector<WordCount> words;
    for (const WordCount &entry : m_words) {
        if (entry.word.size() <= characters)
            words.push_back(entry);
    }
    return WordDictionary(std::move(words));
}

uint64_t WordDictionary::count(std::u32string_view word) const
{
    const auto found = std::lower_bound(
        m_words.begin(), m_words.end(), word, [](const WordCount &entry, std::u32string_view key) { return entry.word < key; });
    return found != m_words.end() && found->word == word ? found->count : 0;
}

Result<WordDictionary> WordDictionary::parse(
    std::string_view text, const std::string &name, size_t maxWord, DictionaryNotes &notes)
{
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    if (const size_t bad = firstInvalidUtf8(text); bad < text.size())
        return fail(ErrorCode::BadInput, name + ": not UTF-8 at " + lineAndByte(text, bad), "convert the file to UTF-8");
    std::vector<WordCount> words;
    int64_t number = 0;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        const std::string_view word = takeField(line), field = takeField(line);
        if (word.empty())
            continue;
        const std::string where = name + ":" + std::to_string(number);
        int64_t count = 1;
        if (!field.empty()) {
            const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), count);
            if (error != std::errc() || stop != field.data() + field.size())
                return fail(ErrorCode::BadInput, where + ": expected a whole number as count, found \"" + std::string(field) + "\"",
                    "a line is: word, space or tab, count");
        }
        addWord(toCharacters(word), count, maxWord, where, words, notes);
    }
    if (auto checked = checkTotal(words, name); !checked)
        return fail(checked.error());
    notes.repeated += static_cast<int64_t>(repeats(words));
    return WordDictionary(std::move(words));
}

Result<WordDictionary> WordDictionary::load(const std::filesystem::path &file, size_t maxWord, DictionaryNotes &notes)
{
    auto text = readUtf8File(file);
    if (!text)
        return fail(text.error());
    return parse(*text, file.filename().string(), maxWord, notes);
}

Result<WordDictionary> WordDictionary::fromJson(const Json &object, size_t maxWord, DictionaryNotes &notes)
{
    if (!object.is_object())
        return fail(ErrorCode::BadInput, "a dictionary in a request is an object of word: count");
    std::vector<WordCount> words;
    for (const auto &[word, count] : object.items()) {
        if (!count.is_number_integer() || (count.is_number_unsigned() && count.get<uint64_t>() > uint64_t(INT64_MAX)))
            return fail(ErrorCode::BadInput, "dictionary: the count of \"" + word + "\" is not a whole number");
        if (firstInvalidUtf8(word) < word.size())
            return fail(ErrorCode::BadInput, "dictionary: a word is not UTF-8");
        addWord(toCharacters(word), count.get<int64_t>(), maxWord, "dictionary", words, notes);
    }
    if (auto checked = checkTotal(words, "dictionary"); !checked)
        return fail(checked.error());
    return WordDictionary(std::move(words));
}

std::string WordDictionary::text() const
{
    std::vector<const WordCount *> order;
    order.reserve(m_words.size());
    for (const WordCount &entry : m_words)
        order.push_back(&entry);
    std::stable_sort(order.begin(), order.end(), [](const WordCount *a, const WordCount *b) { return a->count > b->count; });
    std::string text;
    for (const WordCount *entry : order)
        text += toUtf8(entry->word) + ' ' + std::to_string(entry->count) + '\n';
    return text;
}

std::string withPlainLineEnds(std::string_view text)
{
    std::string plain;
    plain.reserve(text.size());
    for (size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; i < text.size(); ++i) {
        if (text[i] != '\r')
            plain += text[i];
        else if (i + 1 == text.size() || text[i + 1] != '\n')
            plain += '\n';
    }
    return plain;
}

Result<std::string> readUtf8File(const std::filesystem::path &file)
{
    std::ifstream stream(file, std::ios::binary);
    if (!stream || std::filesystem::is_directory(file))
        return fail(ErrorCode::Io, file.string() + ": cannot be opened", "check the path");
    std::string raw{std::istreambuf_iterator<char>(stream), {}};
    if (stream.bad())
        return fail(ErrorCode::Io, file.string() + ": cannot be read");
    if (const size_t bad = firstInvalidUtf8(raw); bad < raw.size())
        return fail(ErrorCode::BadInput, file.filename().string() + ": not UTF-8 at " + lineAndByte(raw, bad),
            "convert the file to UTF-8");
    return withPlainLineEnds(raw);
}

std::vector<std::string> splitLines(std::string_view text)
{
    std::vector<std::string> lines;
    while (!text.empty()) {
        const size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        lines.emplace_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

Result<void> writeTextFile(const std::filesystem::path &file, std::string_view text)
{
    std::filesystem::path beside = file;
    beside += ".part";
    {
        std::ofstream stream(beside, std::ios::binary | std::ios::trunc);
        stream.write(text.data(), static_cast<std::streamsize>(text.size()));
        stream.close();
        if (!stream) {
            std::error_code ignored;
            std::filesystem::remove(beside, ignored);
            return fail(ErrorCode::Io, file.string() + ": cannot be written", "check the folder and the free space");
        }
    }
    std::error_code error;
    std::filesystem::rename(beside, file, error);
    if (error)
        return fail(ErrorCode::Io, file.string() + ": cannot be written: " + error.message());
    return {};
}

} // namespace winnow
