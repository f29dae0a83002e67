#include "core/model/load_weights.h"

#include "core/model/load_items.h"
#include "core/model/load_plan.h"
#include "core/model/rounding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <map>
#include <sys/mman.h>

namespace winnow {
namespace {

    constexpr int64_t kAlignBytes = 64;
    constexpr size_t kHugePage = size_t{2} << 20;

    int64_t alignedBytes(int64_t bytes) { return (bytes + kAlignBytes - 1) / kAlignBytes * kAlignBytes; }

    /// Anonymous pages, huge where the system gives them: 500 MB in 4 KiB pages cost 130,000 page faults and a TLB miss
    /// every 1,024 weights of a decoding step. Zero where nothing is written.
    at::Tensor largeBuffer(int64_t wanted)
    {
        const size_t bytes = (static_cast<size_t>(wanted) + kHugePage - 1) / kHugePage * kHugePage;
        void *base = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED)
            throw std::bad_alloc();
        const auto address = reinterpret_cast<uintptr_t>(base);
        auto *aligned = reinterpret_cast<std::byte *>((address + kHugePage - 1) / kHugePage * kHugePage);
        madvise(aligned, bytes, MADV_HUGEPAGE);
        return at::from_blob(
            aligned, {wanted}, [base, bytes](void *) { munmap(base, bytes + kHugePage); }, at::TensorOptions(at::kByte));
    }

    /// Hands out slices of one buffer.
    class Arena {
    public:
        explicit Arena(int64_t bytes)
            : m_buffer(largeBuffer(std::max<int64_t>(kAlignBytes, bytes)))
        {
        }
        at::Tensor take(at::IntArrayRef shape, ElementType type)
        {
            int64_t bytes = bytesOf(type);
            for (const int64_t size : shape)
                bytes *= size;
            const int64_t begin = m_used;
            m_used += alignedBytes(bytes);
            return m_buffer.narrow(0, begin, bytes).view(scalarType(type)).view(shape);
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

    Result<void> loadVector(const VectorJob &job, const ModelConfig &config, const RunContext &context)
    {
        if (context.cancelled())
            return fail(ErrorCode::Cancelled, "cancelled while loading weights");
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

    int64_t denseBytes(const MatrixJob &job, ElementType elements) { return job.rows * job.columns * bytesOf(elements); }

    int64_t storedBytes(const MatrixJob &job)
    {
        int64_t bytes = 0;
        for (const MatrixPiece &piece : job.pieces)
            bytes += static_cast<int64_t>(rowBytesOf(*piece.tensor, piece.firstRow, piece.rows).size());
        return bytes;
    }

    /// What a plan asks for, in main memory: one buffer for matrices, one for vectors.
    Result<void> loadHere(LoadPlan &load, const ModelConfig &config, const Placement &placement,
        const std::shared_ptr<const TensorSource> &owner, const RunContext &context)
    {
        int64_t bytes = 0, vectorBytes = 0, written = 0;
        for (const MatrixJob &job : load.matrices) {
            const int64_t dense = staysStored(job, placement.residency) ? 0 : denseBytes(job, placement.elements);
            bytes += alignedBytes(dense);
            written += dense;
        }
        for (const VectorJob &job : load.vectors)
            vectorBytes += alignedBytes(elementsOf(job.shape) * 4);
        Arena matrices(bytes), vectors(vectorBytes);
        std::vector<LoadItem> items;
        for (const MatrixJob &job : load.matrices) {
            if (staysStored(job, placement.residency)) {
                auto matrix = storedMatrix(job, config, owner);
                if (!matrix)
                    return fail(matrix.error());
                *job.target = matrix->withInputs(placement.elements);
            } else {
                const at::Tensor numbers = matrices.take({job.rows, job.columns}, placement.elements);
                *job.target = WeightMatrix(numbers);
                addItems(items, job, numbers);
            }
        }
        for (const VectorJob &job : load.vectors) {
            *job.target = vectors.take(job.shape, ElementType::F32); // zero: a file may give biases for some of q, k, v only
            if (auto done = loadVector(job, config, context); !done)
                return done;
        }
        return ItemLoader(config, context, written).load(items);
    }

    /// Rows of the file on a GPU. What F32 files hold as it is used becomes a matrix there.
    WeightMatrix sent(const WeightMatrix &matrix, const Placement &placement, RowUse use)
    {
        if (!matrix.isDense() || use == RowUse::LookUp)
            return matrix.onDevice(placement.device, use).withInputs(placement.elements);
        return WeightMatrix(matrix.dense().to(placement.device)).withInputs(placement.elements);
    }

    /// The same on a GPU, matrix by matrix: main memory holds one at a time.
    Result<void> loadThere(LoadPlan &load, const ModelConfig &config, const Placement &placement,
        const std::shared_ptr<const TensorSource> &owner, const WeightMatrix *embedding, const RunContext &context)
    {
        int64_t total = 0;
        for (const MatrixJob &job : load.matrices)
            total += staysStored(job, placement.residency) ? storedBytes(job) : denseBytes(job, placement.elements);
        for (const VectorJob &job : load.vectors) {
            *job.target = at::zeros(job.shape, at::kFloat);
            if (auto done = loadVector(job, config, context); !done)
                return done;
            *job.target = job.target->to(placement.device);
        }
        ItemLoader loader(config, context, total);
        for (const MatrixJob &job : load.matrices) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "cancelled while loading weights");
            if (staysStored(job, placement.residency)) {
                auto matrix = storedMatrix(job, config, owner);
                if (!matrix)
                    return fail(matrix.error());
                *job.target = sent(*matrix, placement, job.target == embedding && !config.tied ? RowUse::LookUp : RowUse::Products);
                loader.note(storedBytes(job));
                continue;
            }
            const at::Tensor numbers = at::empty({job.rows, job.columns}, scalarType(placement.elements));
            std::vector<LoadItem> items;
            addItems(items, job, numbers);
            if (auto done = loader.load(items); !done)
                return done;
            *job.target = WeightMatrix(numbers.to(placement.device));
        }
        return {};
    }

} // namespace

void countHeldWeights(const TensorPlan &plan, ModelConfig &config)
{
    Weights weights;
    const LoadPlan load = makeLoadPlan(plan, config, weights);
    config.storedBytes = config.vectorNumbers = config.turnedNumbers = config.storedEmbeddingBytes = 0;
    for (const MatrixJob &job : load.matrices) {
        const bool stays = staysStored(job, Residency::Stored);
        const int64_t bytes = stays ? storedBytes(job) : denseBytes(job, ElementType::F32);
        config.storedBytes += bytes;
        config.turnedNumbers += stays ? 0 : job.rows * job.columns;
        if (job.target == &weights.embedding && stays && !config.tied)
            config.storedEmbeddingBytes = bytes;
    }
    for (const VectorJob &job : load.vectors)
        config.vectorNumbers += elementsOf(job.shape);
    config.storedBytes += 4 * config.vectorNumbers;
}

int64_t stagingBytes(const ModelConfig &config, ElementType elements)
{
    const int64_t inner = std::max(config.ffn, config.moe.sharedFfn) * (config.gatedFfn ? 2 : 1);
    const int64_t qkv = (config.heads + config.kvHeads) * config.headDim + config.kvHeads * config.valueWidth();
    return std::max({config.vocab, inner, qkv}) * config.hidden * bytesOf(elements);
}

Result<Weights> loadWeights(const std::shared_ptr<const TensorSource> &owner, const TensorPlan &plan, const ModelConfig &config,
    const Placement &placement, const RunContext &context)
{
    Weights weights;
    LoadPlan load = makeLoadPlan(plan, config, weights);
    auto done = placement.device.is_cpu() ? loadHere(load, config, placement, owner, context)
                                          : loadThere(load, config, placement, owner, &weights.embedding, context);
    if (!done)
        return fail(done.error());
    if (config.tied)
        weights.head = weights.embedding;
    return weights;
}

Result<Weights> weightsOn(const at::Device &device, const Weights &weights, ElementType elements)
{
    Weights moved = weights;
    std::map<const void *, WeightMatrix> sent; // by what they were: a tied head stays the embedding
    moved.forEach(
        [&](at::Tensor &tensor) {
            if (tensor.defined())
                tensor = tensor.to(device);
        },
        [&](WeightMatrix &matrix) {
            if (!matrix.defined())
                return;
            const bool dense = matrix.isDense();
            WeightMatrix &there = sent[dense ? matrix.dense().const_data_ptr() : matrix.parts().front().bytes.data()];
            if (!there.defined())
                there = dense ? WeightMatrix(asElements(matrix.dense(), elements).to(device))
                              : matrix.onDevice(device, RowUse::Products).withInputs(elements);
            matrix = there;
        });
    return moved;
}

} // namespace winnow
