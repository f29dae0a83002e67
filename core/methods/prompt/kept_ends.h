#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

namespace winnow::prompt {

/// The first `front` tokens and the last `stay - front` ones (prompt-compression-baselines.md 3.1).
inline std::vector<int32_t> keptEnds(int64_t tokens, int64_t stay, int64_t front)
{
    std::vector<int32_t> kept(static_cast<size_t>(stay));
    std::iota(kept.begin(), kept.begin() + front, 0);
    std::iota(kept.begin() + front, kept.end(), static_cast<int32_t>(tokens - stay + front));
    return kept;
}

} // namespace winnow::prompt
