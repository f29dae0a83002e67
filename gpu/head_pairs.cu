#include "gpu/head_pairs.h"

#include <cuda_runtime.h>

namespace winnow::gpu {
namespace {

    // A block of threads makes 32 x 32 products, each thread 2 x 2 of them: 336 x 336 heads are 121 blocks.
    constexpr int kSide = 32;
    constexpr int kThreads = 16;
    constexpr int kDepth = 32; // entries in shared memory at a time
    constexpr int kFlush = 256; // entries of an f32 sum, as in the reference

    struct Tile {
        float rows[kDepth][kSide + 1]; // + 1: columns of a tile fall into different banks
    };

    /// Entries [first, first + kDepth) of heads [head, head + kSide), zeros outside.
    __device__ void loadTile(Tile &tile, const float *data, int64_t heads, int64_t stride, int64_t entries, int64_t head, int64_t first)
    {
        const int thread = threadIdx.y * kThreads + threadIdx.x;
        for (int at = thread; at < kDepth * kSide; at += kThreads * kThreads) {
            const int k = at % kDepth, h = at / kDepth; // neighbouring threads read neighbouring entries
            const bool inside = head + h < heads && first + k < entries;
            tile.rows[k][h] = inside ? data[(head + h) * stride + first + k] : 0.0F;
        }
    }

    __global__ void headPairKernel(HeadPairs pairs)
    {
        __shared__ Tile x, y;
        const int64_t row = int64_t(blockIdx.y) * kSide, column = int64_t(blockIdx.x) * kSide;
        float sum[2][2] = {};
        double total[2][2] = {};
        for (int64_t first = 0; first < pairs.entries; first += kDepth) {
            loadTile(x, pairs.x, pairs.xHeads, pairs.xStride, pairs.entries, row, first);
            loadTile(y, pairs.y, pairs.yHeads, pairs.yStride, pairs.entries, column, first);
            __syncthreads();
            for (int k = 0; k < kDepth; ++k) {
                for (int i = 0; i < 2; ++i) {
                    for (int j = 0; j < 2; ++j)
                        sum[i][j] += x.rows[k][threadIdx.y + i * kThreads] * y.rows[k][threadIdx.x + j * kThreads];
                }
            }
            __syncthreads();
            if ((first + kDepth) % kFlush != 0 && first + kDepth < pairs.entries)
                continue;
            for (int i = 0; i < 2; ++i) {
                for (int j = 0; j < 2; ++j) {
                    total[i][j] += double(sum[i][j]);
                    sum[i][j] = 0;
                }
            }
        }
        for (int i = 0; i < 2; ++i) {
            for (int j = 0; j < 2; ++j) {
                const int64_t a = row + threadIdx.y + i * kThreads, b = column + threadIdx.x + j * kThreads;
                if (a < pairs.xHeads && b < pairs.yHeads)
                    pairs.products[a * pairs.yHeads + b] += total[i][j];
            }
        }
    }

    std::string said(cudaError_t status) { return status == cudaSuccess ? std::string() : cudaGetErrorString(status); }

    /// Device memory that goes with its owner.
    class DeviceBuffer {
    public:
        ~DeviceBuffer() { cudaFree(m_data); }
        cudaError_t allocate(size_t bytes) { return cudaMalloc(&m_data, bytes); }
        template <typename T>
        T *as() const
        {
            return static_cast<T *>(m_data);
        }

    private:
        void *m_data = nullptr;
    };

} // namespace

std::string headPairProducts(const HeadPairs &pairs, void *stream)
{
    if (pairs.xHeads <= 0 || pairs.yHeads <= 0 || pairs.entries <= 0)
        return {};
    const dim3 blocks(unsigned((pairs.yHeads + kSide - 1) / kSide), unsigned((pairs.xHeads + kSide - 1) / kSide));
    headPairKernel<<<blocks, dim3(kThreads, kThreads), 0, static_cast<cudaStream_t>(stream)>>>(pairs);
    return said(cudaGetLastError());
}

std::string headPairProductsFromHost(const HeadPairs &pairs)
{
    if (pairs.xHeads <= 0 || pairs.yHeads <= 0 || pairs.entries <= 0)
        return {};
    const size_t row = size_t(pairs.entries) * sizeof(float);
    const size_t tableBytes = size_t(pairs.xHeads * pairs.yHeads) * sizeof(double);
    DeviceBuffer x, y, products;
    for (const cudaError_t status : {x.allocate(row * size_t(pairs.xHeads)), y.allocate(row * size_t(pairs.yHeads)),
             products.allocate(tableBytes)}) {
        if (status != cudaSuccess)
            return said(status);
    }
    const auto copyIn = [&](const DeviceBuffer &to, const float *from, int64_t stride, int64_t heads) {
        return cudaMemcpy2D(to.as<float>(), row, from, size_t(stride) * sizeof(float), row, size_t(heads), cudaMemcpyHostToDevice);
    };
    for (const cudaError_t status : {copyIn(x, pairs.x, pairs.xStride, pairs.xHeads), copyIn(y, pairs.y, pairs.yStride, pairs.yHeads),
             cudaMemcpy(products.as<double>(), pairs.products, tableBytes, cudaMemcpyHostToDevice)}) {
        if (status != cudaSuccess)
            return said(status);
    }
    const HeadPairs device{x.as<float>(), y.as<float>(), pairs.xHeads, pairs.yHeads, pairs.entries, pairs.entries, pairs.entries,
        products.as<double>()};
    if (const std::string launched = headPairProducts(device, nullptr); !launched.empty())
        return launched;
    return said(cudaMemcpy(pairs.products, products.as<double>(), tableBytes, cudaMemcpyDeviceToHost));
}

} // namespace winnow::gpu
