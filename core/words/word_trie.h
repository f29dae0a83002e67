#pragma once

#include "core/words/word_dictionary.h"

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace winnow {

/// What an edge of a trie is labelled with; the results are the same.
enum class TrieAlphabet : uint8_t {
    CodePoint, // one edge a character, children found by their label
    HalfByte, // two edges of 4 bits a UTF-8 byte, at most 16 children, found by a bit mask
};

/// A fixed set of words as a trie in breadth-first order: node 0 is the root, the children of a node lie side by side, ascending by
/// label. Words keep their index in the list they came from.
class WordTrie {
public:
    static constexpr uint32_t kNone = 0; // the root is nobody's child
    static constexpr uint32_t kNoWord = ~0U;

    /// What a step reads, in one place. `value` is the caller's (a word's weight), -infinity where no word ends.
    struct Node {
        char32_t label = 0;
        uint32_t first = 0; // first child; the next node's is the end
        double value = 0;
    };

    WordTrie();
    /// @param words  ascending by code points, all different, none empty.
    /// @cost  O(characters); no memory beyond the trie but one range a node.
    WordTrie(std::span<const WordCount> words, TrieAlphabet alphabet);

    TrieAlphabet alphabet() const { return m_alphabet; }
    size_t size() const { return m_nodes.size() - 1; } // nodes, root included
    const Node &node(uint32_t index) const { return m_nodes[index]; }
    Node &node(uint32_t index) { return m_nodes[index]; }
    /// Index of the word that ends at a node, or kNoWord.
    uint32_t word(uint32_t node) const { return m_word[node]; }
    uint32_t firstChild(uint32_t node) const { return m_nodes[node].first; }
    uint32_t endChild(uint32_t node) const { return m_nodes[node + 1].first; }

    /// The node one label further, or kNone.
    uint32_t child(uint32_t node, char32_t label) const
    {
        if (m_alphabet == TrieAlphabet::HalfByte) {
            const unsigned bit = 1U << label;
            const unsigned mask = m_masks[node];
            return (mask & bit) == 0 ? kNone : firstChild(node) + static_cast<uint32_t>(std::popcount(mask & (bit - 1)));
        }
        if (node == 0)
            return label < m_rootTable.size() ? m_rootTable[label] : search(0, label);
        const uint32_t first = firstChild(node), end = endChild(node);
        if (end - first > kScannedChildren)
            return search(node, label);
        for (uint32_t at = first; at < end; ++at) {
            if (m_nodes[at].label == label)
                return at;
        }
        return kNone;
    }

    /// The node one character further, or kNone. From the root or a node where a character ends.
    uint32_t step(uint32_t node, char32_t character) const
    {
        return m_alphabet == TrieAlphabet::CodePoint ? child(node, character) : stepBytes(node, character);
    }

    /// The node of a whole word or prefix, or kNone.
    uint32_t find(std::u32string_view prefix) const;

    /// Bytes that the trie holds: nodes, word indices, masks and the root's table.
    size_t bytes() const;

private:
    static constexpr uint32_t kScannedChildren = 4;

    uint32_t search(uint32_t node, char32_t label) const;
    uint32_t stepBytes(uint32_t node, char32_t character) const;
    template <typename LabelAt> void build(std::span<const WordCount> words, LabelAt labelAt);

    TrieAlphabet m_alphabet = TrieAlphabet::CodePoint;
    std::vector<Node> m_nodes; // one more than nodes: the end of the last child range
    std::vector<uint32_t> m_word;
    std::vector<uint16_t> m_masks; // half bytes: which children a node has
    std::vector<uint32_t> m_rootTable; // code points below 65536: child of the root
};

} // namespace winnow
