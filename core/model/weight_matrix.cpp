#include "core/model/weight_matrix.h"

#include "core/model/quant_kernels.h"
#include "core/model/rounding.h"
#include "core/model/stored_rows.h"
#include "gpu/dequantise.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/index_select.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

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

    /// A copy of bytes of the file on a device.
    at::Tensor bytesOn(const at::Device &device, std::span<const std::byte> bytes)
    {
        auto *from = const_cast<std::byte *>(bytes.data()); // only read
        return at::from_blob(from, {static_cast<int64_t>(bytes.size())}, at::TensorOptions(at::kByte)).to(device);
    }

    gpu::NumberType numberType(at::ScalarType type)
    {
        return type == at::kBFloat16 ? gpu::NumberType::Bf16 : type == at::kHalf ? gpu::NumberType::F16 : gpu::NumberType::F32;
    }

} // namespace

WeightMatrix::WeightMatrix(at::Tensor dense)
    : m_dense(std::move(dense))
    , m_rows(m_dense.defined() ? m_dense.size(0) : 0)
    , m_columns(m_dense.defined() ? m_dense.size(1) : 0)
{
    if (!m_dense.defined() || m_dense.scalar_type() == at::kFloat)
        return;
    m_inputs = elementTypeOf(m_dense.scalar_type());
    if (!m_dense.is_cpu())
        return;
    // On the CPU numbers of two bytes are rows like those of a file in that type, with the kernels those have.
    auto owner = std::make_shared<const at::Tensor>(m_dense.contiguous());
    const auto *bytes = static_cast<const std::byte *>(owner->const_data_ptr());
    const TensorType type = owner->scalar_type() == at::kHalf ? TensorType::F16 : TensorType::BF16;
    m_parts = {StoredRows{type, {bytes, owner->nbytes()}, m_rows, 0}};
    m_owner = std::move(owner);
    m_dense.reset();
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

WeightMatrix WeightMatrix::withInputs(ElementType type) const
{
    WeightMatrix matrix = *this;
    matrix.m_inputs = type;
    return matrix;
}

WeightMatrix WeightMatrix::onDevice(const at::Device &device, RowUse use) const
{
    WeightMatrix matrix = *this;
    matrix.m_device = device;
    matrix.m_deviceRows.clear();
    if (!device.is_cpu() && use == RowUse::Products) {
        for (const StoredRows &part : m_parts)
            matrix.m_deviceRows.push_back(bytesOn(device, part.bytes));
    }
    return matrix;
}

WeightMatrix WeightMatrix::rowsFrom(int64_t first) const
{
    if (isDense())
        return WeightMatrix(m_dense.narrow(0, first, m_rows - first)).withInputs(m_inputs);
    WeightMatrix rest = *this;
    rest.m_rows -= first;
    rest.m_parts.clear();
    rest.m_deviceRows.clear();
    for (size_t p = 0; p < m_parts.size(); ++p) {
        StoredRows part = m_parts[p];
        const int64_t cut = std::min(first, part.rows);
        first -= cut;
        if (cut == part.rows)
            continue;
        const size_t gone = part.bytes.size() / static_cast<size_t>(part.rows) * static_cast<size_t>(cut);
        part.bytes = part.bytes.subspan(gone);
        part.rows -= cut;
        rest.m_parts.push_back(part);
        if (!m_deviceRows.empty())
            rest.m_deviceRows.push_back(m_deviceRows[p].slice(0, static_cast<int64_t>(gone)));
    }
    return rest;
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
    if (isDense()) // 0 where a GPU only looks rows up that the file holds
        return m_device.is_cpu() || !m_dense.is_cpu() ? static_cast<int64_t>(m_dense.nbytes()) : 0;
    int64_t total = 0;
    if (m_device.is_cpu()) {
        for (const StoredRows &part : m_parts)
            total += static_cast<int64_t>(part.bytes.size());
    }
    for (const at::Tensor &rows : m_deviceRows)
        total += static_cast<int64_t>(rows.nbytes());
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

void WeightMatrix::unpackOnDevice(int64_t first, int64_t count, at::Tensor &out) const
{
    const c10::DeviceGuard guard(m_device);
    void *stream = c10::impl::VirtualGuardImpl(m_device.type()).getStream(m_device).native_handle();
    int64_t begin = 0; // of the part
    for (size_t p = 0; p < m_parts.size(); ++p) {
        const StoredRows &part = m_parts[p];
        const int64_t from = std::max(first, begin), to = std::min(first + count, begin + part.rows);
        if (from < to) {
            at::Tensor rows = out.narrow(0, from - first, to - from);
            const std::string said = gpu::dequantise({static_cast<uint32_t>(part.type), static_cast<const std::byte *>(m_deviceRows[p].const_data_ptr()),
                                                         from - begin, to - from, m_columns, part.permutedHeadDim, rows.mutable_data_ptr(),
                                                         numberType(out.scalar_type())},
                stream);
            if (!said.empty())
                throw std::runtime_error("weights in file precision on " + m_device.str() + ": " + said);
        }
        begin += part.rows;
    }
}

at::Tensor WeightMatrix::rowsF32(int64_t first, int64_t count) const
{
    if (isDense())
        return m_dense.narrow(0, first, count).to(at::kFloat);
    if (!m_deviceRows.empty()) {
        at::Tensor rows = at::empty({count, m_columns}, at::TensorOptions(at::kFloat).device(m_device));
        unpackOnDevice(first, count, rows);
        return rows;
    }
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
        return at::index_select(m_dense, 0, index.to(m_dense.device())).to(at::kFloat);
    }
    at::Tensor rows = at::empty({count, m_columns}, at::kFloat);
    float *out = rows.data_ptr<float>();
    at::parallel_for(0, count, rowGrain(m_columns), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
            unpack(ids[static_cast<size_t>(i)], 1, out + i * m_columns);
    });
    return m_device.is_cpu() ? rows : rows.to(m_device);
}

} // namespace winnow
