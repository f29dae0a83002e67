#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace winnow {

/// A trie that grows while it is walked: edges in one open-addressing table, keyed by (node, character). Node 0 is the root.
class GrowingTrie {
public:
    static constexpr uint32_t kNone = 0; // the root is nobody's child

    explicit GrowingTrie(size_t expectedNodes = 64)
        : m_slots(std::bit_ceil(expectedNodes * 2))
        , m_shift(64 - std::countr_zero(m_slots.size()))
    {
    }

    size_t size() const { return m_nodes; } // nodes, root included

    uint32_t child(uint32_t node, char32_t label) const
    {
        const uint64_t key = keyOf(node, label);
        for (size_t at = slotOf(key);; at = (at + 1) & (m_slots.size() - 1)) {
            if (m_slots[at].node == kNone || m_slots[at].key == key)
                return m_slots[at].node;
        }
    }

    /// The child, made when it is not there yet.
    uint32_t grow(uint32_t node, char32_t label)
    {
        const uint64_t key = keyOf(node, label);
        size_t at = slotOf(key);
        for (; m_slots[at].node != kNone; at = (at + 1) & (m_slots.size() - 1)) {
            if (m_slots[at].key == key)
                return m_slots[at].node;
        }
        const auto made = static_cast<uint32_t>(m_nodes++);
        m_slots[at] = {key, made};
        if (m_nodes * 2 > m_slots.size())
            rehash();
        return made;
    }

    uint32_t find(std::u32string_view text) const
    {
        uint32_t node = 0;
        for (const char32_t character : text) {
            node = child(node, character);
            if (node == kNone)
                return kNone;
        }
        return node;
    }

    /// Every edge: (node, label, child), in no order that means anything.
    template <typename Visit> void visitEdges(Visit visit) const
    {
        for (const Slot &slot : m_slots) {
            if (slot.node != kNone)
                visit(static_cast<uint32_t>(slot.key >> 21), static_cast<char32_t>(slot.key & 0x1FFFFF), slot.node);
        }
    }

    size_t bytes() const { return m_slots.size() * sizeof(Slot); }

private:
    struct Slot {
        uint64_t key = 0; // node, then 21 bits of character
        uint32_t node = kNone; // kNone = free
    };

    static uint64_t keyOf(uint32_t node, char32_t label) { return uint64_t(node) << 21 | label; }
    size_t slotOf(uint64_t key) const { return static_cast<size_t>((key * 0x9E3779B97F4A7C15ULL) >> m_shift); }

    void rehash()
    {
        std::vector<Slot> old(m_slots.size() * 2);
        old.swap(m_slots);
        --m_shift;
        for (const Slot &slot : old) {
            if (slot.node == kNone)
                continue;
            size_t at = slotOf(slot.key);
            while (m_slots[at].node != kNone)
                at = (at + 1) & (m_slots.size() - 1);
            m_slots[at] = slot;
        }
    }

    std::vector<Slot> m_slots;
    int m_shift;
    size_t m_nodes = 1;
};

} // namespace winnow
