#include "core/methods/query_moments.h"

#include "core/model/model.h"

#include <ATen/ATen.h>

#include <cmath>

namespace winnow {
namespace {

    QueryMoments momentsOf(const at::Tensor &sum, const at::Tensor &outer, int64_t count)
    {
        const at::Tensor mean = sum / static_cast<double>(count); // [heads, D]
        return {mean, outer / static_cast<double>(count) - mean.unsqueeze(2) * mean.unsqueeze(1)};
    }

} // namespace

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

QueryMoments recentMoments(const DecodeRow &row, int64_t position, const std::vector<float> &inverse)
{
    const int64_t d = row.headDim;
    const auto pairs = static_cast<int64_t>(inverse.size());
    const at::Tensor rows = at::zeros({row.queryRows, row.heads, d}, at::kDouble);
    double *out = rows.mutable_data_ptr<double>();
    const float *query = row.queries;
    for (int64_t r = 0; r < row.queryRows * row.heads; ++r, out += d, query += d) {
        const auto at = static_cast<float>(position - (row.queryRows - 1 - r / row.heads));
        for (int64_t c = 2 * pairs; c < d; ++c)
            out[c] = query[c];
        for (int64_t j = 0; j < pairs; ++j) {
            const double angle = -static_cast<double>(at * inverse[static_cast<size_t>(j)]); // turned back
            out[j] = query[j] * std::cos(angle) - query[j + pairs] * std::sin(angle);
            out[j + pairs] = query[j] * std::sin(angle) + query[j + pairs] * std::cos(angle);
        }
    }
    return momentsOf(
        at::sum(rows, 0), at::matmul(rows.permute({1, 2, 0}), rows.permute({1, 0, 2})), row.queryRows);
}

std::vector<float> inverseFrequencies(const Capture &capture)
{
    if (capture.model) {
        const std::span<const float> inverse = capture.model->rope().inverse();
        return {inverse.begin(), inverse.end()};
    }
    const RopeConfig rope = capture.config.ropes.empty() ? RopeConfig{} : capture.config.ropes.front();
    return RopeTable::inverseFrequencies(rope.dim > 0 ? rope.dim : capture.config.headDim, rope.theta, {}, 1.0);
}

MeanRotation::MeanRotation(const std::vector<float> &inverse, int64_t first, int64_t count)
    : m_cos(at::zeros({static_cast<int64_t>(inverse.size())}, at::kDouble))
    , m_sin(at::zeros({static_cast<int64_t>(inverse.size())}, at::kDouble))
{
    double *cosine = m_cos.mutable_data_ptr<double>();
    double *sine = m_sin.mutable_data_ptr<double>();
    for (size_t j = 0; j < inverse.size(); ++j) {
        // mean of e^{i w p} over p = first .. first + n - 1: e^{i w middle} sin(n w / 2) / (n sin(w / 2))
        const double w = static_cast<double>(inverse[j]);
        const double n = static_cast<double>(count);
        const double bottom = n * std::sin(w / 2);
        const double length = bottom == 0 ? 1.0 : std::sin(n * w / 2) / bottom;
        const double middle = w * (static_cast<double>(first) + (n - 1) / 2);
        cosine[j] = length * std::cos(middle);
        sine[j] = length * std::sin(middle);
    }
}

at::Tensor MeanRotation::turn(const at::Tensor &rows) const
{
    const int64_t pairs = m_cos.size(0);
    const int64_t rest = rows.size(-1) - 2 * pairs;
    const at::Tensor a = rows.narrow(-1, 0, pairs);
    const at::Tensor b = rows.narrow(-1, pairs, pairs);
    return at::cat({a * m_cos - b * m_sin, a * m_sin + b * m_cos, rows.narrow(-1, 2 * pairs, rest)}, -1);
}

QueryMoments MeanRotation::apply(const QueryMoments &moments) const
{
    const at::Tensor half = turn(moments.covariance); // Sigma R^T
    return {turn(moments.mean), turn(half.transpose(-1, -2))}; // (R Sigma) R^T: Sigma is symmetric
}

at::Tensor kvRows(const DecodeRow &row, const float *keysOrValues, int64_t kvHead)
{
    const float *first = keysOrValues + kvHead * row.kvStride;
    return at::from_blob(const_cast<float *>(first), {row.slots, row.headDim}, at::kFloat);
}

} // namespace winnow
