#pragma once

#include "core/model/families/tables.h"

namespace winnow::tables {

/// Biases of LayerNorm, beside kHfNorms and the final norm.
inline constexpr std::array<TensorRule, 3> kHfNormBiases{{
    {"model.norm.bias", Slot::FinalNormBias, kVector},
    {"model.layers.{i}.input_layernorm.bias", Slot::AttnNormBias, kVector},
    {"model.layers.{i}.post_attention_layernorm.bias", Slot::FfnNormBias, kVector},
}};

inline constexpr std::array<TensorRule, 3> kGgufNormBiases{{
    {"output_norm.bias", Slot::FinalNormBias, kVector},
    {"blk.{i}.attn_norm.bias", Slot::AttnNormBias, kVector},
    {"blk.{i}.ffn_norm.bias", Slot::FfnNormBias, kVector},
}};

} // namespace winnow::tables
