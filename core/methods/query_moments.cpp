#include "core/methods/query_moments.h"

#include "core/model/model.h"

#include <ATen/ATen.h>

#include <cmath>

namespace winnow {
namespace {

    QueryMoments momentsOf(const at::Tensor &sum, const at::Tensor &outer, int64_t count)
    {
        const at::Tensor mean = sum / static_cast<double>(count);
        return {mean, outer / static_cast<double>(count) - at::outer(mean, mean)};
    }

} // namespace

QueryMoments promptMoments(const LayerCapture &layer, int64_t head, int64_t tokens, int64_t sinks)
{
    const int64_t kept = layer.headQueries.size(1); // the first rows are held as they are
    const at::Tensor rows
        = layer.headQueries[head].narrow(0, sinks, kept - sinks).to(at::kDouble); // [kept - sinks, D]
    at::Tensor sum = at::sum(rows, 0);
    at::Tensor outer = at::matmul(rows.t(), rows);
    if (tokens > kept) {
        sum = sum + layer.querySum[head];
        outer = outer + layer.queryOuter[head];
    }
    return momentsOf(sum, outer, tokens - sinks);
}

QueryMoments recentMoments(const DecodeRow &row, int64_t head, int64_t position, const std::vector<float> &inverse)
{
    const int64_t d = row.headDim;
    const auto pairs = static_cast<int64_t>(inverse.size());
    at::Tensor rows = at::zeros({row.queryRows, d}, at::kDouble);
    double *out = rows.mutable_data_ptr<double>();
    for (int64_t r = 0; r < row.queryRows; ++r, out += d) {
        const float *query = row.queries + (r * row.heads + head) * d;
        const auto at = static_cast<float>(position - (row.queryRows - 1 - r));
        for (int64_t c = 2 * pairs; c < d; ++c)
            out[c] = query[c];
        for (int64_t j = 0; j < pairs; ++j) {
            const double angle = -static_cast<double>(at * inverse[static_cast<size_t>(j)]); // turned back
            out[j] = query[j] * std::cos(angle) - query[j + pairs] * std::sin(angle);
            out[j + pairs] = query[j] * std::sin(angle) + query[j + pairs] * std::cos(angle);
        }
    }
    return momentsOf(at::sum(rows, 0), at::matmul(rows.t(), rows), row.queryRows);
}

std::vector<float> inverseFrequencies(const Capture &capture)
{
    if (capture.model) {
        const std::span<const float> inverse = capture.model->rope().inverse();
        return {inverse.begin(), inverse.end()};
    }
    const int64_t dim = capture.config.ropeDim > 0 ? capture.config.ropeDim : capture.config.headDim;
    return RopeTable::inverseFrequencies(dim, capture.config.ropeTheta, {}, 1.0);
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
    return {turn(moments.mean), turn(half.t())}; // (R Sigma) R^T: Sigma is symmetric
}

at::Tensor viewFloats(const float *data, int64_t rows, int64_t columns)
{
    return at::from_blob(const_cast<float *>(data), {rows, columns}, at::kFloat);
}

} // namespace winnow
