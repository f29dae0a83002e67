#pragma once

#include "core/model/families/family.h"

namespace winnow {

// One file each: core/model/families/<name>.cpp.
extern const Family kLlamaFamily;
extern const Family kMistralFamily;
extern const Family kQwen2Family;
extern const Family kQwen3Family;
extern const Family kGemmaFamily;
extern const Family kGemma2Family;
extern const Family kGemma3Family;
extern const Family kPhi3Family;
extern const Family kGptNeoxFamily;
extern const Family kGpt2Family;
extern const Family kOptFamily;
extern const Family kSmolLm3Family;
extern const Family kErnie45Family;
extern const Family kErnie45MoeFamily;
extern const Family kGraniteFamily;
extern const Family kGraniteMoeFamily;
extern const Family kOlmoeFamily;
extern const Family kMixtralFamily;
extern const Family kQwen2MoeFamily;
extern const Family kQwen3MoeFamily;
extern const Family kStarcoder2Family;
extern const Family kStableLmFamily;
extern const Family kDeepseekV2Family;
extern const Family kDeepseekV3Family;

} // namespace winnow
