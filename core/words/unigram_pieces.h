#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/run_context.h"
#include "core/words/chunk_counts.h"
#include "core/words/word_trie.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// A piece of the unigram language model.
struct UnigramPiece {
    std::u32string text;
    double logp = 0; // ln
    double expected = 0; // count in the last E step (seeds: their score)
};

struct PieceTraining {
    int64_t size = 8000; // V
    int maxPiece = 16; // ML
    double shrink = 0.75;
    int emRounds = 2; // per pruning step
    int64_t seedSize = 1000000;
};

/// One round of training, for the monitor.
struct PieceRound {
    int64_t pieces = 0; // after the M step
    double logLikelihood = 0; // of the E step, over all chunks
    int64_t dropped = 0; // by the M step
    int64_t pruned = 0; // by the pruning step that followed
};

/// Pieces of a text with their probabilities, and the best path over them.
/// @source arXiv:1808.06226 and 1804.10959, as segmentation-baselines.md 3.4.
class UnigramPieces {
public:
    UnigramPieces() = default;
    /// @param pieces  any order, all different.
    explicit UnigramPieces(std::vector<UnigramPiece> pieces);

    const std::vector<UnigramPiece> &pieces() const { return m_pieces; } // ascending by code points
    const UnigramPiece *find(std::u32string_view text) const;
    double unknown() const { return m_unknown; } // ln of a character without a piece: 10 below the lowest
    size_t bytes() const { return m_trie.bytes(); }
    const WordTrie &trie() const { return m_trie; } // word indices are those of pieces()

    /// Ends appended with `base` added; equal paths go to the shorter last piece. @return ln of the path.
    /// @param without  index of a piece that may not be used; -1 = none.
    double cut(std::u32string_view text, int32_t base, std::vector<int32_t> &ends, int64_t without = -1) const;

    Json toJson() const;
    static Result<UnigramPieces> fromJson(const Json &json);

private:
    std::vector<UnigramPiece> m_pieces;
    WordTrie m_trie; // values: logp
    double m_unknown = -10;
};

struct TrainedPieces {
    UnigramPieces model;
    std::vector<PieceRound> rounds;
    int64_t seeds = 0;
    size_t tableBytes = 0; // of the substring table
};

/// All characters and all substrings of 2 .. maxPiece characters that occur twice, best first, at most seedSize; logp = ln of their
/// share of the scores.
std::vector<UnigramPiece> seedPieces(const ChunkCounts &chunks, const PieceTraining &training, size_t &tableBytes);

struct Expectation {
    std::vector<double> counts; // expected, by piece
    double logLikelihood = 0;
};

/// E step: forward-backward over every distinct chunk, weighted by its count. @error Cancelled.
Result<Expectation> expectedCounts(const UnigramPieces &model, const ChunkCounts &chunks, const RunContext &context);

/// M step: pieces of two and more characters below 0.5 go, characters count 0.5 at least, logp = digamma(c) - digamma(sum).
UnigramPieces maximised(const UnigramPieces &model, const Expectation &expectation);

/// The whole training: EM rounds and pruning until the size is met. @error Cancelled.
Result<TrainedPieces> trainPieces(const ChunkCounts &chunks, const PieceTraining &training, const RunContext &context);

} // namespace winnow
