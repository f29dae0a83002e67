#pragma once

#include "core/model/config.h"

namespace winnow {

class GgufKeys;
class HfKeys;
struct HfDefaults;

/// What DeepSeek V2 and V3 share (deepseek_v2.cpp): sizes of latent attention, score scale, dense and expert layers.
void readHfDeepseek(HfKeys &keys, ModelConfig &config, const HfDefaults &defaults, int64_t denseLayers);

} // namespace winnow
