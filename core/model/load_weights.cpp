#include "core/model/load_weights.h"

#include "core/model/families/family.h"
#include "core/model/gguf_file.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <sys/mman.h>

namespace winnow {
namespace {

    constexpr int64_t kAlignFloats = 16; // 64 bytes
    constexpr size_t kHugePage = size_t{2} << 20;

    /// Hands out slices of one buffer; with no buffer it only counts.
    class Arena {
    public:
        explicit Arena(at::Tensor buffer = {})
            : m_buffer(std::move(buffer))
        {
        }
        at::Tensor take(at::IntArrayRef shape)
        {
            int64_t elements = 1;
            for (const int64_t size : shape)
                elements *= size;
            const int64_t begin = m_used;
            m_used += (elements + kAlignFloats - 1) / kAlignFloats * kAlignFloats;
            return m_buffer.defined() ? m_buffer.narrow(0, begin, elements).view(shape) : at::Tensor();
        }
        int64_t used() const { return m_used; }

    private:
        at::Tensor m_buffer;
        int64_t m_used = 0;
    };

    /// Anonymous pages, huge where the system gives them: 500 MB in 4 KiB pages cost 130,000 page faults and a TLB miss
    /// every 1,024 weights of a decoding step.
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

    Weights sliceWeights(const ModelConfig &config, Arena &arena)
    {
        const int64_t qkvRows = (config.heads + 2 * config.kvHeads) * config.headDim;
        Weights weights;
        weights.layers.resize(static_cast<size_t>(config.layers));
        for (LayerWeights &layer : weights.layers) {
            layer.attnNorm.weight = arena.take({config.hidden});
            layer.qkv = WeightMatrix(arena.take({qkvRows, config.hidden}));
            if (config.qkvBias)
                layer.qkvBias = arena.take({qkvRows});
            layer.output = WeightMatrix(arena.take({config.hidden, config.heads * config.headDim}));
            layer.ffnNorm.weight = arena.take({config.hidden});
            layer.ffn.gateUp = WeightMatrix(arena.take({2 * config.ffn, config.hidden}));
            layer.ffn.down = WeightMatrix(arena.take({config.hidden, config.ffn}));
        }
        weights.finalNorm.weight = arena.take({config.hidden});
        weights.embedding = WeightMatrix(arena.take({config.vocab, config.hidden}));
        weights.head = config.tied ? weights.embedding : WeightMatrix(arena.take({config.vocab, config.hidden}));
        return weights;
    }

    /// A block of stored rows and where they go.
    struct LoadItem {
        const GgufTensor *tensor;
        float *target; // of the tensor's row 0
        int64_t firstRow, rows;
        int64_t headDim; // > 0: rows (or, of a vector, elements) of each head of this width are stored permuted
    };

    /// Where the tensor of a slot goes: a matrix or vector and the first row inside it.
    struct Target {
        at::Tensor tensor;
        int64_t firstRow = 0;
        bool permuted = false;
    };

    Target targetOf(Slot slot, LayerWeights &layer, const ModelConfig &config, const Family &family)
    {
        const int64_t queryRows = config.heads * config.headDim;
        const int64_t keyRows = config.kvHeads * config.headDim;
        switch (slot) {
        case Slot::AttnNorm:
            return {layer.attnNorm.weight};
        case Slot::Query:
            return {layer.qkv.dense(), 0, family.permutedQueryKey};
        case Slot::Key:
            return {layer.qkv.dense(), queryRows, family.permutedQueryKey};
        case Slot::Value:
            return {layer.qkv.dense(), queryRows + keyRows};
        case Slot::QueryBias:
            return {layer.qkvBias, 0, family.permutedQueryKey};
        case Slot::KeyBias:
            return {layer.qkvBias, queryRows, family.permutedQueryKey};
        case Slot::ValueBias:
            return {layer.qkvBias, queryRows + keyRows};
        case Slot::Output:
            return {layer.output.dense()};
        case Slot::FfnNorm:
            return {layer.ffnNorm.weight};
        case Slot::Gate:
            return {layer.ffn.gateUp.dense()};
        case Slot::Up:
            return {layer.ffn.gateUp.dense(), config.ffn};
        case Slot::Down:
            return {layer.ffn.down.dense()};
        default:
            return {};
        }
    }

    at::Tensor globalTarget(Slot slot, Weights &weights)
    {
        switch (slot) {
        case Slot::Embedding:
            return weights.embedding.dense();
        case Slot::FinalNorm:
            return weights.finalNorm.weight;
        case Slot::Head:
            return weights.head.dense();
        default:
            return {};
        }
    }

    /// Blocks of about a megabyte of result, so that threads share the work and cancelling is quick.
    void addItems(std::vector<LoadItem> &items, const GgufTensor &tensor, const Target &target, int64_t headDim)
    {
        const int64_t width = target.tensor.dim() == 1 ? 1 : tensor.cols;
        float *base = target.tensor.data_ptr<float>() + target.firstRow * width;
        const int64_t block = std::max<int64_t>(1, (int64_t{1} << 18) / tensor.cols);
        for (int64_t first = 0; first < tensor.rows; first += block)
            items.push_back(LoadItem{&tensor, base, first, std::min(block, tensor.rows - first), target.permuted ? headDim : 0});
    }

    std::vector<LoadItem> loadItems(const GgufFile &file, const Family &family, const ModelConfig &config, Weights &weights)
    {
        std::vector<LoadItem> items;
        for (size_t l = 0; l < weights.layers.size(); ++l) {
            for (const FamilyTensor &rule : family.layer) {
                const GgufTensor *tensor = file.findTensor(layerTensorName(static_cast<int64_t>(l), rule.name));
                if (tensor)
                    addItems(items, *tensor, targetOf(rule.slot, weights.layers[l], config, family), config.headDim);
            }
        }
        for (const FamilyTensor &rule : family.global) {
            const GgufTensor *tensor = file.findTensor(rule.name);
            const at::Tensor target = globalTarget(rule.slot, weights);
            if (tensor && target.defined())
                addItems(items, *tensor, Target{target}, config.headDim);
        }
        return items;
    }

    Result<void> loadItem(const LoadItem &item)
    {
        const GgufTensor &tensor = *item.tensor;
        const size_t stride = tensor.bytes.size() / static_cast<size_t>(tensor.rows);
        const auto bytes = [&](int64_t row, int64_t rows) {
            return tensor.bytes.subspan(static_cast<size_t>(row) * stride, static_cast<size_t>(rows) * stride);
        };
        if (item.headDim == 0)
            return dequantiseRows(tensor.type, bytes(item.firstRow, item.rows), item.rows, tensor.cols,
                item.target + item.firstRow * tensor.cols);
        if (tensor.rows == 1) { // a bias: elements move instead of rows
            std::vector<float> stored(static_cast<size_t>(tensor.cols));
            if (auto done = dequantiseRows(tensor.type, tensor.bytes, 1, tensor.cols, stored.data()); !done)
                return done;
            for (int64_t i = 0; i < tensor.cols; ++i)
                item.target[i / item.headDim * item.headDim + originalRow(i % item.headDim, item.headDim)]
                    = stored[static_cast<size_t>(i)];
            return {};
        }
        for (int64_t row = item.firstRow; row < item.firstRow + item.rows; ++row) {
            const int64_t original = row / item.headDim * item.headDim + originalRow(row % item.headDim, item.headDim);
            if (auto done = dequantiseRows(tensor.type, bytes(row, 1), 1, tensor.cols, item.target + original * tensor.cols); !done)
                return done;
        }
        return {};
    }

} // namespace

Weights allocateWeights(const ModelConfig &config)
{
    Arena counter;
    sliceWeights(config, counter);
    Arena arena(largeBuffer(counter.used()));
    Weights weights = sliceWeights(config, arena);
    for (LayerWeights &layer : weights.layers) {
        if (layer.qkvBias.defined())
            layer.qkvBias.zero_(); // a file may give biases for some of q, k, v only
    }
    return weights;
}

Result<Weights> loadWeights(
    const GgufFile &file, const Family &family, const ModelConfig &config, const RunContext &context)
{
    Weights weights = allocateWeights(config);
    const std::vector<LoadItem> items = loadItems(file, family, config, weights);
    int64_t total = 0;
    for (const LoadItem &item : items)
        total += item.rows * item.tensor->cols * 4;

    std::mutex mutex; // guards the error and the progress sink
    Result<void> outcome;
    std::atomic<int64_t> done{0};
    std::atomic<bool> stopped{false};
    const int64_t step = std::max<int64_t>(total / 64, 1);
    at::parallel_for(0, static_cast<int64_t>(items.size()), 8, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end && !stopped; ++i) {
            const LoadItem &item = items[static_cast<size_t>(i)];
            Result<void> loaded = context.cancelled() ? Result<void>(fail(ErrorCode::Cancelled, "cancelled while loading weights"))
                                                      : loadItem(item);
            const int64_t bytes = item.rows * item.tensor->cols * 4;
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
    if (!outcome)
        return fail(outcome.error());
    return weights;
}

Weights weightsOn(const at::Device &device, const Weights &weights, const ModelConfig &config)
{
    if (device.is_cpu())
        return weights;
    Arena counter;
    sliceWeights(config, counter);
    const at::Tensor source = at::empty({0}, at::kFloat).set_(weights.embedding.dense().storage(), 0, {counter.used()}, {1});
    Arena arena(source.to(device));
    return sliceWeights(config, arena);
}

} // namespace winnow
