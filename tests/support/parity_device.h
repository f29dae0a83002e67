#pragma once

#include "core/model/device.h"

#include <QtTest>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cstdlib>
#include <string>

namespace winnow::test {

/// The device that parity tests compare with the CPU: the first GPU, or what WINNOW_PARITY_DEVICE names ("cpu" runs the tests
/// against themselves).
inline std::string parityDevice()
{
    const char *named = std::getenv("WINNOW_PARITY_DEVICE");
    return named && *named ? named : "cuda";
}

/// Why there is nothing to compare with; empty when there is.
inline std::string parityReason()
{
    const auto device = chooseDevice(parityDevice());
    return device ? std::string() : device.error().message;
}

/// Largest difference over the largest expected number (at least 1); infinite when shapes differ or a number is none.
inline double parityError(const at::Tensor &found, const at::Tensor &expected)
{
    if (found.defined() != expected.defined() || (found.defined() && found.sizes() != expected.sizes()))
        return INFINITY;
    if (!found.defined() || found.numel() == 0)
        return 0;
    const at::Tensor a = found.cpu().to(at::kDouble), b = expected.cpu().to(at::kDouble);
    const double error = (a - b).abs().max().item<double>() / std::max(1.0, b.abs().max().item<double>());
    return std::isnan(error) ? INFINITY : error;
}

} // namespace winnow::test
