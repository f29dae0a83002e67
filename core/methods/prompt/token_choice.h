#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace winnow {

enum class NeighbourRule { Off, Add, Exact };

/// Indices of the k largest scores, ties to the lower index, ascending. @source dac.md 3.4.
std::vector<int32_t> largest(std::span<const double> scores, int64_t k);

/// Whole words in falling mean score (ties: the earlier) until the next one would exceed k tokens, at least one word.
/// @param words [m] word of each scored token, ascending. @return ascending indices. @source dac.md 3.4.
std::vector<int32_t> largestWords(std::span<const double> scores, std::span<const int32_t> words, int64_t k);

/// So that no two neighbours both vanish.
///
/// Add puts every second one of a run of deleted neighbours back, and so keeps more than k. Exact chooses
/// min(m - k, ceil(m / 2)) deletions, no two adjacent, of the smallest sum of scores.
/// Deviation: the published repair of Add's length swaps a rescued token for a kept one of lower score, which cannot be.
/// @param chosen ascending indices of the k tokens that were to stay.
/// @cost Exact: O(m * deletions) time and bits. @source dac.md 3.5.
std::vector<int32_t> withNeighbourRule(NeighbourRule rule, std::span<const double> scores, std::vector<int32_t> chosen);

} // namespace winnow
