#pragma once

#include "core/words/cut_text.h"
#include "core/words/patterns.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// Whether numbers, Latin words and symbols are words before anything is learned (segmentation-baselines.md 3.1).
enum class PreChunking { On, Off };

/// Parts of a line: without pre-chunking one chunk a piece.
void chunksOf(const CutText &text, PreChunking chunking, std::vector<WordChunk> &out);

/// The distinct chunks of a text, ascending by code points, and how often each occurs.
struct ChunkCounts {
    std::vector<std::u32string> chunks;
    std::vector<uint32_t> counts;
    int64_t characters = 0; // of all occurrences

    ChunkCounts() = default;
    explicit ChunkCounts(const std::map<std::u32string, uint32_t> &table);
    ChunkCounts(std::span<const CutText> lines, PreChunking chunking);
};

} // namespace winnow
