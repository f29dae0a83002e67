#pragma once

#include "core/base/error.h"
#include "core/methods/plan.h"
#include "core/model/config.h"

#include <cstdint>
#include <functional>
#include <string_view>

namespace winnow {

/// Sizes that turn slots into bytes. b = bytes per element of the cache.
struct CacheShape {
    int64_t layers = 0, heads = 0, kvHeads = 0, headDim = 0;
    int64_t elementBytes = 4;
    int64_t valueDim = 0; // of values; 0 = headDim
    int64_t latentWidth = 0; // of latent attention, r + rope: one row is what all heads of a layer hold of a token; 0 = none

    /// e: K and V of one slot.
    int64_t slotBytes() const { return (headDim + (valueDim > 0 ? valueDim : headDim)) * elementBytes; }
    /// Heads of the cache and bytes of a slot of one, as they are stored: one head of latents, or the KV heads.
    int64_t storedHeads() const { return latentWidth > 0 ? 1 : kvHeads; }
    int64_t storedBytes() const { return latentWidth > 0 ? latentWidth * elementBytes : slotBytes(); }
    /// The same model with keys and values of heads: plans with a small model's attention hold those.
    CacheShape asHeads() const
    {
        CacheShape shape = *this;
        shape.latentWidth = 0;
        return shape;
    }
    /// @param elementBytes 0 = as the model was opened.
    static CacheShape of(const ModelConfig &config, int64_t elementBytes = 0);
};

/// 4 for "f32", 2 for "f16" and "bf16". @error BadInput for another name.
Result<int64_t> elementBytesOf(std::string_view dtype);

/// Bytes of a compressed prompt cache by the kinds of kv-evaluation.md 5, known without running the model: the forecast.
struct CacheBytes {
    double full = 0; // the whole prompt
    double nominal = 0; // announced slots times e
    double stored = 0; // K and V rows, or latents, of the union over each group: what `allocated` should come to
    double keys = 0; // rows of K among the stored ones
    double metadata = 0; // positions, masks, score state, ragged offsets
    double native = 0; // stored + metadata
    double unfolded = 0; // K and V repeated per query head, latents expanded
    double slmCache = 0, slmWeights = 0; // of a small model beside the large one (pair_bytes.h)

    /// (native + slmCache) / full.
    double effectiveRatio() const { return full > 0 ? (native + slmCache) / full : 0; }
};

/// @source kv-evaluation.md 5. @cost one pass over the kept sets.
CacheBytes planBytes(const KvPlan &plan, const CacheShape &shape);

/// Bytes of the same cache after `steps` more tokens: grow adds a slot per set and step, interval is cut back to
/// `budget` every `interval` steps, hold stays.
CacheBytes planBytesAfter(const KvPlan &plan, const CacheShape &shape, int64_t steps);

/// Largest `allocated` of a measured run of T steps: the layer that is being compressed is there in full beside the
/// compressed ones before it, or the cache at its largest while decoding, whichever is more.
double forecastPeakBytes(const KvPlan &plan, const CacheShape &shape, int64_t steps);

/// Badge `nominal only`: the cache takes more than 1.05 times the native bytes.
bool isNominalOnly(double allocatedBytes, double nativeBytes);

/// Largest count whose native bytes do not exceed a number of bytes.
struct EqualBytes {
    int64_t count = 0;
    double native = 0; // of that count
    double remainder = 0; // bytes asked - native
};

/// Equal-bytes mode (kv-evaluation.md 3.9): integer bisection over C in 1..tokens.
///
/// @param native Native bytes of C slots; not decreasing in C. Called about log2(tokens) times.
/// @error BadInput when even C = 1 takes more than `bytes` ("unreachable"), and whatever `native` returns.
Result<EqualBytes> countForBytes(double bytes, int64_t tokens, const std::function<Result<double>(int64_t count)> &native);

} // namespace winnow
