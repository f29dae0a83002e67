#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/model/families/tensor_plan.h"
#include "core/model/weights.h"

#include <memory>

namespace winnow {

/// Where and in what form weights are held.
struct Placement {
    Residency residency = Residency::Dense;
    ElementType elements = ElementType::F32; // of dense matrices and of the inputs of all products
    at::Device device{c10::DeviceType::CPU};
};

/// Reads the planned tensors of a source; vectors, routers and position tables are f32 either way.
///
/// @param owner  Keeps the bytes of stored rows alive.
/// @error Cancelled (polled per block of rows); what dequantiseRows reports.
/// @cost  Dense: one pass over the file, writes each weight once; on the CPU into one buffer in the order a pass reads them, for
///        a GPU matrix by matrix, so that main memory holds one at a time. Uses LibTorch's threads. Stored: only the vectors
///        are read, and for a GPU the bytes that go there.
Result<Weights> loadWeights(const std::shared_ptr<const TensorSource> &owner, const TensorPlan &plan, const ModelConfig &config,
    const Placement &placement, const RunContext &context);

/// Fills in what the configuration says of bytes that weights take: storedBytes, turnedNumbers, vectorNumbers.
void countHeldWeights(const TensorPlan &plan, ModelConfig &config);

/// Most bytes of main memory that one matrix takes on its way to a GPU.
int64_t stagingBytes(const ModelConfig &config, ElementType elements);

/// Copy for another device, element type or both: f32 matrices become the type, stored rows stay what they are.
Result<Weights> weightsOn(const at::Device &device, const Weights &weights, ElementType elements = ElementType::F32);

} // namespace winnow
