#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace winnow::gpu {

/// What dequantised numbers are written as.
enum class NumberType : uint8_t { F32, F16, Bf16 };

/// Rows of a matrix as a model file stores them, and where their numbers go.
struct StoredMatrix {
    uint32_t type = 0; // of ggml, as in a GGUF file: 0 F32, 1 F16, 2 Q4_0, 3 Q4_1, 6 Q5_0, 7 Q5_1, 8 Q8_0, 10 to 14 Q2_K to Q6_K, 30 BF16
    const std::byte *stored = nullptr; // row 0 of the matrix; each row whole blocks
    int64_t firstRow = 0, rows = 0, columns = 0; // rows that are wanted
    int64_t permutedHeadDim = 0; // > 0: rows of each head of this width are stored 0, D/2, 1, D/2 + 1, ...
    void *out = nullptr; // [rows, columns]
    NumberType outType = NumberType::F32;
};

/// Whether rows of this type can be dequantised.
bool canDequantise(uint32_t type);

/// Numbers of the stored rows as f32, every product and sum rounded by itself as in ggml's reference, then rounded to nearest
/// even in the type asked for. Host memory; the reference of the kernel.
/// @return empty, or what is wrong with type or columns.
/// @cost  One pass, number by number: a reference, not a fast path.
/// @source Block layouts: ggml-org/ggml, ggml-common.h; arithmetic: dequantize_row_* of ggml-quants.c.
std::string dequantiseReference(const StoredMatrix &matrix);

/// Whether this program was built with the kernel and the machine can run it.
/// @param reason why not; may be null.
bool dequantiseKernelAvailable(std::string *reason = nullptr);

/// The same on the GPU, with pointers to device memory of the current device; waits for nothing.
/// @param stream a cudaStream_t, or null for the default one.
/// @return empty, or what CUDA said.
/// @cost Reads the stored bytes and writes the numbers once; a thread a number.
std::string dequantise(const StoredMatrix &matrix, void *stream);

/// The same with pointers to host memory: copies there and back, and waits.
/// @param storedBytes bytes from `stored` on that the rows need.
/// @return empty, or what CUDA said.
std::string dequantiseFromHost(const StoredMatrix &matrix, int64_t storedBytes);

} // namespace winnow::gpu
