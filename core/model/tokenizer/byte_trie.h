#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

/// Words in a tree by their bytes: which words begin a text? Immutable; about ten bytes a node.
class ByteTrie {
public:
    static constexpr uint32_t kRoot = 0;
    static constexpr uint32_t kNone = 0xFFFFFFFFu;

    ByteTrie() = default;
    /// Words and their ids (>= 0); of equal words the last counts, empty ones are ignored.
    explicit ByteTrie(std::vector<std::pair<std::string_view, int32_t>> words);

    /// The node behind `byte`, kNone when no word goes on with it.
    uint32_t child(uint32_t node, uint8_t byte) const;
    /// Id of the word that ends at `node`, -1 when none does.
    int32_t word(uint32_t node) const { return m_nodes[node].word; }

private:
    struct Node {
        uint32_t first = 0; // its children stand together, ordered by byte
        int32_t word = -1;
    };

    std::vector<Node> m_nodes = std::vector<Node>(2); // children of i: from first of i up to first of i + 1
    std::vector<uint8_t> m_bytes = std::vector<uint8_t>(1); // what leads to a node
    std::array<uint32_t, 256> m_fromRoot = noChildren();

    static std::array<uint32_t, 256> noChildren();
};

} // namespace winnow
