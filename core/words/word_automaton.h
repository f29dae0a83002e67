#pragma once

#include "core/words/word_dictionary.h"
#include "core/words/word_trie.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow {

/// How words are weighed (llaca.md 3.4, 3.5).
struct WeightRule {
    bool conditional = true; // by the longest known prefix; off = unigram
    bool rootDoubling = true; // S(root) = 2 N
};

/// An Aho-Corasick automaton over the words of a dictionary, with their counts and weights.
///
/// A word costs log2 c(w) - log2 S(pre(w)): its count given its longest proper prefix that is a word.
/// @source arXiv:2505.19631, as llaca.md 3.4 and 3.5.
class WordAutomaton {
public:
    WordAutomaton() = default;
    /// @cost O(characters of all words), about 100 bytes a node.
    WordAutomaton(const WordDictionary &dictionary, TrieAlphabet alphabet, WeightRule rule);

    const WordTrie &trie() const { return m_trie; }
    uint64_t total() const { return m_total; } // N
    size_t words() const { return m_words; }
    const WeightRule &rule() const { return m_rule; }
    /// S(root); 2 for an empty dictionary.
    uint64_t rootSum() const { return m_sum[0]; }
    double rootLog() const { return m_rootLog; } // log2 S(root)
    double unknownPrice() const { return -m_rootLog; } // mp

    uint64_t count(uint32_t node) const { return m_count[node]; } // 0 = no word ends here
    uint64_t sum(uint32_t node) const { return m_sum[node]; } // S
    uint32_t prefix(uint32_t node) const { return m_prefix[node]; } // pre, 0 = root
    uint32_t fail(uint32_t node) const { return m_fail[node]; } // longest proper suffix that is a word, 0 = root
    uint32_t link(uint32_t node) const { return m_link[node]; } // longest proper suffix that is a node
    double weight(uint32_t node) const { return m_trie.node(node).value; } // log2 P; -infinity where no word ends
    double unigram(uint32_t node) const; // log2 c - log2 S(root)

    /// State after one more character: the longest suffix of what was read that is a node.
    uint32_t advance(uint32_t state, char32_t character) const;
    /// Nodes of all words that end in a state, longest first.
    std::vector<uint32_t> borders(uint32_t state) const;
    size_t bytes() const;

private:
    void fillSums();
    void fillPrefixes();
    void fillLinks();
    void fillWeights();

    WordTrie m_trie;
    WeightRule m_rule;
    uint64_t m_total = 0;
    size_t m_words = 0;
    double m_rootLog = 1;
    // One entry a node. Half bytes: link and fail only mean something at nodes where a character ends.
    std::vector<uint64_t> m_count = {0}, m_sum = {2};
    std::vector<uint32_t> m_prefix = {0}, m_fail = {0}, m_link = {0};
};

} // namespace winnow
