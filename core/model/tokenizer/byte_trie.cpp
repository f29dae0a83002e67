#include "core/model/tokenizer/byte_trie.h"

#include <algorithm>

namespace winnow {

std::array<uint32_t, 256> ByteTrie::noChildren()
{
    std::array<uint32_t, 256> none{};
    none.fill(kNone);
    return none;
}

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, int32_t>> words)
{
    std::stable_sort(words.begin(), words.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    struct Range {
        size_t begin, end, depth;
    };
    // Breadth first: nodes get their numbers in the order of this queue, so children stand together.
    std::vector<Range> queue{{0, words.size(), 0}};
    m_nodes.clear();
    for (size_t node = 0; node < queue.size(); ++node) {
        auto [begin, end, depth] = queue[node];
        int32_t word = -1;
        for (; begin < end && words[begin].first.size() == depth; ++begin)
            word = depth > 0 ? words[begin].second : -1;
        m_nodes.push_back({static_cast<uint32_t>(queue.size()), word});
        while (begin < end) {
            const char byte = words[begin].first[depth];
            size_t last = begin;
            while (last < end && words[last].first[depth] == byte)
                ++last;
            m_bytes.push_back(static_cast<uint8_t>(byte));
            queue.push_back({begin, last, depth + 1});
            begin = last;
        }
    }
    m_nodes.push_back({static_cast<uint32_t>(queue.size()), -1});
    for (uint32_t node = m_nodes[0].first; node < m_nodes[1].first; ++node)
        m_fromRoot[m_bytes[node]] = node;
}

uint32_t ByteTrie::child(uint32_t node, uint8_t byte) const
{
    if (node == kRoot)
        return m_fromRoot[byte];
    const auto first = m_bytes.begin() + static_cast<std::ptrdiff_t>(m_nodes[node].first);
    const auto last = m_bytes.begin() + static_cast<std::ptrdiff_t>(m_nodes[node + 1].first);
    const auto found = std::lower_bound(first, last, byte);
    return found != last && *found == byte ? static_cast<uint32_t>(found - m_bytes.begin()) : kNone;
}

} // namespace winnow
