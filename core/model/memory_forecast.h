#pragma once

#include "core/model/config.h"
#include "core/model/weights.h"

#include <c10/core/Device.h>

#include <cstdint>

namespace winnow {

// Bytes of a pass, known before it runs. They follow what forward.cpp, attention.cpp, ffn.cpp, moe.cpp and mla.cpp allocate:
// tests/model/memory_forecast_test.cpp holds them to what is then allocated.

/// Keys and values of `tokens` fed at once in the element type, as they are held (latent attention: latents). Layers with a
/// window hold all rows until the pass ends.
int64_t forecastCacheBytes(const ModelConfig &config, int64_t tokens);

/// Most bytes that a pass over `tokens` holds beside weights and cache: the residual stream, rotations, and the largest of
/// projections, attention, feed-forward part or experts of any layer, and the logits of the last row.
int64_t forecastPassBytes(
    const ModelConfig &config, int64_t tokens, const at::Device &device = at::Device(c10::DeviceType::CPU));

/// Block of dequantised rows that products need where matrices are not held as they are multiplied: rows in file precision, and
/// on the CPU all numbers of two bytes.
int64_t forecastBlockBytes(const ModelConfig &config, Residency residency, const at::Device &device = at::Device(c10::DeviceType::CPU));

} // namespace winnow
