#include "core/eval/column_similarity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace winnow {
namespace {

    /// Ranks of the columns behind `skip`, equal values share the mean of theirs.
    std::vector<double> meanRanks(std::span<const float> values)
    {
        std::vector<size_t> order(values.size());
        std::iota(order.begin(), order.end(), size_t(0));
        std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
        std::vector<double> ranks(values.size());
        for (size_t first = 0; first < order.size();) {
            size_t last = first + 1;
            while (last < order.size() && values[order[last]] == values[order[first]])
                ++last;
            for (size_t k = first; k < last; ++k)
                ranks[order[k]] = double(first + last - 1) / 2;
            first = last;
        }
        return ranks;
    }

    /// What is compared by its cosine: the sums, or their ranks around the mean; length 1, or zeros.
    std::vector<double> unitColumns(SimilarityMetric metric, std::span<const float> values)
    {
        std::vector<double> vector(values.begin(), values.end());
        if (metric == SimilarityMetric::Spearman) {
            vector = meanRanks(values);
            const double mean = vector.empty() ? 0 : std::accumulate(vector.begin(), vector.end(), 0.0) / double(vector.size());
            for (double &value : vector)
                value -= mean;
        }
        const double square = std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0);
        for (double &value : vector)
            value = square > 0 ? value / std::sqrt(square) : 0.0;
        return vector;
    }

    std::vector<std::vector<double>> unitHeads(SimilarityMetric metric, std::span<const float> sums, int64_t n, int64_t skip)
    {
        std::vector<std::vector<double>> heads;
        for (size_t first = 0; first < sums.size(); first += size_t(n))
            heads.push_back(unitColumns(metric, sums.subspan(first + size_t(skip), size_t(n - skip))));
        return heads;
    }

} // namespace

std::vector<float> columnTable(SimilarityMetric metric, std::span<const float> large, std::span<const float> small, int64_t n,
    int64_t skip, double matchFraction)
{
    const auto rows = int64_t(large.size()) / n, columns = int64_t(small.size()) / n;
    if (metric == SimilarityMetric::Jaccard)
        return jaccardTable(large, small, rows, columns, n, topCount(n, matchFraction, skip), skip);
    const auto a = unitHeads(metric, large, n, skip), b = unitHeads(metric, small, n, skip);
    std::vector<float> table;
    table.reserve(size_t(rows * columns));
    for (const auto &x : a) {
        for (const auto &y : b)
            table.push_back(float(std::inner_product(x.begin(), x.end(), y.begin(), 0.0)));
    }
    return table;
}

std::vector<float> bestScores(std::span<const float> table, int64_t columns)
{
    std::vector<float> best;
    for (size_t first = 0; first < table.size(); first += size_t(columns)) {
        const auto row = table.subspan(first, size_t(columns));
        best.push_back(*std::max_element(row.begin(), row.end()));
    }
    return best;
}

} // namespace winnow
