#pragma once

#include "core/base/run_context.h"
#include "core/model/load_plan.h"
#include "core/model/rounding.h"

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace winnow {

/// Bytes of rows of a stored tensor.
std::span<const std::byte> rowBytesOf(const StoredTensor &tensor, int64_t first, int64_t rows);

/// All numbers of a stored tensor as f32.
Result<std::vector<float>> wholeTensor(const StoredTensor &tensor);

/// Numbers of a matrix in the type it is held in.
struct MatrixNumbers {
    void *data;
    ElementType type;

    void put(int64_t at, float value) const
    {
        if (type == ElementType::F32)
            static_cast<float *>(data)[at] = value;
        else if (type == ElementType::Bf16)
            static_cast<at::BFloat16 *>(data)[at] = value;
        else
            static_cast<at::Half *>(data)[at] = value;
    }
};

/// A block of rows of a piece; whole pieces where the layout mixes rows.
struct LoadItem {
    const MatrixPiece *piece;
    const MatrixJob *job;
    MatrixNumbers target; // of the matrix
    int64_t firstRow, rows; // of the piece

    int64_t bytes() const { return rows * job->columns * bytesOf(target.type); }
};

/// Blocks of about a megabyte of result, so that threads share the work and cancelling is quick. `target` is the job's matrix.
void addItems(std::vector<LoadItem> &items, const MatrixJob &job, const at::Tensor &target);

/// Reads items and says how far it is.
class ItemLoader {
public:
    ItemLoader(const ModelConfig &config, const RunContext &context, int64_t totalBytes)
        : m_config(config)
        , m_context(context)
        , m_total(totalBytes)
        , m_step(std::max<int64_t>(totalBytes / 64, 1))
    {
    }

    /// Uses LibTorch's threads. @error Cancelled, polled per item; what dequantiseRows reports.
    Result<void> load(const std::vector<LoadItem> &items);
    /// Bytes that are done, or why not.
    void note(int64_t bytes, Result<void> loaded = {});

private:
    void loadOne(const LoadItem &item);

    const ModelConfig &m_config;
    const RunContext &m_context;
    const int64_t m_total, m_step;
    std::mutex m_mutex; // guards the outcome and the progress sink
    Result<void> m_outcome;
    std::atomic<int64_t> m_done{0};
    std::atomic<bool> m_stopped{false};
};

} // namespace winnow
