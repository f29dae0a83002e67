#pragma once

#include "core/base/json.h"
#include "core/model/config.h"
#include "core/model/weights.h"

#include <c10/core/Device.h>

#include <cstdint>

namespace winnow {

/// The `forecast` object of docs/protocol.md: bytes of each component for a context of `tokens`, before anything is loaded,
/// and what would fit when that does not. On a GPU weights, cache and work are bytes of the card, and so is what is available.
Json forecastJson(const ModelConfig &config, int64_t tokens, Residency residency, const at::Device &device);

} // namespace winnow
