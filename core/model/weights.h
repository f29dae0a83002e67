#pragma once

#include "core/model/config.h"
#include "core/model/weight_matrix.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace winnow {

// Vectors are f32 on the model's device; an undefined tensor or matrix means that the family has none. Norm weights hold what
// multiplies: 1 + w of families that store w.

/// Where the matrices of a model live.
enum class Residency : uint8_t {
    Dense, // in memory, in the type of the products: f32, bf16 or f16
    Stored, // rows of the mapped file or a copy on a GPU, dequantised where they are used; matrices whose rows cannot be used as
            // they stand are dense
};

struct NormWeights {
    at::Tensor weight; // [E]
    at::Tensor bias; // [E], LayerNorm only
};

struct FfnWeights {
    WeightMatrix gateUp; // [2 F, E], gate rows first; [F, E] when not gated
    at::Tensor gateUpBias;
    WeightMatrix down; // [E, F]
    at::Tensor downBias; // [E]
    bool defined() const { return gateUp.defined(); }
};

struct MoeWeights {
    at::Tensor router; // [N, E]
    at::Tensor selectionBias; // [N], ranks only
    std::vector<FfnWeights> experts; // [N]
    FfnWeights shared;
    at::Tensor sharedGate; // [E]
};

struct MlaWeights {
    WeightMatrix query; // [H * (nope + rope), E], or of the compressed queries [.., queryRank]
    WeightMatrix queryDown; // [queryRank, E]
    at::Tensor queryNorm; // [queryRank]
    WeightMatrix latentDown; // [r + rope, E]
    at::Tensor latentNorm; // [r]
    WeightMatrix latentUp; // [H * (nope + value), r], per head: nope rows, then value rows
};

/// Weights of one decoder layer. Matrices are [out, in]; projections that read the same input are one matrix.
struct LayerWeights {
    NormWeights attnNorm;
    WeightMatrix qkv; // [(H + 2 Hkv) * D, E], rows of q, then k, then v
    at::Tensor qkvBias; // [(H + 2 Hkv) * D]
    at::Tensor queryNorm, keyNorm; // [D], or [H * D] and [Hkv * D]
    std::optional<MlaWeights> mla; // instead of qkv
    WeightMatrix output; // [E, H * value width]
    at::Tensor outputBias; // [E]
    NormWeights postAttnNorm; // of the attention output, before it is added
    NormWeights ffnNorm;
    FfnWeights ffn; // dense layers
    std::optional<MoeWeights> moe;
    NormWeights postFfnNorm;
};

struct Weights {
    WeightMatrix embedding; // [V, E]
    at::Tensor positions; // [rows, E], learned positions
    NormWeights finalNorm;
    WeightMatrix head; // [V, E]; the embedding itself when tied
    std::vector<LayerWeights> layers;

    int64_t bytes() const; // of all of the above, each storage once

    /// Calls onTensor(at::Tensor &) and onMatrix(WeightMatrix &) for each, undefined ones too, in the order of a pass. A tied
    /// head comes as a matrix of its own.
    template <typename OnTensor, typename OnMatrix>
    void forEach(OnTensor onTensor, OnMatrix onMatrix)
    {
        const auto norm = [&](NormWeights &weights) {
            onTensor(weights.weight);
            onTensor(weights.bias);
        };
        const auto ffn = [&](FfnWeights &weights) {
            onMatrix(weights.gateUp);
            onTensor(weights.gateUpBias);
            onMatrix(weights.down);
            onTensor(weights.downBias);
        };
        onMatrix(embedding);
        onTensor(positions);
        for (LayerWeights &layer : layers) {
            norm(layer.attnNorm);
            onMatrix(layer.qkv);
            for (at::Tensor *tensor : {&layer.qkvBias, &layer.queryNorm, &layer.keyNorm})
                onTensor(*tensor);
            if (layer.mla) {
                for (WeightMatrix *matrix : {&layer.mla->query, &layer.mla->queryDown, &layer.mla->latentDown, &layer.mla->latentUp})
                    onMatrix(*matrix);
                onTensor(layer.mla->queryNorm);
                onTensor(layer.mla->latentNorm);
            }
            onMatrix(layer.output);
            onTensor(layer.outputBias);
            norm(layer.postAttnNorm);
            norm(layer.ffnNorm);
            ffn(layer.ffn);
            if (layer.moe) {
                onTensor(layer.moe->router);
                onTensor(layer.moe->selectionBias);
                for (FfnWeights &expert : layer.moe->experts)
                    ffn(expert);
                ffn(layer.moe->shared);
                onTensor(layer.moe->sharedGate);
            }
            norm(layer.postFfnNorm);
        }
        norm(finalNorm);
        onMatrix(head);
    }
};

/// Row of a head in the original order for stored row r: even rows are the first half (model-families.md 3.4).
inline int64_t originalRow(int64_t stored, int64_t headDim)
{
    return stored % 2 == 0 ? stored / 2 : headDim / 2 + stored / 2;
}

} // namespace winnow
