#include "core/words/digamma.h"
#include "core/words/growing_trie.h"
#include "core/words/unigram_pieces.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {
namespace {

    constexpr double kLeastCount = 0.5; // pieces below it go, characters are lifted to it
    constexpr size_t kPollChunks = 512; // chunks between two looks at the stop token

    /// A place in a chunk that may begin a longer repeated substring.
    struct Start {
        uint32_t chunk = 0, at = 0;
        uint32_t node = 0; // of the substring found so far
    };

    /// A seed or survivor with what it is sorted by.
    struct Ranked {
        double value = 0;
        const std::u32string *text = nullptr;
        size_t index = 0;

        bool operator<(const Ranked &other) const { return value != other.value ? value > other.value : *text < *other.text; }
    };

    double logSum(double a, double b)
    {
        if (a < b)
            std::swap(a, b);
        return b == -std::numeric_limits<double>::infinity() ? a : a + std::log1p(std::exp(b - a));
    }

    /// Counts all substrings of `length` that extend a repeated one, and keeps the starts of those that repeat.
    void extend(const ChunkCounts &chunks, size_t length, GrowingTrie &trie, std::vector<uint64_t> &counts, std::vector<Start> &starts)
    {
        std::erase_if(starts, [&](const Start &start) { return start.at + length > chunks.chunks[start.chunk].size(); });
        for (Start &start : starts) {
            start.node = trie.grow(start.node, chunks.chunks[start.chunk][start.at + length - 1]);
            counts.resize(trie.size(), 0);
            counts[start.node] += chunks.counts[start.chunk];
        }
    }

} // namespace

std::vector<UnigramPiece> seedPieces(const ChunkCounts &chunks, const PieceTraining &training, size_t &tableBytes)
{
    GrowingTrie trie(1024);
    std::vector<uint64_t> counts(1, 0);
    std::vector<Start> starts;
    for (uint32_t chunk = 0; chunk < chunks.chunks.size(); ++chunk) {
        for (uint32_t at = 0; at < chunks.chunks[chunk].size(); ++at)
            starts.push_back({chunk, at, 0});
    }
    std::vector<UnigramPiece> pieces;
    for (size_t length = 1; length <= static_cast<size_t>(training.maxPiece) && !starts.empty(); ++length) {
        extend(chunks, length, trie, counts, starts);
        std::vector<uint8_t> taken(trie.size(), 0);
        std::vector<Start> repeated;
        for (const Start &start : starts) {
            const uint64_t count = counts[start.node];
            if (count < 2 && length > 1)
                continue;
            if (count >= 2)
                repeated.push_back(start);
            if (std::exchange(taken[start.node], uint8_t(1)) == 0)
                pieces.push_back({chunks.chunks[start.chunk].substr(start.at, length), 0, double(count) * double(length)});
        }
        starts = std::move(repeated);
    }
    tableBytes = trie.bytes() + counts.size() * sizeof(uint64_t);
    std::stable_sort(pieces.begin(), pieces.end(), [](const UnigramPiece &a, const UnigramPiece &b) {
        const bool aSingle = a.text.size() == 1, bSingle = b.text.size() == 1; // characters always stay
        if (aSingle != bSingle)
            return aSingle;
        return a.expected != b.expected ? a.expected > b.expected : a.text < b.text;
    });
    if (pieces.size() > static_cast<size_t>(training.seedSize)) {
        const auto singles = std::count_if(pieces.begin(), pieces.end(), [](const UnigramPiece &piece) { return piece.text.size() == 1; });
        pieces.resize(std::max(static_cast<size_t>(training.seedSize), static_cast<size_t>(singles)));
    }
    double sum = 0;
    for (const UnigramPiece &piece : pieces)
        sum += piece.expected;
    for (UnigramPiece &piece : pieces)
        piece.logp = std::log(piece.expected / sum);
    return pieces;
}

namespace {

    /// A piece in a chunk.
    struct PieceEdge {
        uint32_t start = 0, end = 0, piece = 0;
    };

    void piecesIn(const UnigramPieces &model, std::u32string_view chunk, std::vector<PieceEdge> &edges)
    {
        const WordTrie &trie = model.trie();
        edges.clear();
        for (uint32_t start = 0; start < chunk.size(); ++start) {
            uint32_t node = 0;
            for (uint32_t end = start; end < chunk.size();) {
                node = trie.child(node, chunk[end++]);
                if (node == WordTrie::kNone)
                    break;
                if (trie.word(node) != WordTrie::kNoWord)
                    edges.push_back({start, end, trie.word(node)});
            }
        }
    }

} // namespace

Result<Expectation> expectedCounts(const UnigramPieces &model, const ChunkCounts &chunks, const RunContext &context)
{
    constexpr double kUnreached = -std::numeric_limits<double>::infinity();
    Expectation expectation;
    expectation.counts.assign(model.pieces().size(), 0);
    std::vector<PieceEdge> edges;
    std::vector<double> forward, backward;
    for (size_t c = 0; c < chunks.chunks.size(); ++c) {
        if (c % kPollChunks == 0 && context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled");
        const size_t n = chunks.chunks[c].size();
        piecesIn(model, chunks.chunks[c], edges); // by start, so both passes see their sources first
        forward.assign(n + 1, kUnreached);
        backward.assign(n + 1, kUnreached);
        forward[0] = backward[n] = 0;
        for (const PieceEdge &edge : edges)
            forward[edge.end] = logSum(forward[edge.end], forward[edge.start] + model.pieces()[edge.piece].logp);
        for (auto edge = edges.rbegin(); edge != edges.rend(); ++edge)
            backward[edge->start] = logSum(backward[edge->start], backward[edge->end] + model.pieces()[edge->piece].logp);
        const double whole = forward[n], weight = chunks.counts[c];
        if (whole == kUnreached)
            continue; // a character without a piece: the text is not the one the pieces were made of
        expectation.logLikelihood += weight * whole;
        for (const PieceEdge &edge : edges) {
            const double share = forward[edge.start] + model.pieces()[edge.piece].logp + backward[edge.end] - whole;
            expectation.counts[edge.piece] += weight * std::exp(share);
        }
    }
    return expectation;
}

UnigramPieces maximised(const UnigramPieces &model, const Expectation &expectation)
{
    std::vector<UnigramPiece> pieces;
    double sum = 0;
    for (size_t i = 0; i < model.pieces().size(); ++i) {
        const bool single = model.pieces()[i].text.size() == 1;
        if (!single && expectation.counts[i] < kLeastCount)
            continue;
        pieces.push_back({model.pieces()[i].text, 0, single ? std::max(kLeastCount, expectation.counts[i]) : expectation.counts[i]});
        sum += pieces.back().expected;
    }
    const double whole = digamma(sum);
    for (UnigramPiece &piece : pieces)
        piece.logp = digamma(piece.expected) - whole;
    return UnigramPieces(std::move(pieces));
}

namespace {

    /// How often each piece is on the best paths.
    std::vector<double> bestPathCounts(const UnigramPieces &model, const ChunkCounts &chunks)
    {
        std::vector<double> counts(model.pieces().size(), 0);
        std::vector<int32_t> ends;
        for (size_t c = 0; c < chunks.chunks.size(); ++c) {
            ends.clear();
            model.cut(chunks.chunks[c], 0, ends);
            int32_t first = 0;
            for (const int32_t end : ends) {
                const std::u32string_view text(chunks.chunks[c]);
                if (const UnigramPiece *piece = model.find(text.substr(size_t(first), size_t(end - first))))
                    counts[static_cast<size_t>(piece - model.pieces().data())] += chunks.counts[c];
                first = end;
            }
        }
        return counts;
    }

    /// What the likelihood loses without a piece; NaN for a piece that its own best path does not use.
    double pieceLoss(const UnigramPieces &model, size_t index, const std::vector<double> &counts, double sum)
    {
        const std::u32string &text = model.pieces()[index].text;
        std::vector<int32_t> ends;
        model.cut(text, 0, ends);
        if (ends.size() > 1)
            return std::numeric_limits<double>::quiet_NaN();
        ends.clear();
        model.cut(text, 0, ends, static_cast<int64_t>(index));
        const double f = counts[index];
        double alternative = 0;
        int32_t first = 0;
        for (const int32_t end : ends) {
            const UnigramPiece *piece = model.find(std::u32string_view(text).substr(size_t(first), size_t(end - first)));
            const double of = piece ? counts[static_cast<size_t>(piece - model.pieces().data())] : 0;
            alternative += std::log(of + f) - std::log(sum + f * (double(ends.size()) - 1));
            first = end;
        }
        return f / sum * (std::log(f) - std::log(sum) - alternative);
    }

    /// The characters and the pieces with the largest losses, `size` at most.
    UnigramPieces pruned(const UnigramPieces &model, const ChunkCounts &chunks, int64_t size)
    {
        const std::vector<double> counts = bestPathCounts(model, chunks);
        double sum = 0;
        for (const double count : counts)
            sum += count;
        std::vector<UnigramPiece> kept;
        std::vector<Ranked> ranked;
        for (size_t i = 0; i < counts.size(); ++i) {
            const UnigramPiece &piece = model.pieces()[i];
            if (piece.text.size() == 1) {
                kept.push_back(piece);
            } else if (counts[i] > 0) {
                if (const double loss = pieceLoss(model, i, counts, sum); !std::isnan(loss))
                    ranked.push_back({loss, &piece.text, i});
            }
        }
        std::sort(ranked.begin(), ranked.end());
        for (const Ranked &piece : ranked) {
            if (static_cast<int64_t>(kept.size()) >= size)
                break;
            kept.push_back(model.pieces()[piece.index]);
        }
        return UnigramPieces(std::move(kept));
    }

    /// All characters and the best-scored pieces up to `size`.
    UnigramPieces finished(const UnigramPieces &model, int64_t size)
    {
        std::vector<UnigramPiece> kept;
        std::vector<Ranked> ranked;
        for (size_t i = 0; i < model.pieces().size(); ++i) {
            const UnigramPiece &piece = model.pieces()[i];
            if (piece.text.size() == 1)
                kept.push_back(piece);
            else
                ranked.push_back({piece.logp, &piece.text, i});
        }
        std::sort(ranked.begin(), ranked.end());
        for (const Ranked &piece : ranked) {
            if (static_cast<int64_t>(kept.size()) >= size)
                break;
            kept.push_back(model.pieces()[piece.index]);
        }
        return UnigramPieces(std::move(kept));
    }

} // namespace

Result<TrainedPieces> trainPieces(const ChunkCounts &chunks, const PieceTraining &training, const RunContext &context)
{
    TrainedPieces trained;
    UnigramPieces model(seedPieces(chunks, training, trained.tableBytes));
    trained.seeds = static_cast<int64_t>(model.pieces().size());
    const auto enough = static_cast<int64_t>(std::floor(1.1 * static_cast<double>(training.size)));
    for (;;) {
        for (int round = 0; round < training.emRounds; ++round) {
            auto expectation = expectedCounts(model, chunks, context);
            if (!expectation)
                return fail(expectation.error());
            const auto before = static_cast<int64_t>(model.pieces().size());
            model = maximised(model, *expectation);
            const auto after = static_cast<int64_t>(model.pieces().size());
            trained.rounds.push_back({after, expectation->logLikelihood, before - after, 0});
            context.progress("pieces", trained.seeds - after, trained.seeds - enough, "pieces");
        }
        const auto size = static_cast<int64_t>(model.pieces().size());
        if (size <= enough)
            break;
        const auto target = std::max(enough, static_cast<int64_t>(std::floor(training.shrink * static_cast<double>(size))));
        model = pruned(model, chunks, target);
        trained.rounds.back().pruned = size - static_cast<int64_t>(model.pieces().size());
        if (trained.rounds.back().pruned == 0)
            break;
    }
    trained.model = finished(model, training.size);
    return trained;
}

} // namespace winnow
