#include "core/methods/segment/match_segmenter.h"

namespace winnow {

using namespace segment;

namespace methodspecs {
    extern const MethodSpec bidirectional;
}

constinit const MethodSpec methodspecs::bidirectional{.id = "bidirectional",
    .title = "Bidirectional match",
    .family = "segment",
    .summary = "Forward or backward match: fewer words, then fewer single characters, then backward.",
    .source = "control",
    .budget = {.unit = ""},
    .parameters = kMatchParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<MatchSegmenter>(MatchDirection::Both); }};

} // namespace winnow
