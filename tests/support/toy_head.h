#pragma once

#include "tests/support/method_fixture.h"

namespace winnow::test {

/// Head A of kv-eviction-baselines.md 8.
inline Capture toyHead()
{
    return attentionCapture({{1}, {.6F, .4F}, {.5F, .2F, .3F}, {.4F, .1F, .3F, .2F}, {.3F, .1F, .4F, .1F, .1F},
        {.3F, .05F, .35F, .05F, .05F, .2F}});
}

/// A row of decoding over the given slots, one query head.
inline DecodeRow decodeRow(const Positions &positions, const std::vector<float> &weights)
{
    DecodeRow row;
    row.heads = 1;
    row.positions = positions.data();
    row.weights = weights.data();
    row.slots = static_cast<int64_t>(positions.size());
    row.headDim = row.valueDim = 2;
    row.rule.scale = 1 / std::sqrt(2.0);
    return row;
}

inline Positions positionsLeft(const Positions &slots, const std::vector<int32_t> &drop)
{
    Positions left;
    for (size_t i = 0; i < slots.size(); ++i) {
        if (std::find(drop.begin(), drop.end(), int32_t(i)) == drop.end())
            left.push_back(slots[i]);
    }
    return left;
}

} // namespace winnow::test
