#pragma once

#include "core/base/error.h"
#include "core/model/element_type.h"
#include "core/model/quant.h"

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace winnow {

/// Some rows of a matrix as they stand in a file.
struct StoredRows {
    TensorType type = TensorType::F32;
    std::span<const std::byte> bytes; // rows * rowBytes(type, columns)
    int64_t rows = 0;
    int64_t permutedHeadDim = 0; // > 0: rows of each head of this width are stored 0, D/2, 1, D/2 + 1, ... (originalRow)
};

/// What the rows of a matrix on a GPU are for.
enum class RowUse : uint8_t { Products, LookUp };

/// A matrix [rows, columns] that inputs are multiplied with: numbers in memory, or rows that stay in file precision, one part
/// after the other (q, k and v of a file are three parts of one matrix), and are dequantised where they are used, on the CPU or
/// on a GPU that holds a copy of the rows.
///
/// Either form gives the same products up to the rounding of f32 sums. Immutable after building; shared freely.
class WeightMatrix {
public:
    WeightMatrix() = default;
    /// f32 [rows, columns] on any device, or bf16 or f16: on a GPU as they are, on the CPU as rows of that type.
    explicit WeightMatrix(at::Tensor dense);
    /// Rows in file precision; `owner` keeps the bytes alive. A single part of f32 rows becomes a dense matrix over the file's
    /// bytes, which nobody may write.
    /// @error what rowBytes reports; BadInput when the bytes of a part are not its rows.
    static Result<WeightMatrix> stored(std::vector<StoredRows> parts, int64_t columns, std::shared_ptr<const void> owner);

    /// The same matrix for products whose inputs are rounded to a type (rounding.h); weights that a GPU dequantises are too.
    WeightMatrix withInputs(ElementType type) const;
    /// Stored rows with a copy on a GPU, where products are made from now on. Rows that are only looked up (gather) stay in the
    /// file and are sent one by one.
    WeightMatrix onDevice(const at::Device &device, RowUse use) const;
    /// Rows from `first` on, over the same memory. `first` does not cut a head of a permuted part.
    WeightMatrix rowsFrom(int64_t first) const;

    bool defined() const { return m_rows > 0; }
    bool isDense() const { return m_dense.defined(); }
    int64_t rows() const { return m_rows; }
    int64_t columns() const { return m_columns; }
    int64_t numel() const { return m_rows * m_columns; }
    int64_t bytes() const; // held where products are made, or mapped
    ElementType inputs() const { return m_inputs; }
    const at::Tensor &dense() const { return m_dense; } // undefined for stored rows
    std::span<const StoredRows> parts() const { return m_parts; } // empty when dense
    /// Whether both read the same memory.
    bool sameRows(const WeightMatrix &other) const;

    /// Rows [first, first + count) as f32 [count, columns]; a view when they are f32 in memory.
    at::Tensor rowsF32(int64_t first, int64_t count) const;
    /// The given rows as f32 [ids, columns] on the matrix's device.
    at::Tensor gather(std::span<const int32_t> ids) const;

    /// The same into `out`. Of rows on the CPU only.
    void unpack(int64_t first, int64_t count, float *out) const;
    /// The same on the GPU that holds a copy of the rows, into out [count, columns] f32, bf16 or f16.
    void unpackOnDevice(int64_t first, int64_t count, at::Tensor &out) const;

private:
    at::Tensor m_dense;
    std::vector<StoredRows> m_parts;
    std::shared_ptr<const void> m_owner;
    at::Device m_device{c10::DeviceType::CPU}; // of stored rows
    std::vector<at::Tensor> m_deviceRows; // bytes of each part there; empty when rows are only looked up
    ElementType m_inputs = ElementType::F32;
    int64_t m_rows = 0, m_columns = 0;
};

/// x [n, columns] f32 times the transposed matrix. @return [n, rows] f32
/// @cost One row on the CPU reads the held bytes once, at memory speed; a few rows do the same. Many rows are a matrix product
///       over blocks that are dequantised once each into a scratch of 2 MB a thread and stay in cache: below 3 % of 512 rows.
at::Tensor multiply(const at::Tensor &x, const WeightMatrix &weight);
/// The same into `out` [n, rows], which may be a part of a wider matrix.
void multiplyOut(at::Tensor &out, const at::Tensor &x, const WeightMatrix &weight);
/// sum [n, rows] += x times the transposed matrix.
void addMultiply(const at::Tensor &x, const WeightMatrix &weight, at::Tensor &sum);

} // namespace winnow
