#pragma once

#include "core/base/error.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Into how many blocks of layers a profile cuts a model.
inline constexpr int kProfileBlocks = 10;

/// The sizes of a decoder that its costs depend on.
struct DecoderSizes {
    int64_t layers = 0; // L
    int64_t heads = 0; // H
    int64_t kvHeads = 0; // Hkv
    int64_t headDim = 0; // D
    int64_t hidden = 0; // E
    int64_t ffn = 0; // width of the gated MLP

    bool operator==(const DecoderSizes &) const = default;
};

/// First and last layer of a block of a profile; empty if last < first.
struct LayerBlock {
    int64_t first = 0;
    int64_t last = -1;
};

/// Change of log-perplexity of each block of layers when only that block is mapped, nats per token.
/// NaN: not measured.
using LayerProfile = std::array<double, kProfileBlocks>;

/// Layers 0..e-1 that are never mapped: e = floor(0.2*L + 0.5).
/// @source arXiv:2507.11953; scaled by relative depth for other models.
int64_t forbiddenLayers(int64_t layers);

/// How many layers a mapping ratio asks for: floor(r*L + 0.5), at most L - e.
/// @param ratio  0..1; outside is clamped.
int64_t mappedLayerCount(int64_t layers, double ratio);

/// The layers of the rule 'published', ascending: from the last one down to L-e, then e, e+1, ... upward.
std::vector<int64_t> publishedLayers(int64_t layers, double ratio);

/// Block k of ten covers floor(k*L/10) .. floor((k+1)*L/10)-1.
LayerBlock profileBlock(int64_t layers, int block);

/// Which block holds a layer, 0 <= layer < layers.
int blockOfLayer(int64_t layers, int64_t layer);

/// The layers of the rule 'profile', ascending. Blocks go by increasing delta (equal ones: the lower block first), each from its
/// last layer backwards; blocks that start below e, and those without a number, are left out. Fewer layers than asked if none is left.
std::vector<int64_t> profileLayers(int64_t layers, double ratio, const LayerProfile &profile);

/// Layers of a list like "6, 7, 22-27", ascending and once each; an empty list is allowed.
/// @error BadInput naming the part that is no layer of 0..layers-1.
Result<std::vector<int64_t>> parseLayerList(std::string_view text, int64_t layers);

/// The shortest such list: "6-7, 22-27".
std::string layerListText(std::span<const int64_t> ascending);

/// Cache bytes of one token: K and V of ordinary layers, V alone of mapped ones.
/// @param elementBytes  Size of one stored number, 2 for fp16.
double cacheBytesPerToken(const DecoderSizes &sizes, int64_t mappedLayers, double elementBytes);

/// Share of the large model's cache that goes when nothing else is counted: nMap / 2L.
double nominalCacheSaving(const DecoderSizes &large, int64_t mappedLayers);

/// Nominal saving less the small model's cache, as a share of the large model's: nMap/2L - cS/cL. Negative: worse than full.
/// @param elementBytesSmall  Size of one stored number in the small model's cache.
double netCacheSaving(const DecoderSizes &large, const DecoderSizes &small, int64_t mappedLayers, double elementBytes,
    double elementBytesSmall);

/// FLOP of one token at context S through all layers; no embedding, no head.
double layerFlop(const DecoderSizes &sizes, int64_t context);

/// FLOP that mapped layers do not do for one token at context S: Wq, Wk, and the scores.
double skippedFlop(const DecoderSizes &large, int64_t mappedLayers, int64_t context);

/// What a mapping saves and what it costs, for one context length.
struct MappingCost {
    double keyBytesSaved = 0; // K of the mapped layers
    double smallCacheBytes = 0;
    double skippedFlop = 0; // of one token
    double addedFlop = 0; // the small model's token

    double netBytes() const { return smallCacheBytes - keyBytesSaved; } // > 0: worse than full
    double netFlop() const { return skippedFlop - addedFlop; } // < 0: worse than full
    bool isNetLoss() const { return netBytes() > 0 || netFlop() < 0; }
};

/// @param smallLayers  How many layers of the small model run (early exit); its `layers` when all do.
MappingCost mappingCost(const DecoderSizes &large, const DecoderSizes &small, int64_t smallLayers, int64_t mappedLayers,
    int64_t context, double elementBytes, double elementBytesSmall);

/// The context from which bytes are saved with the small model's weights counted: weights / (saved - cS per token), rounded up.
/// @return -1 if a token of the small model's cache costs as much as is saved, so never.
int64_t bytesBreakEven(const DecoderSizes &large, const DecoderSizes &small, int64_t mappedLayers, double smallWeightBytes,
    double elementBytes, double elementBytesSmall);

/// The context from which on every token costs less FLOP than in the full model.
/// @return 0 if it does at any context, -1 if there is none (also when only short contexts save).
int64_t flopBreakEven(const DecoderSizes &large, const DecoderSizes &small, int64_t mappedLayers);

} // namespace winnow
