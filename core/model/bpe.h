#pragma once

#include "core/base/error.h"
#include "core/model/tokenizer.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// The bytes a token of a byte-level vocabulary stands for: its code points are bytes under GPT-2's mapping ("Ġthe" is
/// " the"); nullopt when one of them is not.
/// @source bytes_to_unicode of openai/gpt-2, encoder.py.
std::optional<std::string> byteLevelBytes(std::string_view token);

/// The token text of one byte under that mapping.
std::string byteLevelText(uint8_t byte);

/// Merge rules of a byte-pair encoding: pair of ids -> rank and id of the union. Immutable after building.
class MergeTable {
public:
    struct Merge {
        int32_t rank = 0, result = 0;
    };

    explicit MergeTable(size_t expected);
    /// Keeps the first rank of a pair that is added twice.
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

/// Encodes one piece: starts from single bytes and applies the merge of the lowest rank, leftmost first, until none
/// applies.
///
/// @param bytes    the piece.
/// @param byteIds  id of each byte; every byte of the piece has one (>= 0).
/// @param begin    offset of the piece in the text.
/// @cost  O(n log n) in the bytes of the piece.
/// @source Algorithm 1, arXiv:1508.07909.
void encodePiece(std::string_view bytes, const std::array<int32_t, 256> &byteIds, const MergeTable &merges, int64_t begin,
    std::vector<Token> &out);

} // namespace winnow
