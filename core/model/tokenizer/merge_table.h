#pragma once

#include "core/model/tokenizer.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// Merge rules of a byte-pair encoding: pair of ids -> rank and id of the union. Immutable after building.
class MergeTable {
public:
    struct Merge {
        int32_t rank = 0, result = 0;
    };

    explicit MergeTable(size_t expected);
    /// Of a pair that is added twice the last rank counts, as in the reference.
    void add(int32_t left, int32_t right, Merge merge);
    const Merge *find(int32_t left, int32_t right) const;

private:
    struct Slot {
        uint64_t pair = kEmpty;
        Merge merge;
    };
    static constexpr uint64_t kEmpty = ~uint64_t{0};
    size_t slotOf(uint64_t pair) const;

    std::vector<Slot> m_slots;
    int m_shift = 0;
};

/// Merges the tokens from `first` on, one piece cut into its smallest parts: applies the merge of the lowest rank,
/// leftmost first, until none applies. A union covers what its parts cover and what lies between.
/// @cost  O(n log n) in the tokens of the piece.
/// @source Algorithm 1, arXiv:1508.07909.
void mergeTokens(std::vector<Token> &tokens, size_t first, const MergeTable &merges);

} // namespace winnow
