#pragma once

#include "core/model/element_type.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace winnow {

enum class NormKind : uint8_t { Rms, Layer };
enum class Activation : uint8_t { Silu, GeluTanh, Gelu, Relu };

/// Norm of queries and keys before RoPE: over each head's D channels, or over all heads at once before the split.
enum class QueryKeyNorm : uint8_t { None, PerHead, FullWidth };

/// Which channels of a head turn together (model-families.md 3.4), Dr rotated channels: Half (j, j + Dr/2); Adjacent (2j, 2j + 1);
/// AdjacentSplit turns adjacent pairs and writes the first of each pair to j, the second to j + Dr/2 (DeepSeek-V3).
enum class RopePairing : uint8_t { Half, Adjacent, AdjacentSplit };

enum class RopeScaling : uint8_t { None, Linear, Llama3, Yarn, LongRope, Factors };

/// One rotation: frequencies and their scaling.
struct RopeConfig {
    double theta = 1e4;
    int64_t dim = 0; // Dr
    RopeScaling scaling = RopeScaling::None;
    double factor = 1;
    double lowFrequency = 1, highFrequency = 4; // Llama3
    double betaFast = 32, betaSlow = 1; // Yarn
    int64_t originalContext = 0; // Llama3, Yarn, LongRope
    double rowScale = 1; // cosines and sines times this (Yarn, LongRope)
    std::vector<float> factors; // f_j [Dr/2]: Factors (tensor rope_freqs.weight), LongRope up to originalContext
    std::vector<float> longFactors; // LongRope beyond it
};

/// What differs between the layers of one decoder.
struct LayerConfig {
    int64_t window = 0; // key s is seen from row t iff s <= t and t - s < window; 0 = all
    int rope = 0; // index into ModelConfig::ropes; -1 = none
    bool experts = false; // MoE instead of the dense feed-forward part
    int64_t ffn = 0; // F of a dense layer
};

enum class RouterScore : uint8_t { Softmax, Sigmoid, SoftmaxOfChosen };

/// How groups of experts are ranked: by their best score, or by the sum of their two best.
enum class ExpertGroups : uint8_t { None, Best, TwoBest };

/// Experts of a MoE layer and the router's order of operations (model-families.md 3.6).
struct MoeConfig {
    int64_t experts = 0; // N; 0 = no MoE layer
    int64_t active = 0; // k
    int64_t expertFfn = 0; // d_e
    int64_t sharedFfn = 0; // d_s, all shared experts together; 0 = none
    bool sharedGate = false; // sigmoid(ws x) * Shared(x)
    RouterScore score = RouterScore::Softmax;
    bool normalise = false; // divide by the sum of the chosen
    double normaliseFloor = 1e-20;
    double scale = 1;
    ExpertGroups groupRanking = ExpertGroups::None;
    int64_t groups = 1, keptGroups = 1;
    bool groupMaskZero = false; // other groups get score 0 instead of -inf (DeepSeek-V2)
};

/// Multi-head latent attention (model-families.md 3.5). Queries and keys have nope + rope channels, the rotated ones last.
struct MlaConfig {
    int64_t latent = 0; // r; 0 = no MLA
    int64_t queryRank = 0; // 0 = queries are not compressed
    int64_t nope = 0, rope = 0, value = 0; // channels of a head
    double latentNormEps = 1e-6; // of kv_a and q_a norms, whatever normEps says
};

/// Sizes and switches of a decoder, read from the file (model-families.md 3.1, 3.2).
struct ModelConfig {
    std::string name; // general.name, or the stem of file or folder
    std::string family; // "llama", "qwen2", ...: Family::id
    std::string storedType; // "Q4_1", "F32": the type most weight bytes have in the file
    int64_t layers = 0; // L
    int64_t heads = 0; // H
    int64_t kvHeads = 0; // Hkv; H for MLA, whose keys and values are those of all heads
    int64_t headDim = 0; // D of queries and keys; MLA: nope + rope
    int64_t valueDim = 0; // of values; D unless MLA. 0 = D
    int64_t hidden = 0; // E
    int64_t ffn = 0; // F of the first dense layer; 0 when all layers have experts
    int64_t vocab = 0; // V
    int64_t contextLength = 0;
    double normEps = 1e-5;
    bool tied = false; // the head is the embedding
    bool qkvBias = false, outputBias = false, ffnBias = false;
    int64_t parameters = 0; // total, the tied matrix counted once
    int64_t vectorNumbers = 0; // of the parameters: vectors, routers and position tables, which are f32 in every type
    int64_t storedBytes = 0; // of weights that stay in file precision, with what has to be f32 beside them; 0 = no file
    int64_t turnedNumbers = 0; // of matrices whose rows the file does not have as they are used: f32 among storedBytes
    int64_t storedEmbeddingBytes = 0; // of storedBytes: an embedding that is not the head as well
    std::vector<std::pair<std::string, int64_t>> storedTypes; // bytes of each type in the file, most first
    ElementType elementType = ElementType::F32; // of products and cache, as the model was opened
    std::vector<std::string> warnings; // what the file leaves open or contradicts, and what was taken: one sentence each

    NormKind norm = NormKind::Rms;
    Activation activation = Activation::Silu;
    bool gatedFfn = true; // down(act(gate f) * up f); else down(act(up f))
    bool parallelResidual = false; // x + attention(norm1 x) + ffn(norm2 x)
    QueryKeyNorm queryKeyNorm = QueryKeyNorm::None;
    double clipQkv = 0; // clamp q, k, v to +-this after the norm (OLMoE); 0 = no
    double queryScale = 1; // queries are multiplied by it right after their projection (OPT)
    double scoreScale = 0; // of q k; 0 = 1/sqrt(D)
    double scoreCap = 0; // cap * tanh(score/cap) before the mask; 0 = none
    double logitCap = 0; // the same on logits
    double embeddingScale = 1, residualScale = 1, logitScale = 1; // logits are multiplied by logitScale
    bool learnedPositions = false;
    int64_t positionOffset = 0; // row of the position table for position 0 (OPT: 2)
    RopePairing ropePairing = RopePairing::Half;
    std::vector<RopeConfig> ropes;
    std::vector<LayerConfig> layerConfigs; // [L]
    MoeConfig moe;
    MlaConfig mla;
    int64_t predictionLayers = 0; // stored behind the last layer and not loaded: they predict further tokens (DeepSeek-V3)

    int64_t groups() const { return heads / kvHeads; } // G
    int64_t valueWidth() const { return valueDim > 0 ? valueDim : headDim; }
    double scale() const; // of q k
    const LayerConfig &layer(int64_t index) const { return layerConfigs[static_cast<size_t>(index)]; }
    /// Parameters one token uses: all but the experts that are not chosen.
    int64_t activeParameters() const;
    /// Bytes of one number of the cache.
    int64_t cacheElementBytes() const { return bytesOf(elementType); }
    /// Cache bytes of one slot of one KV head: K and V (e of kv-evaluation.md 5), as held here.
    int64_t slotBytes(int64_t elementBytes) const { return (headDim + valueWidth()) * elementBytes; }
    int64_t fullCacheBytes(int64_t tokens, int64_t elementBytes) const
    {
        return tokens * layers * kvHeads * slotBytes(elementBytes);
    }
    int64_t fullCacheBytes(int64_t tokens) const { return fullCacheBytes(tokens, cacheElementBytes()); }
    /// What the model's own cache holds of as many tokens: latent attention its latents and shared key parts (model-families.md
    /// 5), anything else the keys and values of all heads. Plans and captures hold heads.
    int64_t ownCacheBytes(int64_t tokens) const
    {
        return mla.latent > 0 ? tokens * layers * (mla.latent + mla.rope) * cacheElementBytes() : fullCacheBytes(tokens);
    }
};

} // namespace winnow
