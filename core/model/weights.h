#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/config.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace winnow {

class GgufFile; // core/model/gguf_file.h
struct Family; // core/model/families/family.h

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

/// All weights of a decoder: slices of one buffer.
struct Weights {
    at::Tensor embedding; // [V, E]
    at::Tensor finalNorm; // [E]
    at::Tensor head; // [V, E]; the embedding itself when tied
    std::vector<LayerWeights> layers;

    int64_t bytes() const; // each storage once
};

/// Tensors of the right shapes over one uninitialised buffer, in the order a pass reads them.
/// @cost Address space only; pages come when they are written.
Weights allocateWeights(const ModelConfig &config);

/// Dequantises a checked file (checkTensors) into a new buffer, rows of Q and K in their original order.
/// @error Cancelled (polled per block of rows); what dequantiseRows reports.
/// @cost  One pass over the file; writes 4 bytes a weight once. Uses LibTorch's threads.
Result<Weights> loadWeights(
    const GgufFile &file, const Family &family, const ModelConfig &config, const RunContext &context);

/// Copy on another device; the same object on the CPU.
Weights weightsOn(const at::Device &device, const Weights &weights, const ModelConfig &config);

/// Row of a head in the original order for stored row r: even rows are the first half (model-families.md 3.4).
inline int64_t originalRow(int64_t stored, int64_t headDim)
{
    return stored % 2 == 0 ? stored / 2 : headDim / 2 + stored / 2;
}

} // namespace winnow
