#include "core/words/substring_counts.h"

#include "core/words/characters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace winnow {

SubstringCounts::SubstringCounts(std::u32string_view text, const std::vector<std::u32string_view> &words)
    : m_trie(words.size() * 2 + 16)
    , m_textLength(text.size())
{
    for (const std::u32string_view word : words) {
        for (size_t start = 0; start < word.size(); ++start) {
            uint32_t node = 0;
            for (const char32_t character : word.substr(start))
                node = m_trie.grow(node, character);
        }
    }
    m_counts.assign(m_trie.size(), 0);
    for (size_t start = 0; start < text.size(); ++start) {
        uint32_t node = 0;
        for (size_t at = start; at < text.size(); ++at) {
            node = m_trie.child(node, text[at]);
            if (node == GrowingTrie::kNone)
                break;
            ++m_counts[node];
        }
    }
}

uint64_t SubstringCounts::count(std::u32string_view substring) const
{
    const uint32_t node = m_trie.find(substring);
    return node == GrowingTrie::kNone ? 0 : m_counts[node];
}

SuffixArray::SuffixArray(std::u32string_view text, size_t depth)
    : m_text(text)
    , m_depth(depth)
    , m_suffixes(text.size())
{
    std::iota(m_suffixes.begin(), m_suffixes.end(), 0U);
    std::sort(m_suffixes.begin(), m_suffixes.end(),
        [&](uint32_t a, uint32_t b) { return m_text.substr(a, m_depth) < m_text.substr(b, m_depth); });
}

uint64_t SuffixArray::count(std::u32string_view substring) const
{
    const auto prefix = [&](uint32_t suffix) { return m_text.substr(suffix, substring.size()); };
    const auto first = std::lower_bound(m_suffixes.begin(), m_suffixes.end(), substring,
        [&](uint32_t suffix, std::u32string_view key) { return prefix(suffix) < key; });
    const auto end = std::upper_bound(first, m_suffixes.end(), substring,
        [&](std::u32string_view key, uint32_t suffix) { return key < prefix(suffix); });
    return static_cast<uint64_t>(end - first);
}

double pointwiseInformation(std::u32string_view word, const SubstringCounts &counts)
{
    constexpr double kAlways = 1e60; // single characters of scripts without spaces stay
    if (word.size() == 1)
        return utf8Bytes(word[0]) > 1 ? kAlways : 0;
    const auto whole = static_cast<double>(counts.count(word));
    if (whole == 0)
        return 0;
    double least = std::numeric_limits<double>::infinity();
    for (size_t split = 1; split < word.size(); ++split) {
        const auto left = static_cast<double>(counts.count(word.substr(0, split)));
        const auto right = static_cast<double>(counts.count(word.substr(split)));
        least = std::min(least, std::log(static_cast<double>(counts.textLength()) * whole / (left * right)));
    }
    return least;
}

} // namespace winnow
