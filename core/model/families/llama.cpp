#include "core/model/families/family.h"

#include <array>

namespace winnow {
namespace {

    constexpr std::array<FamilyTensor, 4> kGlobal{{
        {"token_embd.weight", Slot::Embedding, Extent::Vocab, Extent::Hidden},
        {"output_norm.weight", Slot::FinalNorm, Extent::One, Extent::Hidden},
        {"output.weight", Slot::Head, Extent::Vocab, Extent::Hidden, Presence::Optional}, // absent = tied
        {"rope_freqs.weight", Slot::RopeFactors, Extent::One, Extent::RopePairs, Presence::Optional}, // Llama 3.1 and later
    }};

    constexpr std::array<FamilyTensor, 12> kLayer{{
        {"attn_norm.weight", Slot::AttnNorm, Extent::One, Extent::Hidden},
        {"attn_q.weight", Slot::Query, Extent::QueryWidth, Extent::Hidden},
        {"attn_k.weight", Slot::Key, Extent::KvWidth, Extent::Hidden},
        {"attn_v.weight", Slot::Value, Extent::KvWidth, Extent::Hidden},
        {"attn_q.bias", Slot::QueryBias, Extent::One, Extent::QueryWidth, Presence::Optional},
        {"attn_k.bias", Slot::KeyBias, Extent::One, Extent::KvWidth, Presence::Optional},
        {"attn_v.bias", Slot::ValueBias, Extent::One, Extent::KvWidth, Presence::Optional},
        {"attn_output.weight", Slot::Output, Extent::Hidden, Extent::QueryWidth},
        {"ffn_norm.weight", Slot::FfnNorm, Extent::One, Extent::Hidden},
        {"ffn_gate.weight", Slot::Gate, Extent::Ffn, Extent::Hidden},
        {"ffn_up.weight", Slot::Up, Extent::Ffn, Extent::Hidden},
        {"ffn_down.weight", Slot::Down, Extent::Hidden, Extent::Ffn},
    }};

} // namespace

/// Llama 2 and 3, SmolLM2.
const Family kLlamaFamily{"llama", kGlobal, kLayer, true};

} // namespace winnow
