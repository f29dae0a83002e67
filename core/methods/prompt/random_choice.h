#pragma once

#include "core/base/split_mix.h"

#include <cstdint>
#include <vector>

namespace winnow {

/// k of n indices, ascending: p = 0..n-1; for i < k swap(p[i], p[i + below(n - i)]); p[0..k-1].
/// @source prompt-compression-baselines.md 3.1.
std::vector<int32_t> randomChoice(int64_t n, int64_t k, SplitMix64 &random);

} // namespace winnow
