#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/weights.h"

namespace winnow {

class GgufFile; // core/model/gguf_file.h
struct Family; // core/model/families/family.h

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

} // namespace winnow
