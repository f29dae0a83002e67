#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/families/tensor_plan.h"
#include "core/model/weights.h"

#include <memory>

namespace winnow {

/// Reads the planned tensors of a source; vectors, routers and position tables are f32 either way.
///
/// @param owner  Keeps the bytes of stored rows alive.
/// @error Cancelled (polled per block of rows); what dequantiseRows reports.
/// @cost  Dense: one pass over the file, writes 4 bytes a weight once, in one buffer in the order a pass reads them. Uses
///        LibTorch's threads. Stored: only the vectors are read.
Result<Weights> loadWeights(const std::shared_ptr<const TensorSource> &owner, const TensorPlan &plan, const ModelConfig &config,
    Residency residency, const RunContext &context);

/// Bytes that loadWeights makes a model hold: f32 in memory, and rows of the file.
int64_t heldWeightBytes(const TensorPlan &plan, const ModelConfig &config, Residency residency);

/// Copy on another device; the same object on the CPU.
/// @error Unsupported for weights that stay in file precision.
Result<Weights> weightsOn(const at::Device &device, const Weights &weights);

} // namespace winnow
