#include "gpu/dequantise.h"

#include "gpu/stored_blocks.h"

#include <cuda_runtime.h>

namespace winnow::gpu {
namespace {

    constexpr int kThreads = 256;

    __device__ void write(float *out, int64_t at, float value) { out[at] = value; }
    struct HalfBits {
        uint16_t bits;
    };
    struct Bf16Bits {
        uint16_t bits;
    };
    __device__ void write(HalfBits *out, int64_t at, float value) { out[at].bits = toHalf(value); }
    __device__ void write(Bf16Bits *out, int64_t at, float value) { out[at].bits = toBf16(value); }

    /// Neighbouring threads make neighbouring numbers of a row; the bytes of their block come from the cache.
    template <typename Block, typename Number>
    __global__ void dequantiseKernel(StoredMatrix matrix, Number *out)
    {
        const int64_t at = int64_t(blockIdx.x) * kThreads + threadIdx.x;
        if (at >= matrix.rows * matrix.columns)
            return;
        const int64_t row = at / matrix.columns, column = at - row * matrix.columns;
        const int64_t stride = matrix.columns / Block::kElements * Block::kBytes;
        const auto *in = reinterpret_cast<const uint8_t *>(matrix.stored) + storedRow(matrix.firstRow + row, matrix.permutedHeadDim) * stride;
        write(out, at, Block::value(in + column / Block::kElements * Block::kBytes, int(column % Block::kElements)));
    }

    template <typename Block>
    void launch(const StoredMatrix &matrix, cudaStream_t stream)
    {
        const auto blocks = unsigned((matrix.rows * matrix.columns + kThreads - 1) / kThreads);
        switch (matrix.outType) {
        case NumberType::F32:
            dequantiseKernel<Block><<<blocks, kThreads, 0, stream>>>(matrix, static_cast<float *>(matrix.out));
            return;
        case NumberType::F16:
            dequantiseKernel<Block><<<blocks, kThreads, 0, stream>>>(matrix, static_cast<HalfBits *>(matrix.out));
            return;
        case NumberType::Bf16:
            dequantiseKernel<Block><<<blocks, kThreads, 0, stream>>>(matrix, static_cast<Bf16Bits *>(matrix.out));
            return;
        }
    }

    std::string said(cudaError_t status) { return status == cudaSuccess ? std::string() : cudaGetErrorString(status); }

    /// Device memory that goes with its owner.
    class DeviceBuffer {
    public:
        explicit DeviceBuffer(int64_t bytes) : m_status(cudaMalloc(&m_data, size_t(bytes))) { }
        DeviceBuffer(const DeviceBuffer &) = delete;
        DeviceBuffer &operator=(const DeviceBuffer &) = delete;
        ~DeviceBuffer() { cudaFree(m_data); }
        cudaError_t status() const { return m_status; }
        void *data() const { return m_data; }

    private:
        void *m_data = nullptr;
        cudaError_t m_status;
    };

} // namespace

std::string dequantise(const StoredMatrix &matrix, void *stream)
{
    if (matrix.rows <= 0 || matrix.columns <= 0)
        return {};
    const bool known = withFormat(matrix.type, [&](auto block) { launch<decltype(block)>(matrix, static_cast<cudaStream_t>(stream)); });
    return known ? said(cudaGetLastError()) : "stored type " + std::to_string(matrix.type) + " cannot be dequantised";
}

std::string dequantiseFromHost(const StoredMatrix &matrix, int64_t storedBytes)
{
    const int64_t outBytes = matrix.rows * matrix.columns * (matrix.outType == NumberType::F32 ? 4 : 2);
    const DeviceBuffer stored(storedBytes), out(outBytes);
    for (const cudaError_t status : {stored.status(), out.status()}) {
        if (status != cudaSuccess)
            return said(status);
    }
    if (const auto status = cudaMemcpy(stored.data(), matrix.stored, size_t(storedBytes), cudaMemcpyHostToDevice); status != cudaSuccess)
        return said(status);
    StoredMatrix device = matrix;
    device.stored = static_cast<const std::byte *>(stored.data());
    device.out = out.data();
    if (const std::string launched = dequantise(device, nullptr); !launched.empty())
        return launched;
    return said(cudaMemcpy(matrix.out, out.data(), size_t(outBytes), cudaMemcpyDeviceToHost));
}

} // namespace winnow::gpu
