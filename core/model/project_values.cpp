#include "core/model/project_values.h"

#include "core/model/mla.h"

#include <ATen/core/Tensor.h>

namespace winnow {

at::Tensor projectValues(const Model &model, int64_t layer, const at::Tensor &normed)
{
    const LayerWeights &weights = model.layer(layer);
    const ModelConfig &config = model.config();
    if (weights.mla)
        return mlaProjections(config, *weights.mla, normed).v;
    const int64_t first = (config.heads + config.kvHeads) * config.headDim;
    at::Tensor values = multiply(normed, weights.qkv.rowsFrom(first));
    if (weights.qkvBias.defined())
        values.add_(weights.qkvBias.narrow(0, first, values.size(1)));
    if (config.clipQkv > 0)
        values.clamp_(-config.clipQkv, config.clipQkv);
    return values.view({normed.size(0), config.kvHeads, config.valueWidth()});
}

} // namespace winnow
