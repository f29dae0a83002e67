#pragma once

#include "core/base/error.h"
#include "core/base/run_context.h"
#include "core/eval/bench_clock.h"
#include "core/model/model.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// The matrices one token is multiplied with in a layer; of experts as many as a token uses.
std::vector<const WeightMatrix *> tokenMatrices(const Model &model, int64_t layer);

/// Bytes of weights that one decoding step reads: every matrix of every layer and the head, as they are held.
int64_t decodeWeightBytes(const Model &model);

/// Floating-point operations of a prefill that asks for the last row's logits. Multiply-adds count twice, causal attention
/// counts the visible pairs only.
double prefillFlops(const Model &model, int64_t tokens);

/// The seconds that count: of the CPU, or of the clock on the wall where a GPU does the work.
double countedSeconds(const Moment &time, const at::Device &device);

/// What the machine can do at best with this model's shapes and bytes.
struct MachineFloor {
    double gemmRate = 0; // flop/s of plain f32 products of 512 rows with dense matrices of the model's shapes
    double readRate = 0; // byte/s over the weights that a decoding step reads, where they are held; on a GPU of a large copy
};

/// @error Cancelled.
/// @cost  `repeats` passes of 512 rows and twice as many over the weights.
Result<MachineFloor> measureFloor(const Model &model, int repeats, const RunContext &context);

} // namespace winnow
