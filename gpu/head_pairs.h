#pragma once

#include <cstdint>
#include <string>

namespace winnow::gpu {

/// Heads of two models as vectors over the same entries: one block of rows of their attention maps.
struct HeadPairs {
    const float *x = nullptr; // [xHeads, entries], heads xStride floats apart
    const float *y = nullptr; // [yHeads, entries], heads yStride floats apart
    int64_t xHeads = 0, yHeads = 0, entries = 0;
    int64_t xStride = 0, yStride = 0;
    double *products = nullptr; // [xHeads, yHeads], added to
};

/// products[i][j] += sum over k of x[i][k] * y[j][k]: sums of 256 entries in f32, over them in f64. The reference of the kernel.
/// @cost xHeads * yHeads * entries multiply-adds.
void headPairProductsReference(const HeadPairs &pairs);

/// Whether this program was built with the kernel and the machine can run it.
/// @param reason why not; may be null.
bool headPairKernelAvailable(std::string *reason = nullptr);

/// The same on the GPU, with pointers to device memory; waits for nothing. Takes 8 bytes a pair and slice of the entries there.
/// @param stream a cudaStream_t, or null for the default one.
/// @return empty, or what CUDA said.
std::string headPairProducts(const HeadPairs &pairs, void *stream);

/// The same with pointers to host memory: copies there and back, and waits.
/// @return empty, or what CUDA said; products are then what they were.
std::string headPairProductsFromHost(const HeadPairs &pairs);

} // namespace winnow::gpu
