#pragma once

#include "core/model/element_type.h"

#include <ATen/core/Tensor.h>

namespace winnow {

// Products in bf16 and f16 (element_type.h): numbers are rounded to the type, products of two such numbers are exact in f32 and
// are summed there. A GPU does that in its matrix units; the CPU multiplies the rounded numbers as f32, which gives the same
// products at the speed of f32 (its own f16 products are 40 to 200 times slower, GROUND.md 4).

at::ScalarType scalarType(ElementType type);
ElementType elementTypeOf(at::ScalarType type); // kBFloat16, kHalf, else F32

/// x in another type, to nearest even. What f16 cannot hold becomes its largest number and no infinity. x itself when it is
/// of the type.
at::Tensor asElements(const at::Tensor &x, ElementType type);

/// Numbers of x rounded to a type and kept as f32. x itself for F32.
at::Tensor rounded(const at::Tensor &x, ElementType type);
/// The same in place for f32 that the type can hold: no number is beyond its largest one.
void roundTo(at::Tensor &x, ElementType type);

/// a b with f32 sums and result: [n, k] [k, m], or [b, n, k] [b, k, m]. Both of one type.
at::Tensor productF32(const at::Tensor &a, const at::Tensor &b);

} // namespace winnow
