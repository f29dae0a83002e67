#pragma once

#include "core/model/config.h"

namespace winnow {

class GgufKeys;
class HfKeys;

/// The multipliers of embeddings, branches, scores and logits that the Granite families share (granite.cpp).
void readHfGraniteScales(HfKeys &keys, ModelConfig &config);
void readGgufGraniteScales(GgufKeys &keys, ModelConfig &config);

} // namespace winnow
