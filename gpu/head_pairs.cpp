#include "gpu/head_pairs.h"

#include "gpu/device.h"

#include <algorithm>

namespace winnow::gpu {
namespace {

    constexpr int64_t kTile = 256; // entries of an f32 sum

} // namespace

void headPairProductsReference(const HeadPairs &pairs)
{
    for (int64_t i = 0; i < pairs.xHeads; ++i) {
        for (int64_t j = 0; j < pairs.yHeads; ++j) {
            double total = 0;
            for (int64_t first = 0; first < pairs.entries; first += kTile) {
                float sum = 0;
                for (int64_t k = first; k < std::min(first + kTile, pairs.entries); ++k)
                    sum += pairs.x[i * pairs.xStride + k] * pairs.y[j * pairs.yStride + k];
                total += double(sum);
            }
            pairs.products[i * pairs.yHeads + j] += total;
        }
    }
}

bool headPairKernelAvailable(std::string *reason) { return kernelsAvailable(reason); }

#ifndef WINNOW_HAS_CUDA
std::string headPairProducts(const HeadPairs &, void *) { return kNotBuilt; }
std::string headPairProductsFromHost(const HeadPairs &) { return kNotBuilt; }
#endif

} // namespace winnow::gpu
