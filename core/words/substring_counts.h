#pragma once

#include "core/base/run_context.h"
#include "core/words/growing_trie.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow {

/// How often substrings of chosen words occur in a text, overlapping ones too.
///
/// A trie of all substrings of the words; one walk over the text, from every position as deep as the trie goes, counts them all.
/// The memory is that of the words, not of the text.
class SubstringCounts {
public:
    /// @cost O(sum of squared word lengths + text length * longest match).
    SubstringCounts(std::u32string_view text, const std::vector<std::u32string_view> &words);

    /// Occurrences of a substring of one of the words.
    uint64_t count(std::u32string_view substring) const;
    uint64_t textLength() const { return m_textLength; }
    size_t bytes() const { return m_trie.bytes() + m_counts.size() * sizeof(uint32_t); }

private:
    GrowingTrie m_trie;
    std::vector<uint32_t> m_counts; // by node
    uint64_t m_textLength = 0;
};

/// The same counts from sorted suffixes: four bytes a character and any substring, but a binary search each.
class SuffixArray {
public:
    /// @cost O(n log n) comparisons; suffixes are told apart by their first `depth` characters.
    explicit SuffixArray(std::u32string_view text, size_t depth = 256);

    /// @param substring at most `depth` characters.
    uint64_t count(std::u32string_view substring) const;
    size_t bytes() const { return m_suffixes.size() * sizeof(uint32_t); }

private:
    std::u32string_view m_text;
    size_t m_depth;
    std::vector<uint32_t> m_suffixes;
};

/// min over split points of ln(N c(w) / (c(left) c(right))); a single character: 1e60 if it needs several UTF-8 bytes, else 0;
/// a word that the text does not have: 0.
/// @source llaca.md 3.3.
double pointwiseInformation(std::u32string_view word, const SubstringCounts &counts);

} // namespace winnow
