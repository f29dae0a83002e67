#include "core/methods/segment/match_segmenter.h"

namespace winnow {

using namespace segment;

namespace methodspecs {
    extern const MethodSpec fmm;
}

constinit const MethodSpec methodspecs::fmm{.id = "fmm",
    .title = "Forward maximum match",
    .family = "segment",
    .summary = "From the left, always the longest word of the dictionary.",
    .source = "control",
    .budget = {.unit = ""},
    .parameters = kMatchParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<MatchSegmenter>(MatchDirection::Forward); }};

} // namespace winnow
