#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow {

/// End of the longest number that begins at `at`: [-+]? Nd+ ( [. U+FF0E : U+FF1A - U+FF0D /] Nd+ )*; `at` when none does.
/// @source llaca.md 3.5.
size_t numberEnd(std::u32string_view text, size_t at);

/// End of the longest Latin word that begins at `at`: [A-Za-z]+ ( ['-] [A-Za-z]+ )*; `at` when none does.
size_t latinEnd(std::u32string_view text, size_t at);

enum class ChunkKind : uint8_t { Chunk, Number, Latin, Symbol };

/// A part of a piece: a word by itself, or a chunk that is still to be segmented.
struct WordChunk {
    int32_t first = 0, end = 0;
    ChunkKind kind = ChunkKind::Chunk;

    bool operator==(const WordChunk &) const = default;
};

/// Numbers, Latin words and P*/S* characters as words, what lies between as chunks. White space is there only where it is
/// literal, and then a word like a symbol, so that words still cover the line.
/// @param base  added to all positions. Appended to `out`.
/// @source segmentation-baselines.md 3.1.
void appendChunks(std::u32string_view text, int32_t base, std::vector<WordChunk> &out);

} // namespace winnow
