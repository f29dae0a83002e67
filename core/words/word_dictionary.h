#pragma once

#include "core/base/error.h"
#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace winnow {

/// A word and how often it was seen.
struct WordCount {
    std::u32string word;
    uint64_t count = 0;

    bool operator==(const WordCount &) const = default;
};

/// What a file of words had that is not in the dictionary.
struct DictionaryNotes {
    int64_t tooLong = 0, rejected = 0, repeated = 0; // longer than the limit; count not above 0; further lines of a word
    std::vector<std::string> warnings; // "file:line: reason", the first hundred
};

/// Words with counts, sorted by code points. The total is their sum.
class WordDictionary {
public:
    WordDictionary() = default;
    /// Counts of equal words add up; words without characters or with count 0 are left out.
    explicit WordDictionary(std::vector<WordCount> words);
    explicit WordDictionary(const std::unordered_map<std::u32string, uint64_t> &counts);

    const std::vector<WordCount> &words() const { return m_words; } // ascending by code points
    uint64_t total() const { return m_total; }
    size_t size() const { return m_words.size(); }
    bool empty() const { return m_words.empty(); }
    /// Length of the longest word in code points.
    size_t longest() const { return m_longest; }
    /// 0 for a word that is not there. @cost O(log words).
    uint64_t count(std::u32string_view word) const;
    bool contains(std::u32string_view word) const { return count(word) > 0; }

    /// `word count [anything]` per line, UTF-8, space or tab between; a missing count is 1; blank lines are skipped; counts of
    /// repeated words add up. Words of more than `maxWord` code points and counts that are not above 0 are left out and counted.
    /// @error BadInput for invalid UTF-8 (name, line, byte) or a count that is no whole number.
    static Result<WordDictionary> parse(std::string_view text, const std::string &name, size_t maxWord, DictionaryNotes &notes);
    /// @error Io; as parse.
    static Result<WordDictionary> load(const std::filesystem::path &file, size_t maxWord, DictionaryNotes &notes);
    /// From {"word": count}.
    static Result<WordDictionary> fromJson(const Json &object, size_t maxWord, DictionaryNotes &notes);
    /// `word count` lines ordered by falling count, then code points.
    std::string text() const;
    /// Its words of at most so many characters.
    WordDictionary upTo(size_t characters) const;

private:
    void sortAndSum();

    std::vector<WordCount> m_words;
    uint64_t m_total = 0;
    size_t m_longest = 0;
};

/// A text without byte-order mark, CRLF and CR as LF.
std::string withPlainLineEnds(std::string_view text);
/// A whole file as UTF-8 without byte-order mark, CRLF and CR as LF.
/// @error Io; BadInput naming line and byte of the first ill-formed sequence.
Result<std::string> readUtf8File(const std::filesystem::path &file);
/// Lines of a text; the last one may lack its newline.
std::vector<std::string> splitLines(std::string_view text);
/// The file is written beside and renamed.
Result<void> writeTextFile(const std::filesystem::path &file, std::string_view text);

} // namespace winnow
