#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace winnow {

/// -ln p of one token a row. Logits of a GPU stay there, and nothing is waited for.
///
/// @param logits [rows, V] f32. @param next [rows] the token whose probability is asked.
/// @return       [rows] f64 in nats, where the logits are.
at::Tensor tokenInformation(const at::Tensor &logits, std::span<const int32_t> next);

/// What `tokenInformation` does where the logits are not on the CPU: the same sums as at:: operators.
at::Tensor tokenInformationOperators(const at::Tensor &logits, std::span<const int32_t> next);

} // namespace winnow
