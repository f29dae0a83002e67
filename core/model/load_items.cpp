#include "core/model/load_items.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>

namespace winnow {

std::span<const std::byte> rowBytesOf(const StoredTensor &tensor, int64_t first, int64_t rows)
{
    const size_t stride = tensor.bytes.size() / static_cast<size_t>(tensor.rows());
    return tensor.bytes.subspan(static_cast<size_t>(first) * stride, static_cast<size_t>(rows) * stride);
}

Result<std::vector<float>> wholeTensor(const StoredTensor &tensor)
{
    std::vector<float> numbers(static_cast<size_t>(tensor.elements()));
    if (auto done = dequantiseRows(tensor.type, tensor.bytes, tensor.rows(), tensor.cols(), numbers.data()); !done)
        return fail(done.error());
    return numbers;
}

namespace {

    Result<void> loadMixed(const LoadItem &item, const MlaConfig &mla)
    {
        const StoredTensor &tensor = *item.piece->tensor;
        const auto numbers = wholeTensor(tensor);
        if (!numbers)
            return fail(numbers.error());
        const auto *in = numbers->data();
        const int64_t rows = tensor.rows(), cols = tensor.cols(), columns = item.job->columns;
        for (int64_t r = 0; r < rows; ++r) {
            for (int64_t c = 0; c < cols; ++c) {
                int64_t row = 0, column = 0;
                if (item.piece->layout == PieceLayout::Transposed) {
                    row = item.piece->targetRow + c;
                    column = r;
                } else if (item.piece->layout == PieceLayout::LatentKeys) { // stored [H, r, nope]
                    row = r / mla.latent * (mla.nope + mla.value) + c;
                    column = r % mla.latent;
                } else { // stored [H, value, r]
                    row = r / mla.value * (mla.nope + mla.value) + mla.nope + r % mla.value;
                    column = c;
                }
                item.target.put(row * columns + column, in[r * cols + c]);
            }
        }
        return {};
    }

    /// Rows of a tensor to row `target` of the matrix.
    Result<void> loadRows(const LoadItem &item, int64_t first, int64_t rows, int64_t target)
    {
        const StoredTensor &tensor = *item.piece->tensor;
        const int64_t begin = target * item.job->columns, count = rows * tensor.cols();
        const auto bytes = rowBytesOf(tensor, first, rows);
        if (item.target.type == ElementType::F32)
            return dequantiseRows(tensor.type, bytes, rows, tensor.cols(), static_cast<float *>(item.target.data) + begin);
        std::vector<float> numbers(static_cast<size_t>(count));
        if (auto done = dequantiseRows(tensor.type, bytes, rows, tensor.cols(), numbers.data()); !done)
            return done;
        for (int64_t i = 0; i < count; ++i)
            item.target.put(begin + i, numbers[static_cast<size_t>(i)]);
        return {};
    }

    Result<void> loadItem(const LoadItem &item, const ModelConfig &config)
    {
        const MatrixPiece &piece = *item.piece;
        if (piece.layout == PieceLayout::Rows)
            return loadRows(item, piece.firstRow + item.firstRow, item.rows, piece.targetRow + item.firstRow);
        if (piece.layout != PieceLayout::PermutedRows)
            return loadMixed(item, config.mla);
        for (int64_t row = item.firstRow; row < item.firstRow + item.rows; ++row) {
            const int64_t original = row / config.headDim * config.headDim + originalRow(row % config.headDim, config.headDim);
            if (auto done = loadRows(item, piece.firstRow + row, 1, piece.targetRow + original); !done)
                return done;
        }
        return {};
    }

} // namespace

void addItems(std::vector<LoadItem> &items, const MatrixJob &job, const at::Tensor &target)
{
    const MatrixNumbers numbers{target.mutable_data_ptr(), elementTypeOf(target.scalar_type())};
    for (const MatrixPiece &piece : job.pieces) {
        const bool byRows = piece.layout == PieceLayout::Rows || piece.layout == PieceLayout::PermutedRows;
        const int64_t block = byRows ? std::max<int64_t>(1, (int64_t{1} << 18) / job.columns) : piece.rows;
        for (int64_t first = 0; first < piece.rows; first += block)
            items.push_back(LoadItem{&piece, &job, numbers, first, std::min(block, piece.rows - first)});
    }
}

Result<void> ItemLoader::load(const std::vector<LoadItem> &items)
{
    at::parallel_for(0, static_cast<int64_t>(items.size()), 8, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end && !m_stopped; ++i)
            loadOne(items[static_cast<size_t>(i)]);
    });
    return m_outcome;
}

void ItemLoader::loadOne(const LoadItem &item)
{
    Result<void> loaded = m_context.cancelled() ? Result<void>(fail(ErrorCode::Cancelled, "cancelled while loading weights"))
                                                : loadItem(item, m_config);
    note(item.bytes(), std::move(loaded));
}

void ItemLoader::note(int64_t bytes, Result<void> loaded)
{
    const int64_t before = m_done.fetch_add(bytes);
    if (loaded && before / m_step == (before + bytes) / m_step)
        return;
    const std::scoped_lock lock(m_mutex);
    if (!loaded && m_outcome) {
        m_outcome = std::move(loaded);
        m_stopped = true;
    } else {
        m_context.progress("load", before + bytes, m_total, "bytes");
    }
}

} // namespace winnow
