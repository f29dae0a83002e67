#pragma once

#include "core/eval/similarity.h"

#include <span>
#include <vector>

namespace winnow {

/// Scores of a metric that reads column sums only (jaccard, spearman, column_cosine).
///
/// @param large [largeHeads, n] sums, @param small [smallHeads, n]. @param skip first columns that do not count.
/// @return [largeHeads, smallHeads]; spearman takes the mean rank of equal sums, a head without spread scores 0.
std::vector<float> columnTable(SimilarityMetric metric, std::span<const float> large, std::span<const float> small, int64_t n,
    int64_t skip, double matchFraction);

/// Best score of each row.
std::vector<float> bestScores(std::span<const float> table, int64_t columns);

} // namespace winnow
