#include "core/methods/segment/lattice_segmenter.h"

namespace winnow {
namespace {

    using namespace segment;

    constexpr std::array kParameters{kTopRatio, kBatch, kPasses, kShare, kRootDoubling, kConditional, kPatterns, kWhiteSpace, kMaxWord,
        kBest, kAlphabet, kAlign, kOovModel, kOovSmoothing, kMerge, kSplit, kSeed};

} // namespace

namespace methodspecs {
    extern const MethodSpec llaca;
}

constinit const MethodSpec methodspecs::llaca{.id = "llaca",
    .title = "LLACA",
    .family = "segment",
    .summary = "The best path over words that a chat model taught, each weighed given its longest known prefix.",
    .source = "arXiv:2505.19631",
    .sourceUrl = "https://arxiv.org/abs/2505.19631",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> {
        return std::make_unique<LatticeSegmenter>(LatticeSegmenter::Weights::AsAsked);
    }};

} // namespace winnow
