#include "gpu/head_pairs.h"

#include <algorithm>
#include <cuda_runtime.h>

namespace winnow::gpu {
namespace {

    // A block of threads makes 64 x 64 products, each thread 4 x 4 of them: 8 numbers out of shared memory for 16
    // multiply-adds. Few heads make few blocks (36 of 336 x 336), so the entries are cut into slices that run side by side.
    constexpr int kSide = 64;
    constexpr int kThreads = 16;
    constexpr int kEach = kSide / kThreads;
    constexpr int kDepth = 32; // entries in shared memory at a time
    constexpr int kFlush = 256; // entries of an f32 sum, as in the reference
    constexpr int64_t kSliceEntries = 2048; // least entries of a slice
    constexpr int kBlocksPerProcessor = 4;

    struct Tile {
        float rows[kDepth][kSide + 1]; // + 1: columns of a tile fall into different banks
    };

    /// A thread's part of a tile, on its way from memory while the tile before is multiplied: entries [first, first + kDepth) of
    /// heads [head, head + kSide), zeros outside. Neighbouring threads read neighbouring entries.
    struct Fetched {
        static constexpr int kStep = kThreads * kThreads / kDepth; // heads from one number to the next
        float values[kSide / kStep];

        __device__ void read(const float *data, int64_t heads, int64_t stride, int64_t end, int64_t head, int64_t first)
        {
            const int thread = threadIdx.y * kThreads + threadIdx.x;
            const int64_t k = first + thread % kDepth, h = head + thread / kDepth;
#pragma unroll
            for (int i = 0; i < kSide / kStep; ++i)
                values[i] = k < end && h + i * kStep < heads ? data[(h + i * kStep) * stride + k] : 0.0F;
        }
        __device__ void store(Tile &tile) const
        {
            const int thread = threadIdx.y * kThreads + threadIdx.x;
#pragma unroll
            for (int i = 0; i < kSide / kStep; ++i)
                tile.rows[thread % kDepth][thread / kDepth + i * kStep] = values[i];
        }
    };

    /// What a thread adds up: the products of its rows and columns, 16 apart.
    struct Sums {
        float block[kEach][kEach] = {};
        double total[kEach][kEach] = {};

        __device__ void add(const Tile &x, const Tile &y)
        {
#pragma unroll 8
            for (int k = 0; k < kDepth; ++k) {
                float a[kEach], b[kEach];
#pragma unroll
                for (int i = 0; i < kEach; ++i) {
                    a[i] = x.rows[k][threadIdx.y + i * kThreads];
                    b[i] = y.rows[k][threadIdx.x + i * kThreads];
                }
#pragma unroll
                for (int i = 0; i < kEach * kEach; ++i)
                    block[i / kEach][i % kEach] += a[i / kEach] * b[i % kEach];
            }
        }
        __device__ void flush()
        {
#pragma unroll
            for (int i = 0; i < kEach * kEach; ++i) {
                total[i / kEach][i % kEach] += double(block[i / kEach][i % kEach]);
                block[i / kEach][i % kEach] = 0;
            }
        }
    };

    /// Slice blockIdx.z of the entries; its products go to partial [slices, xHeads, yHeads].
    __global__ void __launch_bounds__(kThreads * kThreads, 2) headPairKernel(HeadPairs pairs, int64_t sliceEntries, double *partial)
    {
        __shared__ Tile x, y;
        const int64_t row = int64_t(blockIdx.y) * kSide, column = int64_t(blockIdx.x) * kSide;
        const int64_t begin = int64_t(blockIdx.z) * sliceEntries, end = min(begin + sliceEntries, pairs.entries);
        Sums sums;
        Fetched nextX, nextY;
        const auto read = [&](int64_t first) {
            nextX.read(pairs.x, pairs.xHeads, pairs.xStride, end, row, first);
            nextY.read(pairs.y, pairs.yHeads, pairs.yStride, end, column, first);
        };
        read(begin);
        for (int64_t first = begin; first < end; first += kDepth) {
            nextX.store(x);
            nextY.store(y);
            __syncthreads();
            read(first + kDepth); // zeros behind the end
            sums.add(x, y);
            __syncthreads();
            if ((first + kDepth) % kFlush == 0)
                sums.flush();
        }
        sums.flush();
        for (int i = 0; i < kEach; ++i) {
            for (int j = 0; j < kEach; ++j) {
                const int64_t a = row + threadIdx.y + i * kThreads, b = column + threadIdx.x + j * kThreads;
                if (a < pairs.xHeads && b < pairs.yHeads)
                    partial[(int64_t(blockIdx.z) * pairs.xHeads + a) * pairs.yHeads + b] = sums.total[i][j];
            }
        }
    }

    /// products += partial, slices in their order: the same sum every time.
    __global__ void addSlices(const double *partial, int64_t slices, int64_t count, double *products)
    {
        const int64_t at = int64_t(blockIdx.x) * blockDim.x + threadIdx.x;
        if (at >= count)
            return;
        double sum = 0;
        for (int64_t slice = 0; slice < slices; ++slice)
            sum += partial[slice * count + at];
        products[at] += sum;
    }

    /// Entries of a slice, whole f32 sums: enough slices to keep every processor busy.
    int64_t sliceEntries(const HeadPairs &pairs, int64_t blocks)
    {
        int device = 0, processors = 1;
        if (cudaGetDevice(&device) == cudaSuccess)
            cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device);
        const int64_t wanted = std::max<int64_t>(1, kBlocksPerProcessor * processors / blocks);
        const int64_t even = std::max(kSliceEntries, (pairs.entries + wanted - 1) / wanted);
        return (even + kFlush - 1) / kFlush * kFlush;
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
    const int64_t across = (pairs.yHeads + kSide - 1) / kSide, down = (pairs.xHeads + kSide - 1) / kSide;
    const int64_t slice = sliceEntries(pairs, across * down), slices = (pairs.entries + slice - 1) / slice;
    const int64_t count = pairs.xHeads * pairs.yHeads;
    const auto where = static_cast<cudaStream_t>(stream);
    void *partial = nullptr;
    if (const cudaError_t status = cudaMallocAsync(&partial, size_t(slices * count) * sizeof(double), where); status != cudaSuccess)
        return said(status);
    const dim3 blocks{unsigned(across), unsigned(down), unsigned(slices)};
    headPairKernel<<<blocks, dim3(kThreads, kThreads), 0, where>>>(pairs, slice, static_cast<double *>(partial));
    addSlices<<<unsigned((count + 255) / 256), 256, 0, where>>>(static_cast<double *>(partial), slices, count, pairs.products);
    const cudaError_t launched = cudaGetLastError(), freed = cudaFreeAsync(partial, where);
    return said(launched != cudaSuccess ? launched : freed);
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
