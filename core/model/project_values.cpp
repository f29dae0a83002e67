#include "core/model/project_values.h"

#include "core/model/mla.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace winnow {

WeightMatrix rowsFrom(const WeightMatrix &matrix, int64_t first)
{
    if (matrix.isDense())
        return WeightMatrix(matrix.dense().narrow(0, first, matrix.rows() - first));
    std::vector<StoredRows> rest;
    for (StoredRows part : matrix.parts()) {
        const int64_t cut = std::min(first, part.rows);
        first -= cut;
        if (cut == part.rows)
            continue;
        part.bytes = part.bytes.subspan(part.bytes.size() / static_cast<size_t>(part.rows) * static_cast<size_t>(cut));
        part.rows -= cut;
        rest.push_back(part);
    }
    // A copy of the handle keeps the bytes alive. The rows are those of a matrix that was accepted.
    return *WeightMatrix::stored(std::move(rest), matrix.columns(), std::make_shared<const WeightMatrix>(matrix));
}

at::Tensor projectValues(const Model &model, int64_t layer, const at::Tensor &normed)
{
    const LayerWeights &weights = model.layer(layer);
    const ModelConfig &config = model.config();
    if (weights.mla)
        return mlaProjections(config, *weights.mla, normed).v;
    const int64_t first = (config.heads + config.kvHeads) * config.headDim;
    at::Tensor values = multiply(normed, rowsFrom(weights.qkv, first));
    if (weights.qkvBias.defined())
        values.add_(weights.qkvBias.narrow(0, first, values.size(1)));
    if (config.clipQkv > 0)
        values.clamp_(-config.clipQkv, config.clipQkv);
    return values.view({normed.size(0), config.kvHeads, config.valueWidth()});
}

} // namespace winnow
