#include "core/words/word_trie.h"

#include "core/words/characters.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace winnow {
namespace {

    constexpr double kNoValue = -std::numeric_limits<double>::infinity();
    constexpr int kEnd = -1; // what labelAt gives behind a word

    /// UTF-8 bytes of one character.
    struct Utf8 {
        std::array<uint8_t, 4> bytes{};
        int count = 0;
    };

    Utf8 encode(char32_t value)
    {
        const auto tail = [&](int shift) { return static_cast<uint8_t>(0x80 | ((value >> shift) & 0x3F)); };
        const auto head = [&](unsigned mark, int shift) { return static_cast<uint8_t>(mark | (value >> shift)); };
        switch (utf8Bytes(value)) {
        case 1:
            return {{head(0, 0)}, 1};
        case 2:
            return {{head(0xC0, 6), tail(0)}, 2};
        case 3:
            return {{head(0xE0, 12), tail(6), tail(0)}, 3};
        default:
            return {{head(0xF0, 18), tail(12), tail(6), tail(0)}, 4};
        }
    }

    /// Words that share the labels of a node.
    struct Range {
        uint32_t first = 0, end = 0, depth = 0;
    };

} // namespace

WordTrie::WordTrie()
    : WordTrie({}, TrieAlphabet::CodePoint)
{
}

WordTrie::WordTrie(std::span<const WordCount> words, TrieAlphabet alphabet)
    : m_alphabet(alphabet)
{
    if (alphabet == TrieAlphabet::CodePoint) {
        build(words, [&](uint32_t word, uint32_t depth) {
            const std::u32string &text = words[word].word;
            return depth < text.size() ? static_cast<int>(text[depth]) : kEnd;
        });
        m_rootTable.assign(words.empty() ? 0 : 0x10000, kNone);
        for (uint32_t at = firstChild(0); at < endChild(0); ++at) {
            if (m_nodes[at].label < m_rootTable.size())
                m_rootTable[m_nodes[at].label] = at;
        }
        return;
    }
    // UTF-8 keeps the order of code points, so the words are sorted by half bytes as well.
    std::vector<std::string> bytes;
    bytes.reserve(words.size());
    for (const WordCount &entry : words)
        bytes.push_back(toUtf8(entry.word));
    build(words, [&](uint32_t word, uint32_t depth) {
        const std::string &text = bytes[word];
        if (depth >= 2 * text.size())
            return kEnd;
        const auto byte = static_cast<uint8_t>(text[depth / 2]);
        return depth % 2 == 0 ? byte >> 4 : byte & 15;
    });
    m_masks.assign(size(), 0);
    for (uint32_t node = 0; node < size(); ++node) {
        for (uint32_t at = firstChild(node); at < endChild(node); ++at)
            m_masks[node] = static_cast<uint16_t>(m_masks[node] | 1U << m_nodes[at].label);
    }
}

template <typename LabelAt> void WordTrie::build(std::span<const WordCount> words, LabelAt labelAt)
{
    std::vector<Range> ranges{{0, static_cast<uint32_t>(words.size()), 0}};
    m_nodes.push_back({0, 1, kNoValue});
    m_word.push_back(kNoWord);
    for (size_t node = 0; node < ranges.size(); ++node) {
        auto [at, end, depth] = ranges[node];
        m_nodes[node].first = static_cast<uint32_t>(m_nodes.size());
        if (at < end && labelAt(at, depth) == kEnd)
            m_word[node] = at++;
        while (at < end) {
            const int label = labelAt(at, depth);
            uint32_t last = at + 1;
            while (last < end && labelAt(last, depth) == label)
                ++last;
            ranges.push_back({at, last, depth + 1});
            m_nodes.push_back({static_cast<char32_t>(label), 0, kNoValue});
            m_word.push_back(kNoWord);
            at = last;
        }
    }
    m_nodes.push_back({0, static_cast<uint32_t>(m_nodes.size()), kNoValue});
}

uint32_t WordTrie::search(uint32_t node, char32_t label) const
{
    const auto first = m_nodes.begin() + firstChild(node), end = m_nodes.begin() + endChild(node);
    const auto found
        = std::lower_bound(first, end, label, [](const Node &entry, char32_t key) { return entry.label < key; });
    return found != end && found->label == label ? static_cast<uint32_t>(found - m_nodes.begin()) : kNone;
}

uint32_t WordTrie::stepBytes(uint32_t node, char32_t character) const
{
    const Utf8 utf8 = encode(character);
    for (int i = 0; i < utf8.count; ++i) {
        const uint8_t byte = utf8.bytes[static_cast<size_t>(i)];
        node = child(node, byte >> 4);
        if (node == kNone)
            return kNone;
        node = child(node, byte & 15);
        if (node == kNone)
            return kNone;
    }
    return node;
}

uint32_t WordTrie::find(std::u32string_view prefix) const
{
    uint32_t node = 0;
    for (const char32_t character : prefix) {
        node = step(node, character);
        if (node == kNone)
            return kNone;
    }
    return node;
}

size_t WordTrie::bytes() const
{
    return m_nodes.size() * sizeof(Node) + (m_word.size() + m_rootTable.size()) * sizeof(uint32_t)
        + m_masks.size() * sizeof(uint16_t);
}

} // namespace winnow
