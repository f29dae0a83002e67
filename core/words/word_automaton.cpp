#include "core/words/word_automaton.h"

#include <cmath>

namespace winnow {

WordAutomaton::WordAutomaton(const WordDictionary &dictionary, TrieAlphabet alphabet, WeightRule rule)
    : m_trie(dictionary.words(), alphabet)
    , m_rule(rule)
    , m_total(dictionary.total())
    , m_words(dictionary.size())
{
    const size_t nodes = m_trie.size();
    m_count.assign(nodes, 0);
    for (uint32_t node = 0; node < nodes; ++node) {
        if (const uint32_t word = m_trie.word(node); word != WordTrie::kNoWord)
            m_count[node] = dictionary.words()[word].count;
    }
    fillSums();
    fillPrefixes();
    fillLinks();
    fillWeights();
}

void WordAutomaton::fillSums()
{
    m_sum = m_count;
    for (auto node = static_cast<uint32_t>(m_trie.size()); node-- > 0;) {
        for (uint32_t child = m_trie.firstChild(node); child < m_trie.endChild(node); ++child)
            m_sum[node] += m_sum[child];
    }
    if (m_rule.rootDoubling)
        m_sum[0] *= 2;
    if (m_total == 0)
        m_sum[0] = 2;
    m_rootLog = std::log2(static_cast<double>(m_sum[0]));
}

void WordAutomaton::fillPrefixes()
{
    m_prefix.assign(m_trie.size(), 0);
    for (uint32_t node = 0; node < m_trie.size(); ++node) {
        const uint32_t own = m_count[node] > 0 ? node : m_prefix[node];
        for (uint32_t child = m_trie.firstChild(node); child < m_trie.endChild(node); ++child)
            m_prefix[child] = own;
    }
}

namespace {

    /// Walks a trie node by node in breadth-first order and says where a character ends: its node, the node where it began
    /// and itself. Nodes within a character are passed over.
    template <typename Visit> void visitCharacters(const WordTrie &trie, Visit visit)
    {
        if (trie.alphabet() == TrieAlphabet::CodePoint) {
            for (uint32_t node = 0; node < trie.size(); ++node) {
                for (uint32_t child = trie.firstChild(node); child < trie.endChild(node); ++child)
                    visit(child, node, trie.node(child).label);
            }
            return;
        }
        struct Partial { // what a node within a character has read of it
            uint32_t begin = 0; // node where the character began
            char32_t bits = 0;
            uint8_t halves = 0, wanted = 0; // half bytes read and needed
        };
        std::vector<Partial> partials(trie.size());
        for (uint32_t node = 0; node < trie.size(); ++node) {
            Partial from = partials[node];
            if (from.halves == 0)
                from.begin = node;
            for (uint32_t child = trie.firstChild(node); child < trie.endChild(node); ++child) {
                Partial to = from;
                const char32_t label = trie.node(child).label;
                ++to.halves;
                to.bits = to.bits << 4 | label;
                if (to.halves == 1) // the first half byte of UTF-8 tells its length
                    to.wanted = label < 8 ? 2 : label < 14 ? 4 : label == 14 ? 6 : 8;
                if (to.halves < to.wanted) {
                    partials[child] = to;
                    continue;
                }
                char32_t character = to.bits & 0x7F;
                if (to.wanted == 4)
                    character = (to.bits >> 8 & 0x1F) << 6 | (to.bits & 0x3F);
                else if (to.wanted == 6)
                    character = (to.bits >> 16 & 0x0F) << 12 | (to.bits >> 8 & 0x3F) << 6 | (to.bits & 0x3F);
                else if (to.wanted == 8)
                    character = (to.bits >> 24 & 0x07) << 18 | (to.bits >> 16 & 0x3F) << 12 | (to.bits >> 8 & 0x3F) << 6
                        | (to.bits & 0x3F);
                visit(child, to.begin, character);
            }
        }
    }

} // namespace

void WordAutomaton::fillLinks()
{
    m_link.assign(m_trie.size(), 0);
    m_fail.assign(m_trie.size(), 0);
    visitCharacters(m_trie, [this](uint32_t node, uint32_t from, char32_t character) {
        m_link[node] = from == 0 ? 0 : advance(m_link[from], character);
        m_fail[node] = m_count[m_link[node]] > 0 ? m_link[node] : m_fail[m_link[node]];
    });
}

void WordAutomaton::fillWeights()
{
    std::vector<double> logs; // log2 S of the nodes that are a prefix, made when first asked for
    logs.assign(m_trie.size(), -1);
    logs[0] = m_rootLog;
    for (uint32_t node = 1; node < m_trie.size(); ++node) {
        if (m_count[node] == 0)
            continue;
        const uint32_t prefix = m_rule.conditional ? m_prefix[node] : 0;
        if (logs[prefix] < 0)
            logs[prefix] = std::log2(static_cast<double>(m_sum[prefix]));
        m_trie.node(node).value = std::log2(static_cast<double>(m_count[node])) - logs[prefix];
    }
}

double WordAutomaton::unigram(uint32_t node) const
{
    return std::log2(static_cast<double>(m_count[node])) - m_rootLog;
}

uint32_t WordAutomaton::advance(uint32_t state, char32_t character) const
{
    for (;;) {
        const uint32_t next = m_trie.step(state, character);
        if (next != WordTrie::kNone || state == 0)
            return next;
        state = m_link[state];
    }
}

std::vector<uint32_t> WordAutomaton::borders(uint32_t state) const
{
    std::vector<uint32_t> nodes;
    for (uint32_t node = m_count[state] > 0 ? state : m_fail[state]; node != 0; node = m_fail[node])
        nodes.push_back(node);
    return nodes;
}

size_t WordAutomaton::bytes() const
{
    return m_trie.bytes() + m_trie.size() * (2 * sizeof(uint64_t) + 3 * sizeof(uint32_t));
}

} // namespace winnow
