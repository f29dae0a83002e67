#include "core/eval/bench_floor.h"

#include "core/eval/bench_clock.h"
#include "core/model/cpu_kernels.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
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

        void run(int64_t rows, int64_t columns)
        {
            Shape &shape = m_shapes[{rows, columns}];
            if (!shape.weights.defined())
                shape = {at::rand({rows, columns}), at::rand({kRows, columns}), at::empty({kRows, rows})};
            at::mm_out(shape.result, shape.input, shape.weights.t());
        }

    private:
        struct Shape {
            at::Tensor weights, input, result;
        };
        std::map<std::pair<int64_t, int64_t>, Shape> m_shapes;
    };

    /// Shortest CPU time of some runs; negative when cancelled.
    template <typename Run>
    double shortest(int repeats, const RunContext &context, Run run)
    {
        double best = 1e300;
        for (int i = 0; i < repeats; ++i) {
            if (context.cancelled())
                return -1;
            const Moment start = Moment::now();
            run();
            best = std::min(best, (Moment::now() - start).cpu);
        }
        return best;
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

Result<MachineFloor> measureFloor(const Model &model, int repeats, const RunContext &context)
{
    const int64_t layers = model.config().layers;
    ShapeProducts products;
    double flops = 0;
    const double gemm = shortest(repeats, context, [&] {
        flops = 0;
        for (int64_t l = 0; l < layers; ++l) {
            for (const WeightMatrix *matrix : tokenMatrices(model, l)) {
                products.run(matrix->rows(), matrix->columns());
                flops += 2.0 * static_cast<double>(ShapeProducts::kRows * matrix->numel());
            }
        }
    });
    uint64_t mixed = 0;
    const double reading = gemm < 0 ? -1 : shortest(2 * repeats, context, [&] {
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
