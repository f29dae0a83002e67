#pragma once

#include "core/eval/similarity.h"
#include "core/eval/similarity_block.h"

#include <string>
#include <vector>

namespace winnow {

/// Which sums the metrics of one group (the same columns left out) are made of.
struct SumNeeds {
    bool products = false; // cosine, pearson
    bool absolute = false, square = false; // minkowski1, minkowski2
    bool rowProducts = false; // row_cosine
    bool entropies = false; // row_js
    void include(SimilarityMetric metric);
};

/// Sums over the blocks of a map for one model's heads.
struct HeadSums {
    std::vector<double> sum, square, entropy; // [heads]
    void add(const PackedBlock &block, const SumNeeds &needs);
};

/// Sums over the blocks of all pairs of heads.
class PairSums {
public:
    PairSums(int64_t rows, int64_t columns, SumNeeds needs, ProductPlace place = ProductPlace::Cpu);

    /// Adds what the plain vectors give, ...
    void add(const PackedBlock &large, const PackedBlock &small);
    /// ... and those whose rows have length 1.
    void addUnitRows(const PackedBlock &large, const PackedBlock &small);

    /// What the GPU said when it failed; the sums are then not to be used.
    const std::string &trouble() const { return m_trouble; }

    /// Scores [rows, columns]. @param entries of a map, as the metric counts them. @param mapRows rows that see anything.
    std::vector<float> scores(SimilarityMetric metric, const HeadSums &large, const HeadSums &small, int64_t entries,
        int64_t mapRows) const;

private:
    void addProducts(const PackedBlock &large, const PackedBlock &small, std::vector<double> &total);

    int64_t m_rows, m_columns;
    SumNeeds m_needs;
    ProductPlace m_place;
    std::string m_trouble;
    std::vector<double> m_products, m_rowProducts, m_absolute, m_square, m_entropy; // [rows, columns]
};

} // namespace winnow
