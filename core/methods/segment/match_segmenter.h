#pragma once

#include "core/methods/segment/common.h"

namespace winnow::segment {

enum class MatchDirection { Forward, Backward, Both };

/// Longest words of a dictionary from one side, or the better of both.
/// @source segmentation-baselines.md 3.2.
class MatchSegmenter : public Segmenter {
public:
    explicit MatchSegmenter(MatchDirection direction)
        : m_direction(direction)
    {
    }

    Result<SegmentModelPtr> learn(
        const SegmentSource &source, const Parameters &parameters, const RunContext &context) const override;

private:
    MatchDirection m_direction;
};

inline constexpr ParameterSpec kWindow{.name = "longest",
    .title = "Search window",
    .unit = "characters",
    .tooltip = "Longer words are not looked for; 0 takes the longest of the dictionary.",
    .type = ParameterType::Int,
    .defaultValue = 0,
    .maximum = 256,
    .leastMeans = "longest"};

inline constexpr std::array kMatchParameters{kWindow, kChunksOff, kWhiteSpace, kMaxWord};

} // namespace winnow::segment
