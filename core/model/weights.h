#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace winnow {

/// Weights of one decoder layer, f32. Matrices are [out, in]; projections that read the same input are one matrix.
struct LayerWeights {
    at::Tensor attnNorm; // [E]
    at::Tensor qkv; // [(H + 2 Hkv) * D, E], rows of q, then k, then v
    at::Tensor qkvBias; // [(H + 2 Hkv) * D], undefined when the family has none
    at::Tensor output; // [E, H * D]
    at::Tensor ffnNorm; // [E]
    at::Tensor gateUp; // [2 F, E], gate rows first
    at::Tensor down; // [E, F]
};

/// All weights of a decoder. All tensors are slices of few large buffers.
struct Weights {
    at::Tensor embedding; // [V, E]
    at::Tensor finalNorm; // [E]
    at::Tensor head; // [V, E]; the embedding itself when tied
    std::vector<LayerWeights> layers;

    int64_t bytes() const; // each storage once
};

} // namespace winnow
