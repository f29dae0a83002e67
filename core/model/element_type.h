#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace winnow {

/// Type of the numbers that products read and the cache holds. With bf16 and f16, matrices, inputs of products, keys, values and
/// attention weights are rounded to it; sums, the residual stream, norms, rotations, softmax, routers, statistics and logits
/// stay f32, on every device.
enum class ElementType : uint8_t { F32, Bf16, F16 };

inline constexpr int64_t bytesOf(ElementType type) { return type == ElementType::F32 ? 4 : 2; }

/// "f32", "bf16", "f16".
std::string_view nameOf(ElementType type);

/// What `--dtype` says; "auto" and nothing are f32 on every device, so that numbers do not depend on where they were made.
/// @error BadInput for another name.
Result<ElementType> chooseElementType(std::string_view dtype);

} // namespace winnow
