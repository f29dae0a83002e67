#pragma once

#include <cstdint>

namespace winnow {

enum class Pooling { None, Max, Average };

/// One-dimensional pooling, stride 1, length kept. Max ignores the padding; average pads with zeros and always divides
/// by the kernel width.
///
/// @param row    [n] scores, replaced.
/// @param kernel Odd width; 1 changes nothing.
/// @cost  O(n kernel) for the average, O(n log kernel) for the maximum.
/// @source kv-eviction-baselines.md 3.5.
void poolRow(Pooling pooling, int64_t kernel, float *row, int64_t n);

} // namespace winnow
