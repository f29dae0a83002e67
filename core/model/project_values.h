#pragma once

#include "core/model/model.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace winnow {

/// Values of a layer alone, equal to those of projectQkv: for layers whose attention weights come from elsewhere. The
/// rows of queries and keys are not multiplied, but for latent attention, where one latent makes keys and values.
/// @param normed [rows, E] = attentionInput(x). @return [rows, Hkv, Dv]
at::Tensor projectValues(const Model &model, int64_t layer, const at::Tensor &normed);

} // namespace winnow
