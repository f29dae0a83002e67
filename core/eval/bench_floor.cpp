#include "core/eval/bench_floor.h"

#include "core/model/cpu_kernels.h"
#include "core/model/device.h"
#include "core/model/rounding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/rand.h>

#include <algorithm>
#include <map>
#include <utility>

namespace winnow {
namespace {

    void addFfn(std::vector<const WeightMatrix *> &list, const FfnWeights &ffn)
    {
        list.push_back(&ffn.gateUp);
        list.push_back(&ffn.down);
    }

    /// The bytes of a matrix, read as fast as the machine gives them.
    uint64_t readMatrix(const WeightMatrix &matrix)
    {
        if (matrix.isDense())
            return cpu::readBytes(matrix.dense().const_data_ptr(), matrix.bytes());
        uint64_t mixed = 0;
        for (const StoredRows &part : matrix.parts())
            mixed ^= cpu::readBytes(part.bytes.data(), static_cast<int64_t>(part.bytes.size()));
        return mixed;
    }

    /// One dense matrix, input and result of each shape: what the products of a layer are at best.
    class ShapeProducts {
    public:
        static constexpr int64_t kRows = 512;

        /// On the CPU products are f32 whatever the element type (rounding.h).
        explicit ShapeProducts(const Model &model)
            : m_options(at::TensorOptions(model.device().is_cpu() ? at::kFloat : scalarType(model.elementType())).device(model.device()))
        {
        }

        void run(int64_t rows, int64_t columns)
        {
            Shape &shape = m_shapes[{rows, columns}];
            if (!shape.weights.defined())
                shape = {at::rand({rows, columns}, m_options), at::rand({kRows, columns}, m_options), at::empty({kRows, rows}, m_options)};
            at::mm_out(shape.result, shape.input, shape.weights.t());
        }

    private:
        struct Shape {
            at::Tensor weights, input, result;
        };
        at::TensorOptions m_options;
        std::map<std::pair<int64_t, int64_t>, Shape> m_shapes;
    };

    /// Shortest time of some runs; negative when cancelled.
    template <typename Run>
    double shortest(int repeats, const at::Device &device, const RunContext &context, Run run)
    {
        double best = 1e300;
        for (int i = 0; i < repeats; ++i) {
            if (context.cancelled())
                return -1;
            const Moment start = Moment::now();
            run();
            waitFor(device);
            best = std::min(best, countedSeconds(Moment::now() - start, device));
        }
        return best;
    }

    constexpr int64_t kCopiedBytes = int64_t{1} << 30; // far more than a cache holds

    /// A copy from memory of the device to memory of the device.
    double copySeconds(int repeats, const at::Device &device, const RunContext &context)
    {
        const at::Tensor from = at::rand({kCopiedBytes / 4}, at::TensorOptions(at::kFloat).device(device));
        at::Tensor to = at::empty_like(from);
        to.copy_(from);
        waitFor(device);
        return shortest(2 * repeats, device, context, [&] { to.copy_(from); });
    }

    double visiblePairs(int64_t tokens, int64_t window)
    {
        const auto n = static_cast<double>(tokens);
        if (window <= 0 || window >= tokens)
            return 0.5 * n * (n + 1);
        const auto w = static_cast<double>(window);
        return 0.5 * w * (w + 1) + (n - w) * w;
    }

} // namespace

std::vector<const WeightMatrix *> tokenMatrices(const Model &model, int64_t layer)
{
    const LayerWeights &weights = model.layer(layer);
    std::vector<const WeightMatrix *> list{&weights.qkv, &weights.output};
    if (weights.mla)
        list.insert(list.end(), {&weights.mla->query, &weights.mla->queryDown, &weights.mla->latentDown, &weights.mla->latentUp});
    addFfn(list, weights.ffn);
    if (weights.moe) {
        const auto active = std::min(weights.moe->experts.size(), static_cast<size_t>(model.config().moe.active));
        for (size_t e = 0; e < active; ++e)
            addFfn(list, weights.moe->experts[e]);
        addFfn(list, weights.moe->shared);
    }
    std::erase_if(list, [](const WeightMatrix *matrix) { return !matrix->defined(); });
    return list;
}

int64_t decodeWeightBytes(const Model &model)
{
    int64_t bytes = model.weights().head.bytes();
    for (int64_t l = 0; l < model.config().layers; ++l) {
        for (const WeightMatrix *matrix : tokenMatrices(model, l))
            bytes += matrix->bytes();
    }
    return bytes;
}

double prefillFlops(const Model &model, int64_t tokens)
{
    const ModelConfig &config = model.config();
    double flops = 2.0 * static_cast<double>(model.weights().head.numel());
    for (int64_t l = 0; l < config.layers; ++l) {
        for (const WeightMatrix *matrix : tokenMatrices(model, l))
            flops += 2.0 * static_cast<double>(matrix->numel()) * static_cast<double>(tokens);
        const int64_t window = config.layerConfigs.empty() ? 0 : config.layer(l).window;
        flops += 2.0 * static_cast<double>(config.heads * (config.headDim + config.valueWidth())) * visiblePairs(tokens, window);
    }
    return flops;
}

double countedSeconds(const Moment &time, const at::Device &device) { return device.is_cpu() ? time.cpu : time.wall; }

Result<MachineFloor> measureFloor(const Model &model, int repeats, const RunContext &context)
{
    const int64_t layers = model.config().layers;
    const at::Device &device = model.device();
    ShapeProducts products(model);
    double flops = 0;
    const double gemm = shortest(repeats, device, context, [&] {
        flops = 0;
        for (int64_t l = 0; l < layers; ++l) {
            for (const WeightMatrix *matrix : tokenMatrices(model, l)) {
                products.run(matrix->rows(), matrix->columns());
                flops += 2.0 * static_cast<double>(ShapeProducts::kRows * matrix->numel());
            }
        }
    });
    if (gemm >= 0 && !device.is_cpu()) {
        const double copying = copySeconds(repeats, device, context);
        if (copying > 0)
            return MachineFloor{flops / gemm, 2 * static_cast<double>(kCopiedBytes) / copying};
    }
    uint64_t mixed = 0;
    const double reading = gemm < 0 || !device.is_cpu() ? -1 : shortest(2 * repeats, device, context, [&] {
        for (int64_t l = 0; l < layers; ++l) {
            for (const WeightMatrix *matrix : tokenMatrices(model, l))
                mixed ^= readMatrix(*matrix);
        }
        mixed ^= readMatrix(model.weights().head);
    });
    if (reading < 0)
        return fail(ErrorCode::Cancelled, "bench cancelled");
    MachineFloor floor{flops / gemm, static_cast<double>(decodeWeightBytes(model)) / reading};
    if (mixed == 0x9e3779b97f4a7c15) // keeps the reads from being left out
        floor.readRate += 1e-9;
    return floor;
}

} // namespace winnow
