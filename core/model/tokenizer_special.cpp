#include "core/model/tokenizer_special.h"

namespace winnow {
namespace {

    uint64_t edge(uint32_t node, char byte) { return uint64_t{node} << 8 | static_cast<uint8_t>(byte); }

} // namespace

void SpecialTokenMatcher::add(std::string_view text, int32_t id)
{
    if (text.empty())
        return;
    uint32_t node = 0;
    for (const char byte : text) {
        const auto [found, added] = m_edges.try_emplace(edge(node, byte), static_cast<uint32_t>(m_nodes.size()));
        if (added)
            m_nodes.emplace_back();
        node = found->second;
    }
    if (m_nodes[node].id < 0)
        m_nodes[node].id = id;
    m_firstBytes[static_cast<uint8_t>(text[0])] = true;
}

SpecialTokenMatcher::Match SpecialTokenMatcher::longestAt(std::string_view text, size_t begin) const
{
    Match best{-1, begin, begin};
    uint32_t node = 0;
    for (size_t at = begin; at < text.size(); ++at) {
        const auto found = m_edges.find(edge(node, text[at]));
        if (found == m_edges.end())
            break;
        node = found->second;
        if (m_nodes[node].id >= 0)
            best = {m_nodes[node].id, begin, at + 1};
    }
    return best;
}

SpecialTokenMatcher::Match SpecialTokenMatcher::find(std::string_view text, size_t from) const
{
    for (size_t at = from; at < text.size(); ++at) {
        if (!m_firstBytes[static_cast<uint8_t>(text[at])])
            continue;
        if (const Match match = longestAt(text, at); match.id >= 0)
            return match;
    }
    return {-1, text.size(), text.size()};
}

} // namespace winnow
