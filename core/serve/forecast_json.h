#pragma once

#include "core/base/json.h"
#include "core/model/config.h"
#include "core/model/weights.h"

#include <cstdint>

namespace winnow {

/// The `forecast` object of docs/protocol.md: bytes of each component for a context of `tokens`, before anything is loaded,
/// and what would fit when that does not.
Json forecastJson(const ModelConfig &config, int64_t tokens, Residency residency);

} // namespace winnow
