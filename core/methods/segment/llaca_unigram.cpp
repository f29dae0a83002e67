#include "core/methods/segment/lattice_segmenter.h"

namespace winnow {
namespace {

    using namespace segment;

    constexpr std::array kParameters{kTopRatio, kBatch, kPasses, kShare, kRootDoubling, kPatterns, kWhiteSpace, kMaxWord, kBest,
        kAlphabet, kAlign, kOovModel, kOovSmoothing, kMerge, kSplit, kSeed};

} // namespace

namespace methodspecs {
    extern const MethodSpec llaca_unigram;
}

constinit const MethodSpec methodspecs::llaca_unigram{.id = "llaca_unigram",
    .title = "LLACA, unigram",
    .family = "segment",
    .summary = "The same lattice with words weighed by their counts alone.",
    .source = "arXiv:2505.19631",
    .sourceUrl = "https://arxiv.org/abs/2505.19631",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> {
        return std::make_unique<LatticeSegmenter>(LatticeSegmenter::Weights::Unigram);
    }};

} // namespace winnow
