#pragma once

#include "core/model/config.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace winnow {

/// What a tensor of a file is for. The order matters: see slotPlace.
enum class Slot : uint8_t {
    // once in a model
    Embedding,
    Positions,
    FinalNorm,
    FinalNormBias,
    Head,
    RopeFactors,
    RopeShortFactors,
    RopeLongFactors,
    // in every layer
    AttnNorm,
    AttnNormBias,
    Query,
    Key,
    Value,
    Qkv,
    QueryBias,
    KeyBias,
    ValueBias,
    QkvBias,
    QueryNorm,
    KeyNorm,
    QueryDown,
    QueryDownNorm,
    LatentDown,
    LatentNorm,
    LatentUp,
    LatentUpKeys, // [H, r, nope]
    LatentUpValues, // [H, value, r]
    Output,
    OutputBias,
    PostAttnNorm,
    FfnNorm,
    FfnNormBias,
    PostFfnNorm,
    // in dense layers
    Gate,
    Up,
    GateUp,
    Down,
    GateBias,
    UpBias,
    DownBias,
    // in layers with experts
    Router,
    SelectionBias,
    ExpertGate,
    ExpertUp,
    ExpertGateUp,
    ExpertDown,
    SharedGate,
    SharedUp,
    SharedDown,
    SharedSwitch,
};

/// Where a slot occurs.
enum class SlotPlace : uint8_t { Model, Layer, DenseLayer, ExpertLayer };

constexpr SlotPlace slotPlace(Slot slot)
{
    if (slot < Slot::AttnNorm)
        return SlotPlace::Model;
    if (slot < Slot::Gate)
        return SlotPlace::Layer;
    return slot < Slot::Router ? SlotPlace::DenseLayer : SlotPlace::ExpertLayer;
}

/// A size of the configuration, as it stands in the table of a family.
enum class Extent : uint8_t {
    None,
    Vocab,
    Hidden,
    Positions, // rows of a position table
    RopePairs,
    Heads,
    HeadDim,
    QueryWidth, // H * D
    KvWidth, // Hkv * D
    QkvWidth, // (H + 2 Hkv) * D
    OutputWidth, // H * width of values
    Ffn,
    TwiceFfn,
    Experts,
    ExpertFfn,
    TwiceExpertFfn,
    SharedFfn,
    Latent, // r
    LatentRope, // r + rope
    LatentUpWidth, // H * (nope + value)
    Nope,
    ValueDim,
    QueryRank,
};

/// Extents of a tensor, slowest first; unused ones are None.
using TensorShape = std::array<Extent, 3>;

/// When a tensor must be there. A tensor that must not be there is reported as unknown.
enum class When : uint8_t {
    Always,
    Optional,
    Untied, // the head; of a tied model it may be there and is not read
    QkvBias,
    OutputBias,
    FfnBias,
    QueryRank,
    NoQueryRank,
    Shared,
    SharedSwitch,
};

/// How the stored numbers become those that the decoder uses.
enum class Transform : uint8_t {
    AsIs,
    Transposed, // stored [in, out]
    OnePlus, // w means 1 + w
    PermutedHeads, // rows of each head stored 0, D/2, 1, D/2 + 1, ...
    HeadMajor, // rows of each head stored q, k, v, head after head
};

/// One of several ways to store the same weights: rules of one set with different choices exclude each other. In each layer
/// the first choice that the file has a tensor of counts, else choice 0. Set 0: no alternatives.
struct Alternative {
    uint8_t set = 0;
    uint8_t choice = 0;
};

/// One tensor of a family. In `name`, {i} stands for the layer and {e} for the expert (then `shape` is that of one).
struct TensorRule {
    std::string_view name;
    Slot slot;
    TensorShape shape;
    When when = When::Always;
    Transform transform = Transform::AsIs;
    Alternative alternative = {};
};

/// @param layer  Whose sizes; ignored for what all layers share.
int64_t extent(Extent what, const ModelConfig &config, int64_t layer);

/// Whether the configuration asks for the tensor.
bool isWanted(When when, const ModelConfig &config);

/// Whether the slot occurs in that layer.
bool occursIn(Slot slot, const LayerConfig &layer);

} // namespace winnow
