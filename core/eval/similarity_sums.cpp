#include "core/eval/similarity_sums.h"

#include "gpu/head_pairs.h"

#include <ATen/Parallel.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    at::Tensor viewOf(const PackedBlock &block)
    {
        const HeadVectors vectors = block.vectors();
        // from_blob wants a pointer it could write to; nothing does.
        return at::from_blob(const_cast<float *>(vectors.data), {vectors.heads, vectors.entries}, at::kFloat);
    }

    double ratio(double value, double squareA, double squareB)
    {
        return squareA > 0 && squareB > 0 ? value / std::sqrt(squareA * squareB) : 0.0;
    }

} // namespace

void SumNeeds::include(SimilarityMetric metric)
{
    switch (metric) {
    case SimilarityMetric::Cosine:
    case SimilarityMetric::CosineNosink:
    case SimilarityMetric::Pearson:
    case SimilarityMetric::PearsonWhole:
        products = true;
        break;
    case SimilarityMetric::Minkowski1:
        absolute = true;
        break;
    case SimilarityMetric::Minkowski2:
        square = true;
        break;
    case SimilarityMetric::RowCosine:
        rowProducts = true;
        break;
    case SimilarityMetric::RowJs:
        entropies = true;
        break;
    case SimilarityMetric::Jaccard:
    case SimilarityMetric::Spearman:
    case SimilarityMetric::ColumnCosine:
        break;
    }
}

void HeadSums::add(const PackedBlock &block, const SumNeeds &needs)
{
    const HeadVectors vectors = block.vectors();
    for (auto *list : {&sum, &square, &entropy})
        list->resize(size_t(vectors.heads));
    at::parallel_for(0, vectors.heads, 8, [&](int64_t first, int64_t last) {
        for (int64_t head = first; head < last; ++head) {
            const VectorSums sums = vectorSums(vectors.data + head * vectors.stride, vectors.entries);
            sum[size_t(head)] += sums.sum;
            square[size_t(head)] += sums.square;
        }
        if (needs.entropies)
            addEntropies(vectors, first, last, entropy.data());
    });
}

PairSums::PairSums(int64_t rows, int64_t columns, SumNeeds needs, ProductPlace place)
    : m_rows(rows)
    , m_columns(columns)
    , m_needs(needs)
    , m_place(place)
{
    const auto pairs = size_t(rows * columns);
    if (needs.products)
        m_products.assign(pairs, 0);
    if (needs.rowProducts)
        m_rowProducts.assign(pairs, 0);
    if (needs.absolute)
        m_absolute.assign(pairs, 0);
    if (needs.square)
        m_square.assign(pairs, 0);
    if (needs.entropies)
        m_entropy.assign(pairs, 0);
}

void PairSums::addProducts(const PackedBlock &large, const PackedBlock &small, std::vector<double> &total)
{
    const HeadVectors x = large.vectors(), y = small.vectors();
    if (x.entries == 0)
        return;
    if (m_place == ProductPlace::Gpu) {
        if (m_trouble.empty())
            m_trouble = gpu::headPairProductsFromHost(
                {x.data, y.data, x.heads, y.heads, x.entries, x.stride, y.stride, total.data()});
        return;
    }
    const at::Tensor product = at::mm(viewOf(large), viewOf(small).t());
    const float *from = product.const_data_ptr<float>();
    for (size_t i = 0; i < total.size(); ++i)
        total[i] += double(from[i]);
}

void PairSums::add(const PackedBlock &large, const PackedBlock &small)
{
    if (m_needs.products)
        addProducts(large, small, m_products);
    if (!m_needs.absolute && !m_needs.square && !m_needs.entropies)
        return;
    at::parallel_for(0, m_rows, 8, [&](int64_t first, int64_t last) {
        if (m_needs.absolute)
            addAbsoluteDistances(large.vectors(), small.vectors(), first, last, m_absolute.data());
        if (m_needs.square)
            addSquareDistances(large.vectors(), small.vectors(), first, last, m_square.data());
        if (m_needs.entropies)
            addMixEntropies(large.vectors(), small.vectors(), first, last, m_entropy.data());
    });
}

void PairSums::addUnitRows(const PackedBlock &large, const PackedBlock &small) { addProducts(large, small, m_rowProducts); }

std::vector<float> PairSums::scores(SimilarityMetric metric, const HeadSums &large, const HeadSums &small, int64_t entries,
    int64_t mapRows) const
{
    std::vector<float> result(size_t(m_rows * m_columns));
    const double count = double(std::max<int64_t>(1, entries)), rows = double(std::max<int64_t>(1, mapRows));
    for (size_t at = 0; at < result.size(); ++at) {
        const size_t i = at / size_t(m_columns), j = at % size_t(m_columns);
        double score = 0;
        switch (metric) {
        case SimilarityMetric::Cosine:
        case SimilarityMetric::CosineNosink:
            score = ratio(m_products[at], large.square[i], small.square[j]);
            break;
        case SimilarityMetric::Pearson:
        case SimilarityMetric::PearsonWhole:
            score = ratio(m_products[at] - large.sum[i] * small.sum[j] / count,
                large.square[i] - large.sum[i] * large.sum[i] / count, small.square[j] - small.sum[j] * small.sum[j] / count);
            break;
        case SimilarityMetric::Minkowski1:
            score = -m_absolute[at];
            break;
        case SimilarityMetric::Minkowski2:
            score = -std::sqrt(m_square[at]);
            break;
        case SimilarityMetric::RowCosine:
            score = m_rowProducts[at] / rows;
            break;
        case SimilarityMetric::RowJs:
            score = -std::max(0.0, (m_entropy[at] - (large.entropy[i] + small.entropy[j]) / 2) / rows);
            break;
        case SimilarityMetric::Jaccard:
        case SimilarityMetric::Spearman:
        case SimilarityMetric::ColumnCosine:
            break;
        }
        result[at] = float(score);
    }
    return result;
}

} // namespace winnow
