#include "core/model/rope.h"

#include "core/model/cpu_kernels.h"

#include <ATen/ATen.h>

#include <cmath>

namespace winnow {

RopeTable::RopeTable(std::vector<float> inverse, int64_t pairOffset)
    : m_inverse(std::move(inverse))
    , m_pairOffset(pairOffset)
{
}

std::vector<float> RopeTable::inverseFrequencies(
    int64_t ropeDim, double theta, std::span<const float> factors, double linear)
{
    std::vector<float> inverse(static_cast<size_t>(ropeDim / 2));
    for (size_t j = 0; j < inverse.size(); ++j) {
        // theta^(-2j/Dr), model-families.md 3.4; the exponent is rounded to f32 first, as the references do.
        const float exponent = static_cast<float>(2 * j) / static_cast<float>(ropeDim);
        inverse[j] = 1.0F / static_cast<float>(std::pow(theta, static_cast<double>(exponent)));
        if (!factors.empty())
            inverse[j] /= factors[j];
        inverse[j] /= static_cast<float>(linear);
    }
    return inverse;
}

RopeRows RopeTable::rows(std::span<const int32_t> positions, const at::Device &device) const
{
    const auto count = static_cast<int64_t>(positions.size());
    RopeRows result{at::empty({count, pairs()}, at::kFloat), at::empty({count, pairs()}, at::kFloat)};
    float *cosine = result.cos.data_ptr<float>();
    float *sine = result.sin.data_ptr<float>();
    for (const int32_t position : positions) {
        for (const float inverse : m_inverse) {
            const float angle = static_cast<float>(position) * inverse;
            *cosine++ = std::cos(angle);
            *sine++ = std::sin(angle);
        }
    }
    if (!device.is_cpu())
        return RopeRows{result.cos.to(device), result.sin.to(device)};
    return result;
}

void RopeTable::rotate(const at::Tensor &x, const RopeRows &rope) const
{
    if (x.is_cpu() && x.dim() == 3 && x.stride(1) == x.size(2) && x.stride(2) == 1) {
        cpu::rotateRows(x.data_ptr<float>(), rope.cos.data_ptr<float>(), rope.sin.data_ptr<float>(), x.size(0), x.stride(0),
            x.size(1), x.size(2), pairs(), m_pairOffset);
        return;
    }
    at::Tensor first = x.narrow(-1, 0, pairs());
    at::Tensor second = x.narrow(-1, m_pairOffset, pairs());
    const at::Tensor cosine = rope.cos.unsqueeze(1); // [rows, 1, Dr/2]
    const at::Tensor sine = rope.sin.unsqueeze(1);
    const at::Tensor turned = first * cosine - second * sine;
    second.copy_(first * sine + second * cosine);
    first.copy_(turned);
}

} // namespace winnow
