#pragma once

#include "core/model/families/tensor_rule.h"

#include <array>

namespace winnow::tables {

// Pieces of tensor tables that many families share (model-families.md 3.8, 3.9). A family whose norms, fused rows or
// names differ has rules of its own.

using enum Extent;

inline constexpr TensorShape kVector{Hidden};

// ---- Hugging Face

inline constexpr std::array<TensorRule, 3> kHfEnds{{
    {"model.embed_tokens.weight", Slot::Embedding, {Vocab, Hidden}},
    {"model.norm.weight", Slot::FinalNorm, kVector},
    {"lm_head.weight", Slot::Head, {Vocab, Hidden}, When::Untied},
}};

inline constexpr std::array<TensorRule, 2> kHfNorms{{
    {"model.layers.{i}.input_layernorm.weight", Slot::AttnNorm, kVector},
    {"model.layers.{i}.post_attention_layernorm.weight", Slot::FfnNorm, kVector},
}};

inline constexpr std::array<TensorRule, 8> kHfAttention{{
    {"model.layers.{i}.self_attn.q_proj.weight", Slot::Query, {QueryWidth, Hidden}},
    {"model.layers.{i}.self_attn.k_proj.weight", Slot::Key, {KvWidth, Hidden}},
    {"model.layers.{i}.self_attn.v_proj.weight", Slot::Value, {KvWidth, Hidden}},
    {"model.layers.{i}.self_attn.o_proj.weight", Slot::Output, {Hidden, QueryWidth}},
    {"model.layers.{i}.self_attn.q_proj.bias", Slot::QueryBias, {QueryWidth}, When::QkvBias},
    {"model.layers.{i}.self_attn.k_proj.bias", Slot::KeyBias, {KvWidth}, When::QkvBias},
    {"model.layers.{i}.self_attn.v_proj.bias", Slot::ValueBias, {KvWidth}, When::QkvBias},
    {"model.layers.{i}.self_attn.o_proj.bias", Slot::OutputBias, kVector, When::OutputBias},
}};

inline constexpr std::array<TensorRule, 2> kHfHeadNorms{{
    {"model.layers.{i}.self_attn.q_norm.weight", Slot::QueryNorm, {HeadDim}},
    {"model.layers.{i}.self_attn.k_norm.weight", Slot::KeyNorm, {HeadDim}},
}};

inline constexpr std::array<TensorRule, 6> kHfFfn{{
    {"model.layers.{i}.mlp.gate_proj.weight", Slot::Gate, {Ffn, Hidden}},
    {"model.layers.{i}.mlp.up_proj.weight", Slot::Up, {Ffn, Hidden}},
    {"model.layers.{i}.mlp.down_proj.weight", Slot::Down, {Hidden, Ffn}},
    {"model.layers.{i}.mlp.gate_proj.bias", Slot::GateBias, {Ffn}, When::FfnBias},
    {"model.layers.{i}.mlp.up_proj.bias", Slot::UpBias, {Ffn}, When::FfnBias},
    {"model.layers.{i}.mlp.down_proj.bias", Slot::DownBias, kVector, When::FfnBias},
}};

/// Experts by name, or all of a layer in one tensor as newer files have them.
inline constexpr std::array<TensorRule, 6> kHfExperts{{
    {"model.layers.{i}.mlp.gate.weight", Slot::Router, {Experts, Hidden}},
    {"model.layers.{i}.mlp.experts.{e}.gate_proj.weight", Slot::ExpertGate, {ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 0}},
    {"model.layers.{i}.mlp.experts.{e}.up_proj.weight", Slot::ExpertUp, {ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 0}},
    {"model.layers.{i}.mlp.experts.{e}.down_proj.weight", Slot::ExpertDown, {Hidden, ExpertFfn}, When::Always, Transform::AsIs, {1, 0}},
    {"model.layers.{i}.mlp.experts.gate_up_proj", Slot::ExpertGateUp, {Experts, TwiceExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 1}},
    {"model.layers.{i}.mlp.experts.down_proj", Slot::ExpertDown, {Experts, Hidden, ExpertFfn}, When::Always, Transform::AsIs, {1, 1}},
}};

/// Shared experts of DeepSeek and ERNIE: one feed-forward part of their width together.
inline constexpr std::array<TensorRule, 3> kHfSharedExperts{{
    {"model.layers.{i}.mlp.shared_experts.gate_proj.weight", Slot::SharedGate, {SharedFfn, Hidden}, When::Shared},
    {"model.layers.{i}.mlp.shared_experts.up_proj.weight", Slot::SharedUp, {SharedFfn, Hidden}, When::Shared},
    {"model.layers.{i}.mlp.shared_experts.down_proj.weight", Slot::SharedDown, {Hidden, SharedFfn}, When::Shared},
}};

/// Multi-head latent attention, with or without compressed queries.
inline constexpr std::array<TensorRule, 8> kHfLatentAttention{{
    {"model.layers.{i}.self_attn.q_proj.weight", Slot::Query, {QueryWidth, Hidden}, When::NoQueryRank},
    {"model.layers.{i}.self_attn.q_a_proj.weight", Slot::QueryDown, {QueryRank, Hidden}, When::QueryRank},
    {"model.layers.{i}.self_attn.q_a_layernorm.weight", Slot::QueryDownNorm, {QueryRank}, When::QueryRank},
    {"model.layers.{i}.self_attn.q_b_proj.weight", Slot::Query, {QueryWidth, QueryRank}, When::QueryRank},
    {"model.layers.{i}.self_attn.kv_a_proj_with_mqa.weight", Slot::LatentDown, {LatentRope, Hidden}},
    {"model.layers.{i}.self_attn.kv_a_layernorm.weight", Slot::LatentNorm, {Latent}},
    {"model.layers.{i}.self_attn.kv_b_proj.weight", Slot::LatentUp, {LatentUpWidth, Latent}},
    {"model.layers.{i}.self_attn.o_proj.weight", Slot::Output, {Hidden, OutputWidth}},
}};

/// Buffers that early releases stored.
inline constexpr std::array<std::string_view, 1> kHfBuffers{".rotary_emb.inv_freq"};

// ---- GGUF

inline constexpr std::array<TensorRule, 3> kGgufEnds{{
    {"token_embd.weight", Slot::Embedding, {Vocab, Hidden}},
    {"output_norm.weight", Slot::FinalNorm, kVector},
    {"output.weight", Slot::Head, {Vocab, Hidden}, When::Untied}, // absent = tied
}};

/// Llama 3.1 and later.
inline constexpr std::array<TensorRule, 1> kGgufRopeFactors{{
    {"rope_freqs.weight", Slot::RopeFactors, {RopePairs}, When::Optional},
}};

inline constexpr std::array<TensorRule, 2> kGgufNorms{{
    {"blk.{i}.attn_norm.weight", Slot::AttnNorm, kVector},
    {"blk.{i}.ffn_norm.weight", Slot::FfnNorm, kVector},
}};

inline constexpr std::array<TensorRule, 8> kGgufAttention{{
    {"blk.{i}.attn_q.weight", Slot::Query, {QueryWidth, Hidden}},
    {"blk.{i}.attn_k.weight", Slot::Key, {KvWidth, Hidden}},
    {"blk.{i}.attn_v.weight", Slot::Value, {KvWidth, Hidden}},
    {"blk.{i}.attn_output.weight", Slot::Output, {Hidden, QueryWidth}},
    {"blk.{i}.attn_q.bias", Slot::QueryBias, {QueryWidth}, When::QkvBias},
    {"blk.{i}.attn_k.bias", Slot::KeyBias, {KvWidth}, When::QkvBias},
    {"blk.{i}.attn_v.bias", Slot::ValueBias, {KvWidth}, When::QkvBias},
    {"blk.{i}.attn_output.bias", Slot::OutputBias, kVector, When::OutputBias},
}};

/// Families of the Llama kind: rows of queries and keys are permuted.
inline constexpr std::array<TensorRule, 8> kGgufPermutedAttention{{
    {"blk.{i}.attn_q.weight", Slot::Query, {QueryWidth, Hidden}, When::Always, Transform::PermutedHeads},
    {"blk.{i}.attn_k.weight", Slot::Key, {KvWidth, Hidden}, When::Always, Transform::PermutedHeads},
    {"blk.{i}.attn_v.weight", Slot::Value, {KvWidth, Hidden}},
    {"blk.{i}.attn_output.weight", Slot::Output, {Hidden, QueryWidth}},
    {"blk.{i}.attn_q.bias", Slot::QueryBias, {QueryWidth}, When::QkvBias, Transform::PermutedHeads},
    {"blk.{i}.attn_k.bias", Slot::KeyBias, {KvWidth}, When::QkvBias, Transform::PermutedHeads},
    {"blk.{i}.attn_v.bias", Slot::ValueBias, {KvWidth}, When::QkvBias},
    {"blk.{i}.attn_output.bias", Slot::OutputBias, kVector, When::OutputBias},
}};

inline constexpr std::array<TensorRule, 2> kGgufHeadNorms{{
    {"blk.{i}.attn_q_norm.weight", Slot::QueryNorm, {HeadDim}},
    {"blk.{i}.attn_k_norm.weight", Slot::KeyNorm, {HeadDim}},
}};

inline constexpr std::array<TensorRule, 6> kGgufFfn{{
    {"blk.{i}.ffn_gate.weight", Slot::Gate, {Ffn, Hidden}},
    {"blk.{i}.ffn_up.weight", Slot::Up, {Ffn, Hidden}},
    {"blk.{i}.ffn_down.weight", Slot::Down, {Hidden, Ffn}},
    {"blk.{i}.ffn_gate.bias", Slot::GateBias, {Ffn}, When::FfnBias},
    {"blk.{i}.ffn_up.bias", Slot::UpBias, {Ffn}, When::FfnBias},
    {"blk.{i}.ffn_down.bias", Slot::DownBias, kVector, When::FfnBias},
}};

/// Experts of a layer in one tensor each, gate and up in one, or (old Mixtral files) every expert by name.
inline constexpr std::array<TensorRule, 8> kGgufExperts{{
    {"blk.{i}.ffn_gate_inp.weight", Slot::Router, {Experts, Hidden}},
    {"blk.{i}.ffn_gate_exps.weight", Slot::ExpertGate, {Experts, ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 0}},
    {"blk.{i}.ffn_up_exps.weight", Slot::ExpertUp, {Experts, ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 0}},
    {"blk.{i}.ffn_gate_up_exps.weight", Slot::ExpertGateUp, {Experts, TwiceExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 1}},
    {"blk.{i}.ffn_gate.{e}.weight", Slot::ExpertGate, {ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 2}},
    {"blk.{i}.ffn_up.{e}.weight", Slot::ExpertUp, {ExpertFfn, Hidden}, When::Always, Transform::AsIs, {1, 2}},
    {"blk.{i}.ffn_down_exps.weight", Slot::ExpertDown, {Experts, Hidden, ExpertFfn}, When::Always, Transform::AsIs, {2, 0}},
    {"blk.{i}.ffn_down.{e}.weight", Slot::ExpertDown, {Hidden, ExpertFfn}, When::Always, Transform::AsIs, {2, 1}},
}};

inline constexpr std::array<TensorRule, 1> kGgufSelectionBias{{
    {"blk.{i}.exp_probs_b.bias", Slot::SelectionBias, {Experts}, When::Optional},
}};

inline constexpr std::array<TensorRule, 4> kGgufSharedExperts{{
    {"blk.{i}.ffn_gate_shexp.weight", Slot::SharedGate, {SharedFfn, Hidden}, When::Shared},
    {"blk.{i}.ffn_up_shexp.weight", Slot::SharedUp, {SharedFfn, Hidden}, When::Shared},
    {"blk.{i}.ffn_down_shexp.weight", Slot::SharedDown, {Hidden, SharedFfn}, When::Shared},
    {"blk.{i}.ffn_gate_inp_shexp.weight", Slot::SharedSwitch, kVector, When::SharedSwitch},
}};

} // namespace winnow::tables
