#include "core/model/weight_matrix.h"

#include "core/model/cpu_kernels.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace winnow {
namespace {

    /// Rows of a stored matrix that are dequantised at once: they stay in the last-level cache until they are used.
    int64_t blockRows(int64_t columns) { return std::max<int64_t>(64, (int64_t{1} << 19) / std::max<int64_t>(1, columns)); }


    /// Stored row that holds original row `row`.
    int64_t source(const StoredRows &part, int64_t row)
    {
        const int64_t width = part.permutedHeadDim;
        if (width == 0)
            return row;
        const int64_t inside = row % width, half = width / 2;
        return row - inside + (inside < half ? 2 * inside : 2 * (inside - half) + 1);
    }

    void readRows(const StoredRows &part, int64_t columns, int64_t first, int64_t count, float *out)
    {
        const auto stride = static_cast<size_t>(*rowBytes(part.type, columns));
        const auto bytes = [&](int64_t row, int64_t rows) {
            return part.bytes.subspan(static_cast<size_t>(row) * stride, static_cast<size_t>(rows) * stride);
        };
        // Checked when the matrix was built: type and lengths cannot fail here.
        if (part.permutedHeadDim == 0) {
            static_cast<void>(dequantiseRows(part.type, bytes(first, count), count, columns, out));
            return;
        }
        for (int64_t row = first; row < first + count; ++row)
            static_cast<void>(dequantiseRows(part.type, bytes(source(part, row), 1), 1, columns, out + (row - first) * columns));
    }

} // namespace

WeightMatrix::WeightMatrix(at::Tensor dense)
    : m_dense(std::move(dense))
    , m_rows(m_dense.defined() ? m_dense.size(0) : 0)
    , m_columns(m_dense.defined() ? m_dense.size(1) : 0)
{
}

Result<WeightMatrix> WeightMatrix::stored(std::vector<StoredRows> parts, int64_t columns, std::shared_ptr<const void> owner)
{
    WeightMatrix matrix;
    matrix.m_columns = columns;
    matrix.m_owner = std::move(owner);
    for (const StoredRows &part : parts) {
        const auto stride = rowBytes(part.type, columns);
        if (!stride)
            return fail(stride.error());
        if (part.bytes.size() != static_cast<size_t>(*stride * part.rows))
            return fail(ErrorCode::BadInput, "stored matrix: expected " + std::to_string(*stride * part.rows) + " bytes, found "
                    + std::to_string(part.bytes.size()));
        matrix.m_rows += part.rows;
    }
    matrix.m_parts = std::move(parts);
    return matrix;
}

bool WeightMatrix::sameRows(const WeightMatrix &other) const
{
    if (isDense() || other.isDense())
        return isDense() && other.isDense() && m_dense.is_alias_of(other.m_dense) && m_rows == other.m_rows;
    return m_rows == other.m_rows && !m_parts.empty() && m_parts.front().bytes.data() == other.m_parts.front().bytes.data();
}

int64_t WeightMatrix::bytes() const
{
    if (isDense())
        return static_cast<int64_t>(m_dense.nbytes());
    int64_t total = 0;
    for (const StoredRows &part : m_parts)
        total += static_cast<int64_t>(part.bytes.size());
    return total;
}

at::Tensor WeightMatrix::rowsF32(int64_t first, int64_t count) const
{
    if (isDense())
        return m_dense.narrow(0, first, count);
    at::Tensor rows = at::empty({count, m_columns}, at::kFloat);
    float *out = rows.data_ptr<float>();
    int64_t begin = 0;
    for (const StoredRows &part : m_parts) {
        const int64_t from = std::max(first, begin), to = std::min(first + count, begin + part.rows);
        if (from < to)
            readRows(part, m_columns, from - begin, to - from, out + (from - first) * m_columns);
        begin += part.rows;
    }
    return rows;
}

at::Tensor WeightMatrix::gather(std::span<const int32_t> ids) const
{
    if (isDense()) {
        at::Tensor index = at::empty({static_cast<int64_t>(ids.size())}, at::kLong);
        std::copy(ids.begin(), ids.end(), index.data_ptr<int64_t>());
        return at::index_select(m_dense, 0, index.to(m_dense.device()));
    }
    at::Tensor rows = at::empty({static_cast<int64_t>(ids.size()), m_columns}, at::kFloat);
    for (size_t i = 0; i < ids.size(); ++i)
        rows[static_cast<int64_t>(i)].copy_(rowsF32(ids[i], 1)[0]);
    return rows;
}

at::Tensor multiply(const at::Tensor &x, const WeightMatrix &weight)
{
    if (weight.isDense() && !(x.is_cpu() && x.size(0) == 1))
        return at::mm(x, weight.dense().t());
    at::Tensor out = at::empty({x.size(0), weight.rows()}, x.options());
    multiplyOut(out, x, weight);
    return out;
}

void multiplyOut(at::Tensor &out, const at::Tensor &x, const WeightMatrix &weight)
{
    const bool oneRow = x.is_cpu() && x.size(0) == 1;
    const int64_t step = weight.isDense() ? weight.rows() : blockRows(weight.columns());
    for (int64_t first = 0; first < weight.rows(); first += step) {
        const int64_t count = std::min(step, weight.rows() - first);
        const at::Tensor rows = weight.rowsF32(first, count);
        at::Tensor part = out.narrow(1, first, count);
        // One row goes through our own kernel: it reads the weights at memory speed, where the general product packs them.
        if (oneRow)
            cpu::matrixVector(rows.data_ptr<float>(), x.data_ptr<float>(), part.data_ptr<float>(), count, weight.columns());
        else if (step >= weight.rows())
            at::mm_out(out, x, rows.t());
        else
            part.copy_(at::mm(x, rows.t()));
    }
}

void addMultiply(const at::Tensor &x, const WeightMatrix &weight, at::Tensor &sum)
{
    if (weight.isDense() && x.size(0) > 1)
        sum.addmm_(x, weight.dense().t());
    else
        sum.add_(multiply(x, weight));
}

} // namespace winnow
