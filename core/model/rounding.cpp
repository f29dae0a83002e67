#include "core/model/rounding.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/mm.h>

#include <cassert>

namespace winnow {
namespace {

    constexpr double kLargestF16 = 65504;

} // namespace

at::ScalarType scalarType(ElementType type)
{
    switch (type) {
    case ElementType::Bf16:
        return at::kBFloat16;
    case ElementType::F16:
        return at::kHalf;
    case ElementType::F32:
        break;
    }
    return at::kFloat;
}

ElementType elementTypeOf(at::ScalarType type)
{
    return type == at::kBFloat16 ? ElementType::Bf16 : type == at::kHalf ? ElementType::F16 : ElementType::F32;
}

at::Tensor asElements(const at::Tensor &x, ElementType type)
{
    if (type == ElementType::F16 && x.scalar_type() != at::kHalf)
        return at::clamp(x, -kLargestF16, kLargestF16).to(at::kHalf);
    return x.to(scalarType(type));
}

at::Tensor rounded(const at::Tensor &x, ElementType type)
{
    return type == ElementType::F32 ? x : asElements(x, type).to(at::kFloat);
}

void roundTo(at::Tensor &x, ElementType type)
{
    if (type != ElementType::F32)
        x.copy_(x.to(scalarType(type)));
}

at::Tensor productF32(const at::Tensor &a, const at::Tensor &b)
{
    assert(a.scalar_type() == b.scalar_type());
    const bool batched = a.dim() == 3;
    if (a.scalar_type() == at::kFloat || a.is_cpu()) {
        const at::Tensor x = a.to(at::kFloat), y = b.to(at::kFloat);
        return batched ? at::bmm(x, y) : at::mm(x, y);
    }
    return batched ? at::bmm(a, b, at::kFloat) : at::mm(a, b, at::kFloat);
}

} // namespace winnow
