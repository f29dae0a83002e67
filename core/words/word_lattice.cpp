#include "core/words/word_lattice.h"

#include "core/words/characters.h"
#include "core/words/patterns.h"

#include <algorithm>
#include <array>
#include <limits>

namespace winnow {
namespace {

    constexpr double kUnreached = -std::numeric_limits<double>::infinity();
    constexpr std::array<const char *, 4> kKindNames{"char", "number", "latin", "dict"};

    /// Edges of one piece, in order of their starts.
    void appendPieceEdges(std::u32string_view text, int32_t base, const WordAutomaton &automaton, Patterns patterns,
        std::vector<LatticeEdge> &edges)
    {
        const WordTrie &trie = automaton.trie();
        const double price = automaton.unknownPrice();
        size_t afterNumber = 0, afterLatin = 0;
        const auto add = [&](size_t start, size_t end, EdgeKind kind, uint32_t node, double weight) {
            edges.push_back({base + static_cast<int32_t>(start), base + static_cast<int32_t>(end), kind, node, weight});
        };
        for (size_t at = 0; at < text.size(); ++at) {
            add(at, at + 1, EdgeKind::Character, 0, characterWeight(text[at], price));
            if (patterns == Patterns::On && at >= afterNumber && numberEnd(text, at) > at)
                add(at, afterNumber = numberEnd(text, at), EdgeKind::Number, 0, price / 4);
            if (patterns == Patterns::On && at >= afterLatin && latinEnd(text, at) > at)
                add(at, afterLatin = latinEnd(text, at), EdgeKind::Latin, 0, price / 2);
            uint32_t node = 0;
            for (size_t end = at; end < text.size();) {
                node = trie.step(node, text[end++]);
                if (node == WordTrie::kNone)
                    break;
                if (automaton.count(node) > 0)
                    add(at, end, EdgeKind::Dictionary, node, automaton.weight(node));
            }
        }
    }

    /// A way to reach a position: the word that ends there and which way to its start.
    struct Way {
        double score = 0;
        int32_t start = 0;
        size_t before = 0; // index into the ways of `start`
    };

} // namespace

const char *edgeKindName(EdgeKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

double characterWeight(char32_t character, double unknownPrice)
{
    return CharacterClasses::table().is(character, kSymbolCharacter) ? unknownPrice / 2 : unknownPrice;
}

std::vector<LatticeEdge> latticeEdges(const CutText &text, const WordAutomaton &automaton, Patterns patterns)
{
    std::vector<LatticeEdge> edges;
    for (size_t piece = 0; piece < text.pieceEnds.size(); ++piece)
        appendPieceEdges(text.piece(piece), text.pieceBegin(piece), automaton, patterns, edges);
    std::stable_sort(edges.begin(), edges.end(), [](const LatticeEdge &a, const LatticeEdge &b) {
        if (a.end != b.end)
            return a.end < b.end;
        return a.kind != b.kind ? a.kind < b.kind : a.start < b.start;
    });
    return edges;
}

std::vector<LatticePath> bestPaths(int32_t characters, const std::vector<LatticeEdge> &edges, size_t k)
{
    std::vector<std::vector<Way>> ways(static_cast<size_t>(characters) + 1);
    ways[0].push_back({});
    std::vector<Way> candidates;
    for (auto from = edges.begin(); from != edges.end();) {
        const int32_t end = from->end;
        const auto to = std::find_if(from, edges.end(), [&](const LatticeEdge &edge) { return edge.end != end; });
        candidates.clear();
        for (auto edge = from; edge != to; ++edge) {
            // Edges over the same characters make the same words: the best of them counts, among equals the first.
            const bool beaten = std::any_of(from, to, [&](const LatticeEdge &other) {
                return other.start == edge->start
                    && (other.weight > edge->weight || (other.weight == edge->weight && &other < &*edge));
            });
            const auto &before = ways[static_cast<size_t>(edge->start)];
            for (size_t way = 0; !beaten && way < before.size(); ++way)
                candidates.push_back({before[way].score + edge->weight, edge->start, way});
        }
        std::stable_sort(candidates.begin(), candidates.end(), [](const Way &a, const Way &b) { return a.score > b.score; });
        candidates.resize(std::min(candidates.size(), k));
        ways[static_cast<size_t>(end)] = candidates;
        from = to;
    }
    std::vector<LatticePath> paths;
    for (const Way &last : ways.back()) {
        LatticePath path{last.score, {}};
        int32_t at = characters;
        for (Way way = last; at > 0; way = ways[static_cast<size_t>(way.start)][way.before]) {
            path.ends.push_back(at);
            at = way.start;
        }
        std::reverse(path.ends.begin(), path.ends.end());
        paths.push_back(std::move(path));
    }
    return paths;
}

void WordCutter::prefer(size_t end, int32_t start, double score)
{
    if (score >= m_cells[end].score)
        m_cells[end] = {score, start};
}

void WordCutter::pushPatterns(std::u32string_view text, size_t at, uint8_t classes, size_t &afterNumber, size_t &afterLatin)
{
    const double price = m_automaton->unknownPrice();
    const double score = m_cells[at].score;
    // They win ties against dictionary words that began earlier.
    if ((classes & (kDigitCharacter | kSignCharacter)) != 0 && at >= afterNumber) {
        if (const size_t end = numberEnd(text, at); end > at)
            prefer(afterNumber = end, static_cast<int32_t>(at), score + price / 4);
    }
    if ((classes & kLatinCharacter) != 0 && at >= afterLatin) {
        if (const size_t end = latinEnd(text, at); end > at)
            prefer(afterLatin = end, static_cast<int32_t>(at), score + price / 2);
    }
}

template <bool kCodePoints> void WordCutter::search(std::u32string_view text)
{
    const CharacterClasses &table = CharacterClasses::table();
    const WordTrie &trie = m_automaton->trie();
    const double price = m_automaton->unknownPrice();
    constexpr uint8_t kPatternStart = kDigitCharacter | kSignCharacter | kLatinCharacter;
    size_t afterNumber = 0, afterLatin = 0;
    // Words from one start reach their ends before any from a later start, so at an end the longest comes first; the strict
    // comparison keeps it, and the single character, which begins last, takes ties.
    for (size_t at = 0; at < text.size(); ++at) {
        const uint8_t classes = table.of(text[at]);
        const double score = m_cells[at].score;
        prefer(at + 1, static_cast<int32_t>(at), score + ((classes & kSymbolCharacter) != 0 ? price / 2 : price));
        if ((classes & kPatternStart) != 0 && m_patterns == Patterns::On)
            pushPatterns(text, at, classes, afterNumber, afterLatin);
        uint32_t node = 0;
        for (size_t end = at; end < text.size();) {
            const char32_t character = text[end++];
            node = kCodePoints ? trie.child(node, character) : trie.step(node, character);
            if (node == WordTrie::kNone)
                break;
            if (const double reached = score + trie.node(node).value; reached > m_cells[end].score)
                m_cells[end] = {reached, static_cast<int32_t>(at)};
        }
    }
}

double WordCutter::cutPiece(std::u32string_view text, int32_t base, std::vector<int32_t> &ends)
{
    m_cells.assign(text.size() + 1, {kUnreached, 0});
    m_cells[0] = {0, 0};
    if (m_automaton->trie().alphabet() == TrieAlphabet::CodePoint)
        search<true>(text);
    else
        search<false>(text);
    m_backwards.clear();
    for (auto at = static_cast<int32_t>(text.size()); at > 0; at = m_cells[static_cast<size_t>(at)].start)
        m_backwards.push_back(base + at);
    ends.insert(ends.end(), m_backwards.rbegin(), m_backwards.rend());
    return m_cells.back().score;
}

double WordCutter::cut(const CutText &text, std::vector<int32_t> &ends)
{
    ends.clear();
    double score = 0;
    for (size_t piece = 0; piece < text.pieceEnds.size(); ++piece)
        score += cutPiece(text.piece(piece), text.pieceBegin(piece), ends);
    return score;
}

} // namespace winnow
