#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

// Matching heads of a large model (rows) to heads of a small one (columns). Flat head index = layer * heads + head. No tensors:
// methods, requests and tests call this on plain numbers.

/// Layers and query heads a layer of one model.
struct HeadShape {
    int64_t layers = 0;
    int64_t heads = 0;
    int64_t count() const { return layers * heads; }
};

/// Serving small head of each row, and how clear the choice was.
struct HeadMatch {
    std::vector<int32_t> f; // [rows] flat small head
    std::vector<float> score; // [rows] best score
    std::vector<float> margin; // [rows] best minus second best; 0 where there is one column only
};

/// Scores closer than this are a tie. @source iam.md 3 step 3.
inline constexpr float kScoreTie = 1e-6F;

/// Best column of each row; among ties the smallest gap of relative depth |(l + .5)/L - (ls + .5)/Ls|, then the smallest column.
///
/// @param table [L * H, Ls * Hs], higher = more alike.
/// @source smallkv.md 3 step 2, iam.md 3 step 3.
HeadMatch matchHeads(std::span<const float> table, HeadShape large, HeadShape small);

/// The same for chosen rows. rowLayers [rows] is each row's layer among `largeLayers`.
HeadMatch matchHeads(std::span<const float> table, std::span<const int32_t> rowLayers, int64_t largeLayers, HeadShape small);

// ---- Top sets of column sums (smallkv.md 3 step 2)

/// Kt = max(8, floor(fraction * n + .5)), at most what is left of n columns without the first `skipSinks`.
int64_t topCount(int64_t n, double fraction, int64_t skipSinks = 0);

/// The `kt` columns with the largest sums, ascending; columns below skipSinks do not count, equal sums keep the lower column.
std::vector<int32_t> topSet(std::span<const float> sums, int64_t kt, int64_t skipSinks);

/// Jaccard index of the top sets of every pair of heads.
///
/// @param large [largeHeads, n] column sums. @param small [smallHeads, n].
/// @return [largeHeads, smallHeads]
/// @cost   A partial sort a head, n / 64 words a pair.
std::vector<float> jaccardTable(std::span<const float> large, std::span<const float> small, int64_t largeHeads, int64_t smallHeads,
    int64_t n, int64_t kt, int64_t skipSinks);

/// Mean Jaccard index of two random sets of kt out of n columns (hypergeometric). @source smallkv.md 8.
double chanceJaccard(int64_t n, int64_t kt);

/// Mean of the best of `many` independent random ones: what the best of so many heads reaches without looking at the same.
double bestOfChance(int64_t n, int64_t kt, int64_t many);

// ---- Negative controls

enum class MapControl : uint8_t { None, PermuteHeads, ShuffleLayers };

/// A permutation of the small heads that leaves none where it was: a row matched to f is served by control[f] instead.
///
/// PermuteHeads moves heads within their layer, ShuffleLayers whole layers. Rule: items are ordered by
/// noiseBits(seed, {layer, head, row = 0, key = 1 or 2}) (splitmix64, core/methods/noise.h; heads with their layer and key 1,
/// layers with head 0 and key 2), and each goes to the next one in that order, the last to the first. A single item stays.
/// @return [Ls * Hs]
std::vector<int32_t> controlMap(MapControl control, HeadShape small, uint64_t seed);

/// A permutation of n columns for one head, the first skipSinks stay: columns are ordered by
/// noiseBits(seed, {0, head, row = 0, key = 16 + column}).
std::vector<int32_t> shuffledColumns(int64_t head, int64_t n, int64_t skipSinks, uint64_t seed);

/// Each head's sums with its columns shuffled (shuffledColumns): the control of top sets. sums [heads, n].
std::vector<float> shuffleSums(std::span<const float> sums, int64_t heads, int64_t n, int64_t skipSinks, uint64_t seed);

// ---- What is said about a table

/// How heads become layers.
enum class HeadReduction : uint8_t { Max, Mean };

/// [L * H, Ls * Hs] -> [L, Ls].
std::vector<float> layerTable(std::span<const float> table, HeadShape large, HeadShape small, HeadReduction reduction);

/// Share of rows whose match over later rows is still f. @source smallkv.md 6, iam.md 6.
double hardConsistency(std::span<const int32_t> f, std::span<const int32_t> laterF);
/// Mean of later(i, f(i)) / max_j later(i, j); rows without a positive best count as 1 where f is the best, else 0.
/// @param later [rows, columns] scores over later rows.
double softConsistency(std::span<const float> later, std::span<const int32_t> f);

} // namespace winnow
