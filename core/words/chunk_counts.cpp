#include "core/words/chunk_counts.h"

namespace winnow {

void chunksOf(const CutText &text, PreChunking chunking, std::vector<WordChunk> &out)
{
    out.clear();
    for (size_t piece = 0; piece < text.pieceEnds.size(); ++piece) {
        if (chunking == PreChunking::On)
            appendChunks(text.piece(piece), text.pieceBegin(piece), out);
        else
            out.push_back({text.pieceBegin(piece), text.pieceEnds[piece], ChunkKind::Chunk});
    }
}

ChunkCounts::ChunkCounts(const std::map<std::u32string, uint32_t> &table)
{
    for (const auto &[chunk, count] : table) {
        chunks.push_back(chunk);
        counts.push_back(count);
        characters += static_cast<int64_t>(chunk.size()) * count;
    }
}

ChunkCounts::ChunkCounts(std::span<const CutText> lines, PreChunking chunking)
{
    std::map<std::u32string, uint32_t> table;
    std::vector<WordChunk> parts;
    for (const CutText &line : lines) {
        chunksOf(line, chunking, parts);
        for (const WordChunk &part : parts) {
            if (part.kind == ChunkKind::Chunk)
                ++table[std::u32string(line.word(part.first, part.end))];
        }
    }
    *this = ChunkCounts(table);
}

} // namespace winnow
