#include "core/methods/query_moments.h"

#include "core/model/model.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    QueryMoments momentsOf(const at::Tensor &sum, const at::Tensor &outer, int64_t count)
    {
        const at::Tensor mean = sum / static_cast<double>(count); // [heads, D]
        return {mean, outer / static_cast<double>(count) - mean.unsqueeze(2) * mean.unsqueeze(1)};
    }

} // namespace

QueryMoments QueryMoments::heads(int64_t first, int64_t count) const
{
    return {mean.narrow(0, first, count), covariance.narrow(0, first, count)};
}

QueryMoments promptMoments(const LayerCapture &layer, int64_t tokens, int64_t sinks)
{
    const int64_t kept = layer.headQueries.size(1); // the first rows are held as they are
    const at::Tensor rows = layer.headQueries.narrow(1, sinks, kept - sinks).to(at::kDouble); // [H, kept - sinks, D]
    at::Tensor sum = at::sum(rows, 1);
    at::Tensor outer = at::matmul(rows.transpose(1, 2), rows);
    if (tokens > kept) {
        sum += layer.querySum;
        outer += layer.queryOuter;
    }
    return momentsOf(sum, outer, tokens - sinks);
}

LayerRotation LayerRotation::of(const Capture &capture, int64_t layer)
{
    // A capture without its model still knows its configuration.
    const ModelRope own = capture.model ? ModelRope() : ModelRope(capture.config);
    const RopeTable *table = (capture.model ? capture.model->rope() : own).table(layer);
    LayerRotation rotation;
    if (!table)
        return rotation;
    const std::span<const float> inverse = table->inverse(capture.tokens());
    rotation.inverse.assign(inverse.begin(), inverse.end());
    for (int64_t j = 0; j < table->pairs(); ++j)
        rotation.pairs.push_back(table->pair(j));
    rotation.rowScale = table->rowScale();
    return rotation;
}

QueryMoments recentMoments(const DecodeRow &row, int64_t position, const LayerRotation &rotation)
{
    const int64_t d = row.headDim;
    const at::Tensor rows = at::zeros({row.queryRows, row.heads, d}, at::kDouble);
    double *out = rows.mutable_data_ptr<double>();
    const float *query = row.queries;
    for (int64_t r = 0; r < row.queryRows * row.heads; ++r, out += d, query += d) {
        const auto at = static_cast<float>(position - (row.queryRows - 1 - r / row.heads));
        std::copy_n(query, d, out);
        for (size_t j = 0; j < rotation.pairs.size(); ++j) {
            const RopePair &pair = rotation.pairs[j];
            const double angle = -static_cast<double>(at * rotation.inverse[j]); // turned back
            const double a = static_cast<double>(query[pair.toA]) / rotation.rowScale;
            const double b = static_cast<double>(query[pair.toB]) / rotation.rowScale;
            out[pair.fromA] = a * std::cos(angle) - b * std::sin(angle);
            out[pair.fromB] = a * std::sin(angle) + b * std::cos(angle);
        }
    }
    return momentsOf(
        at::sum(rows, 0), at::matmul(rows.permute({1, 2, 0}), rows.permute({1, 0, 2})), row.queryRows);
}

MeanRotation::MeanRotation(LayerRotation rotation, int64_t first, int64_t count)
    : m_rotation(std::move(rotation))
{
    for (const float inverse : m_rotation.inverse) {
        // mean of e^{i w p} over p = first .. first + n - 1: e^{i w middle} sin(n w / 2) / (n sin(w / 2))
        const double w = static_cast<double>(inverse);
        const double n = static_cast<double>(count);
        const double bottom = n * std::sin(w / 2);
        const double length = (bottom == 0 ? 1.0 : std::sin(n * w / 2) / bottom) * m_rotation.rowScale;
        const double middle = w * (static_cast<double>(first) + (n - 1) / 2);
        m_cos.push_back(length * std::cos(middle));
        m_sin.push_back(length * std::sin(middle));
    }
}

at::Tensor MeanRotation::turn(const at::Tensor &columns) const
{
    // Plain loops: the matrices are small, operators would spend their time on being called. Whole rows are combined, so that the
    // inner loop runs over neighbours.
    const at::Tensor source = columns.contiguous();
    const at::Tensor result = source.clone();
    const int64_t width = columns.size(-2), n = columns.size(-1);
    const double *from = source.const_data_ptr<double>();
    double *to = result.mutable_data_ptr<double>();
    for (int64_t left = columns.numel(); left > 0; left -= width * n, from += width * n, to += width * n) {
        for (size_t j = 0; j < m_cos.size(); ++j) {
            const RopePair &pair = m_rotation.pairs[j];
            const double *__restrict a = from + pair.fromA * n, *__restrict b = from + pair.fromB * n;
            double *__restrict turnedA = to + pair.toA * n, *__restrict turnedB = to + pair.toB * n;
            const double cosine = m_cos[j], sine = m_sin[j];
            for (int64_t c = 0; c < n; ++c) {
                turnedA[c] = a[c] * cosine - b[c] * sine;
                turnedB[c] = a[c] * sine + b[c] * cosine;
            }
        }
    }
    return result;
}

QueryMoments MeanRotation::apply(const QueryMoments &moments) const
{
    const at::Tensor half = turn(moments.covariance); // R Sigma
    return {turn(moments.mean.unsqueeze(-1)).squeeze(-1), turn(half.transpose(-1, -2))}; // R (R Sigma)^T: Sigma is symmetric
}

at::Tensor keyRows(const DecodeRow &row, int64_t kvHead)
{
    return at::from_blob(const_cast<float *>(row.keys + kvHead * row.kvStride), {row.slots, row.headDim}, at::kFloat);
}

at::Tensor valueRows(const DecodeRow &row, int64_t kvHead)
{
    return at::from_blob(const_cast<float *>(row.values + kvHead * row.valueStride), {row.slots, row.valueDim}, at::kFloat);
}

} // namespace winnow
