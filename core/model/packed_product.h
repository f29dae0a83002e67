#pragma once

#include "core/model/packed_kernels.h"
#include "core/model/weight_matrix.h"

#include <ATen/core/Tensor.h>

namespace winnow::packed {

/// Whether the packed kernels take a product: f32 on the CPU, rows of the target one float after the other.
bool takes(const at::Tensor &x, const WeightMatrix &weight, const at::Tensor &target);

/// target [n, rows] (+)= x [n, columns] times the transposed matrix.
/// @cost Packing the inputs, once each, and dequantising the weights, once for up to 528 inputs: together 2 % of 256 inputs.
void packedProduct(const at::Tensor &x, const WeightMatrix &weight, at::Tensor &target, Into into);

} // namespace winnow::packed
