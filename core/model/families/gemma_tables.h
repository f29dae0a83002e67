#pragma once

#include "core/model/families/tables.h"

namespace winnow::tables {

/// Gemma 2 and 3: norms before and after both branches, all of them 1 + w (model-families.md 3.9).
inline constexpr std::array<TensorRule, 7> kHfGemmaNorms{{
    {"model.embed_tokens.weight", Slot::Embedding, {Vocab, Hidden}},
    {"model.norm.weight", Slot::FinalNorm, kVector, When::Always, Transform::OnePlus},
    {"lm_head.weight", Slot::Head, {Vocab, Hidden}, When::Untied},
    {"model.layers.{i}.input_layernorm.weight", Slot::AttnNorm, kVector, When::Always, Transform::OnePlus},
    {"model.layers.{i}.post_attention_layernorm.weight", Slot::PostAttnNorm, kVector, When::Always, Transform::OnePlus},
    {"model.layers.{i}.pre_feedforward_layernorm.weight", Slot::FfnNorm, kVector, When::Always, Transform::OnePlus},
    {"model.layers.{i}.post_feedforward_layernorm.weight", Slot::PostFfnNorm, kVector, When::Always, Transform::OnePlus},
}};

/// The same in GGUF, which holds 1 + w.
inline constexpr std::array<TensorRule, 4> kGgufGemmaNorms{{
    {"blk.{i}.attn_norm.weight", Slot::AttnNorm, kVector},
    {"blk.{i}.post_attention_norm.weight", Slot::PostAttnNorm, kVector},
    {"blk.{i}.ffn_norm.weight", Slot::FfnNorm, kVector},
    {"blk.{i}.post_ffw_norm.weight", Slot::PostFfnNorm, kVector},
}};

} // namespace winnow::tables
