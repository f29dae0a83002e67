#include "core/model/load_weights.h"

#include "core/model/load_plan.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/as_strided.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <sys/mman.h>

namespace winnow {
namespace {

    constexpr int64_t kAlignFloats = 16; // 64 bytes
    constexpr size_t kHugePage = size_t{2} << 20;

    int64_t alignedFloats(int64_t elements) { return (elements + kAlignFloats - 1) / kAlignFloats * kAlignFloats; }

    /// Anonymous pages, huge where the system gives them: 500 MB in 4 KiB pages cost 130,000 page faults and a TLB miss
    /// every 1,024 weights of a decoding step. Zero where nothing is written.
    at::Tensor largeBuffer(int64_t elements)
    {
        const size_t bytes = (static_cast<size_t>(elements) * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
        void *base = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED)
            throw std::bad_alloc();
        const auto address = reinterpret_cast<uintptr_t>(base);
        auto *aligned = reinterpret_cast<float *>((address + kHugePage - 1) / kHugePage * kHugePage);
        madvise(aligned, bytes, MADV_HUGEPAGE);
        return at::from_blob(
            aligned, {elements}, [base, bytes](void *) { munmap(base, bytes + kHugePage); }, at::TensorOptions(at::kFloat));
    }

    /// Hands out slices of one buffer.
    class Arena {
    public:
        explicit Arena(int64_t floats)
            : m_buffer(largeBuffer(std::max<int64_t>(1, floats)))
        {
        }
        at::Tensor take(at::IntArrayRef shape)
        {
            int64_t elements = 1;
            for (const int64_t size : shape)
                elements *= size;
            const int64_t begin = m_used;
            m_used += alignedFloats(elements);
            return m_buffer.narrow(0, begin, elements).view(shape);
        }

    private:
        at::Tensor m_buffer;
        int64_t m_used = 0;
    };

    int64_t elementsOf(const std::vector<int64_t> &shape)
    {
        int64_t elements = 1;
        for (const int64_t size : shape)
            elements *= size;
        return elements;
    }

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

    /// A block of rows of a piece; whole pieces where the layout mixes rows.
    struct LoadItem {
        const MatrixPiece *piece;
        const MatrixJob *job;
        float *target; // of the matrix
        int64_t firstRow, rows; // of the piece
    };

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
                item.target[row * columns + column] = in[r * cols + c];
            }
        }
        return {};
    }

    Result<void> loadItem(const LoadItem &item, const ModelConfig &config)
    {
        const MatrixPiece &piece = *item.piece;
        const StoredTensor &tensor = *piece.tensor;
        float *out = item.target + piece.targetRow * item.job->columns;
        if (piece.layout == PieceLayout::Rows)
            return dequantiseRows(tensor.type, rowBytesOf(tensor, piece.firstRow + item.firstRow, item.rows), item.rows, tensor.cols(),
                out + item.firstRow * tensor.cols());
        if (piece.layout != PieceLayout::PermutedRows)
            return loadMixed(item, config.mla);
        for (int64_t row = item.firstRow; row < item.firstRow + item.rows; ++row) {
            const int64_t original = row / config.headDim * config.headDim + originalRow(row % config.headDim, config.headDim);
            if (auto done = dequantiseRows(tensor.type, rowBytesOf(tensor, piece.firstRow + row, 1), 1, tensor.cols(), out + original * tensor.cols());
                !done)
                return done;
        }
        return {};
    }

    /// Blocks of about a megabyte of result, so that threads share the work and cancelling is quick.
    void addItems(std::vector<LoadItem> &items, const MatrixJob &job)
    {
        for (const MatrixPiece &piece : job.pieces) {
            const bool byRows = piece.layout == PieceLayout::Rows || piece.layout == PieceLayout::PermutedRows;
            const int64_t block = byRows ? std::max<int64_t>(1, (int64_t{1} << 18) / job.columns) : piece.rows;
            for (int64_t first = 0; first < piece.rows; first += block)
                items.push_back(LoadItem{&piece, &job, job.target->dense().data_ptr<float>(), first, std::min(block, piece.rows - first)});
        }
    }

    Result<void> loadItems(const std::vector<LoadItem> &items, const ModelConfig &config, const RunContext &context)
    {
        int64_t total = 0;
        for (const LoadItem &item : items)
            total += item.rows * item.job->columns * 4;
        std::mutex mutex; // guards the outcome and the progress sink
        Result<void> outcome;
        std::atomic<int64_t> done{0};
        std::atomic<bool> stopped{false};
        const int64_t step = std::max<int64_t>(total / 64, 1);
        at::parallel_for(0, static_cast<int64_t>(items.size()), 8, [&](int64_t begin, int64_t end) {
            for (int64_t i = begin; i < end && !stopped; ++i) {
                const LoadItem &item = items[static_cast<size_t>(i)];
                Result<void> loaded = context.cancelled() ? Result<void>(fail(ErrorCode::Cancelled, "cancelled while loading weights"))
                                                          : loadItem(item, config);
                const int64_t bytes = item.rows * item.job->columns * 4;
                const int64_t before = done.fetch_add(bytes);
                if (!loaded || before / step != (before + bytes) / step) {
                    const std::scoped_lock lock(mutex);
                    if (!loaded && outcome) {
                        outcome = std::move(loaded);
                        stopped = true;
                    } else {
                        context.progress("load", before + bytes, total, "bytes");
                    }
                }
            }
        });
        return outcome;
    }

    /// Index in the target of number i of a stored vector.
    int64_t placeOf(int64_t i, Transform transform, const ModelConfig &config)
    {
        const int64_t width = config.headDim;
        if (transform == Transform::PermutedHeads)
            return i / width * width + originalRow(i % width, width);
        if (transform == Transform::HeadMajor) {
            const int64_t head = i / (3 * width), part = i / width % 3;
            return (part * config.heads + head) * width + i % width;
        }
        return i;
    }

    Result<void> loadVector(const VectorJob &job, const ModelConfig &config)
    {
        float *out = job.target->data_ptr<float>();
        for (const VectorPiece &piece : job.pieces) {
            const auto numbers = wholeTensor(*piece.tensor);
            if (!numbers)
                return fail(numbers.error());
            const float plus = piece.transform == Transform::OnePlus ? 1.0F : 0.0F;
            for (size_t i = 0; i < numbers->size(); ++i)
                out[piece.offset + placeOf(static_cast<int64_t>(i), piece.transform, config)] = (*numbers)[i] + plus;
        }
        return {};
    }

    Result<WeightMatrix> storedMatrix(const MatrixJob &job, const ModelConfig &config, const std::shared_ptr<const TensorSource> &owner)
    {
        std::vector<StoredRows> parts;
        for (const MatrixPiece &piece : job.pieces)
            parts.push_back(StoredRows{piece.tensor->type, rowBytesOf(*piece.tensor, piece.firstRow, piece.rows), piece.rows,
                piece.layout == PieceLayout::PermutedRows ? config.headDim : 0});
        return WeightMatrix::stored(std::move(parts), job.columns, owner);
    }

    bool staysStored(const MatrixJob &job, Residency residency) { return residency == Residency::Stored && job.storable(); }

    /// Matrices in file precision are made; the others, and all vectors, get their place in one buffer.
    Result<std::vector<LoadItem>> place(LoadPlan &load, const ModelConfig &config, Residency residency, const std::shared_ptr<const TensorSource> &owner)
    {
        int64_t floats = 0;
        for (const MatrixJob &job : load.matrices)
            floats += staysStored(job, residency) ? 0 : alignedFloats(job.rows * job.columns);
        for (const VectorJob &job : load.vectors)
            floats += alignedFloats(elementsOf(job.shape));
        Arena arena(floats);
        std::vector<LoadItem> items;
        for (const MatrixJob &job : load.matrices) {
            if (staysStored(job, residency)) {
                auto matrix = storedMatrix(job, config, owner);
                if (!matrix)
                    return fail(matrix.error());
                *job.target = std::move(*matrix);
            } else {
                *job.target = WeightMatrix(arena.take({job.rows, job.columns}));
                addItems(items, job);
            }
        }
        for (const VectorJob &job : load.vectors)
            *job.target = arena.take(job.shape); // zero: a file may give biases for some of q, k, v only
        return items;
    }

} // namespace

int64_t heldWeightBytes(const TensorPlan &plan, const ModelConfig &config, Residency residency)
{
    Weights weights;
    int64_t bytes = 0;
    const LoadPlan load = makeLoadPlan(plan, config, weights);
    for (const MatrixJob &job : load.matrices) {
        if (!staysStored(job, residency)) {
            bytes += job.rows * job.columns * static_cast<int64_t>(sizeof(float));
            continue;
        }
        for (const MatrixPiece &piece : job.pieces)
            bytes += static_cast<int64_t>(rowBytesOf(*piece.tensor, piece.firstRow, piece.rows).size());
    }
    for (const VectorJob &job : load.vectors)
        bytes += elementsOf(job.shape) * static_cast<int64_t>(sizeof(float));
    return bytes;
}

Result<Weights> loadWeights(const std::shared_ptr<const TensorSource> &owner, const TensorPlan &plan, const ModelConfig &config,
    Residency residency, const RunContext &context)
{
    Weights weights;
    LoadPlan load = makeLoadPlan(plan, config, weights);
    auto items = place(load, config, residency, owner);
    if (!items)
        return fail(items.error());
    for (const VectorJob &job : load.vectors) {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled while loading weights");
        if (auto done = loadVector(job, config); !done)
            return fail(done.error());
    }
    if (auto done = loadItems(*items, config, context); !done)
        return fail(done.error());
    if (config.tied)
        weights.head = weights.embedding;
    return weights;
}

Result<Weights> weightsOn(const at::Device &device, const Weights &weights)
{
    if (device.is_cpu())
        return weights;
    Weights moved = weights;
    std::map<const void *, at::Tensor> buffers; // each storage travels once
    bool stored = false;
    const auto moveTensor = [&](at::Tensor &tensor) {
        if (!tensor.defined())
            return;
        at::Tensor &buffer = buffers[tensor.storage().data()];
        if (!buffer.defined()) {
            const auto floats = static_cast<int64_t>(tensor.storage().nbytes() / sizeof(float));
            buffer = at::empty({0}, at::kFloat).set_(tensor.storage(), 0, {floats}, {1}).to(device);
        }
        tensor = at::as_strided(buffer, tensor.sizes(), tensor.strides(), tensor.storage_offset());
    };
    moved.forEach(moveTensor, [&](WeightMatrix &matrix) {
        if (!matrix.defined())
            return;
        stored = stored || !matrix.isDense();
        at::Tensor dense = matrix.dense();
        moveTensor(dense);
        if (dense.defined())
            matrix = WeightMatrix(dense);
    });
    if (stored)
        return fail(ErrorCode::Unsupported, "weights that stay in file precision cannot be used on " + device.str(), "use --device cpu");
    return moved;
}

} // namespace winnow
