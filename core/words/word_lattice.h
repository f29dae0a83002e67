#pragma once

#include "core/words/cut_text.h"
#include "core/words/word_automaton.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace winnow {

enum class EdgeKind : uint8_t { Character, Number, Latin, Dictionary };
const char *edgeKindName(EdgeKind kind);

enum class Patterns : uint8_t { On, Off };

/// Where edges end: a candidate word of a line.
struct LatticeEdge {
    int32_t start = 0, end = 0; // characters of the CutText
    EdgeKind kind = EdgeKind::Character;
    uint32_t node = 0; // of the automaton, for dictionary words
    double weight = 0; // log2
};

/// Weight of a single character that no word covers: mp, or half of it for P* and S*.
double characterWeight(char32_t character, double unknownPrice);

/// All candidates, by ascending end and at an end in the order in which equal scores win: character, number, Latin, dictionary
/// words from the longest on.
std::vector<LatticeEdge> latticeEdges(const CutText &text, const WordAutomaton &automaton, Patterns patterns);

/// One path of a lattice.
struct LatticePath {
    double score = 0;
    std::vector<int32_t> ends; // of its words
};

/// The best paths of a line by falling score, no two with the same words; the first is the segmentation.
///
/// @param edges  ascending by end, those of an end in the order of preference; every position is reachable.
/// @param k      1 or more.
/// @cost  O(edges * k log k).
std::vector<LatticePath> bestPaths(int32_t characters, const std::vector<LatticeEdge> &edges, size_t k);

/// Best-path search in place: trie walks forward from every reached position, no list of edges. One object per thread; it keeps
/// its memory from line to line.
class WordCutter {
public:
    /// Both must outlive the cutter.
    WordCutter(const WordAutomaton &automaton, Patterns patterns)
        : m_automaton(&automaton)
        , m_patterns(patterns)
    {
    }

    /// Ends of the words of the best path, overwritten; equal scores are decided as by latticeEdges.
    /// @return the score; 0 for a line without characters.
    /// @cost O(characters * longest word); no allocation once the buffers have grown.
    double cut(const CutText &text, std::vector<int32_t> &ends);

private:
    struct Cell {
        double score;
        int32_t start;
    };

    double cutPiece(std::u32string_view text, int32_t base, std::vector<int32_t> &ends);
    template <bool kCodePoints> void search(std::u32string_view text);
    void pushPatterns(std::u32string_view text, size_t at, uint8_t classes, size_t &numberEnd, size_t &latinEnd);
    void prefer(size_t end, int32_t start, double score);

    const WordAutomaton *m_automaton;
    Patterns m_patterns;
    std::vector<Cell> m_cells;
    std::vector<int32_t> m_backwards;
};

} // namespace winnow
