#include "core/methods/segment/match_segmenter.h"

namespace winnow {

using namespace segment;

namespace methodspecs {
    extern const MethodSpec bmm;
}

constinit const MethodSpec methodspecs::bmm{.id = "bmm",
    .title = "Backward maximum match",
    .family = "segment",
    .summary = "From the right, always the longest word of the dictionary.",
    .source = "control",
    .budget = {.unit = ""},
    .parameters = kMatchParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<MatchSegmenter>(MatchDirection::Backward); }};

} // namespace winnow
