#include "core/model/weight_matrix.h"

#include "core/model/quant_kernels.h"
#include "core/model/stored_rows.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>

#include <algorithm>
#include <cstring>

namespace winnow {
namespace {

    /// f32 rows over the bytes of a file; undefined when they cannot be read as floats in place.
    at::Tensor denseOver(const StoredRows &part, int64_t columns, const std::shared_ptr<const void> &owner)
    {
        const bool plain = part.type == TensorType::F32 && part.permutedHeadDim == 0;
        if (!plain || reinterpret_cast<uintptr_t>(part.bytes.data()) % alignof(float) != 0)
            return {};
        auto *floats = const_cast<float *>(reinterpret_cast<const float *>(part.bytes.data()));
        return at::from_blob(floats, {part.rows, columns}, [owner](void *) {}, at::TensorOptions(at::kFloat));
    }

    Result<void> checkPart(const StoredRows &part, int64_t columns)
    {
        const auto stride = rowBytes(part.type, columns);
        if (!stride)
            return fail(stride.error());
        const TensorTypeInfo *info = tensorTypeInfo(part.type);
        if (!info->readable)
            return fail(ErrorCode::Unsupported, std::string("weights of type ") + info->name + " cannot be read");
        if (part.rows < 0 || part.bytes.size() != static_cast<size_t>(*stride * part.rows))
            return fail(ErrorCode::BadInput, "stored matrix: " + std::to_string(part.rows) + " rows of " + tensorTypeName(part.type)
                    + " take " + std::to_string(*stride * part.rows) + " bytes, found " + std::to_string(part.bytes.size()));
        const int64_t width = part.permutedHeadDim;
        if (width < 0 || width % 2 != 0 || (width > 0 && part.rows % width != 0))
            return fail(ErrorCode::BadInput, "stored matrix: " + std::to_string(part.rows) + " rows cannot be heads of "
                    + std::to_string(width));
        return {};
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
    int64_t rows = 0;
    for (const StoredRows &part : parts) {
        if (auto valid = checkPart(part, columns); !valid)
            return fail(valid.error());
        rows += part.rows;
    }
    if (parts.size() == 1) {
        if (at::Tensor dense = denseOver(parts.front(), columns, owner); dense.defined())
            return WeightMatrix(std::move(dense));
    }
    WeightMatrix matrix;
    matrix.m_parts = std::move(parts);
    matrix.m_owner = std::move(owner);
    matrix.m_rows = rows;
    matrix.m_columns = columns;
    return matrix;
}

bool WeightMatrix::sameRows(const WeightMatrix &other) const
{
    if (isDense() || other.isDense())
        return isDense() && other.isDense() && m_dense.data_ptr() == other.m_dense.data_ptr() && m_rows == other.m_rows;
    return m_rows == other.m_rows && !m_parts.empty() && !other.m_parts.empty()
        && m_parts.front().bytes.data() == other.m_parts.front().bytes.data();
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

void WeightMatrix::unpack(int64_t first, int64_t count, float *out) const
{
    if (isDense()) {
        std::memcpy(out, m_dense.data_ptr<float>() + first * m_columns, static_cast<size_t>(count * m_columns) * sizeof(float));
        return;
    }
    forStoredRows(m_parts, m_columns, first, count, [&](const StoredRun &run) {
        quant::unpackRows(run.type, run.bytes, run.rows, m_columns, out + run.target * m_columns);
    });
}

at::Tensor WeightMatrix::rowsF32(int64_t first, int64_t count) const
{
    if (isDense())
        return m_dense.narrow(0, first, count);
    at::Tensor rows = at::empty({count, m_columns}, at::kFloat);
    float *out = rows.data_ptr<float>();
    at::parallel_for(0, count, rowGrain(m_columns),
        [&](int64_t begin, int64_t end) { unpack(first + begin, end - begin, out + begin * m_columns); });
    return rows;
}

at::Tensor WeightMatrix::gather(std::span<const int32_t> ids) const
{
    const auto count = static_cast<int64_t>(ids.size());
    if (isDense() && !m_dense.is_cpu()) {
        at::Tensor index = at::empty({count}, at::kLong);
        std::copy(ids.begin(), ids.end(), index.data_ptr<int64_t>());
        return at::index_select(m_dense, 0, index.to(m_dense.device()));
    }
    at::Tensor rows = at::empty({count, m_columns}, at::kFloat);
    float *out = rows.data_ptr<float>();
    at::parallel_for(0, count, rowGrain(m_columns), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
            unpack(ids[static_cast<size_t>(i)], 1, out + i * m_columns);
    });
    return rows;
}

} // namespace winnow
