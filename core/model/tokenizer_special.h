#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace winnow {

/// Finds special and user-defined tokens in a text: at each position the longest one, left to right.
class SpecialTokenMatcher {
public:
    struct Match {
        int32_t id = -1; // -1: none
        size_t begin = 0, end = 0;
    };

    /// Of equal texts the first added wins; empty ones are ignored.
    void add(std::string_view text, int32_t id);
    /// The first match at or after `from`; begin = end = text.size() when there is none.
    /// @cost O(n) where no token's first byte stands, times the longest token elsewhere.
    Match find(std::string_view text, size_t from) const;

private:
    struct Node {
        int32_t id = -1; // of the token that ends here
    };
    Match longestAt(std::string_view text, size_t begin) const;

    std::array<bool, 256> m_firstBytes{}; // of any token: most of a text is passed over by this alone
    std::vector<Node> m_nodes = std::vector<Node>(1); // a byte trie; node 0 is the root
    std::unordered_map<uint64_t, uint32_t> m_edges; // node << 8 | byte -> node
};

} // namespace winnow
