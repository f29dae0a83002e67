#include "core/model/config.h"

#include <cmath>

namespace winnow {

double ModelConfig::scale() const { return scoreScale > 0 ? scoreScale : 1.0 / std::sqrt(static_cast<double>(headDim)); }

int64_t ModelConfig::activeParameters() const
{
    int64_t idle = 0;
    for (const LayerConfig &layer : layerConfigs) {
        if (layer.experts)
            idle += (moe.experts - moe.active) * 3 * moe.expertFfn * hidden;
    }
    return parameters - idle;
}

} // namespace winnow
