#include "core/methods/segment/branching_model.h"

namespace winnow {
namespace {

    using namespace segment;

    class EntropyModel : public BranchingModel {
    public:
        using BranchingModel::BranchingModel;

        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<ChunkCutter>(m_chunking, [this](std::u32string_view text, int32_t base, std::vector<int32_t> &ends) {
                return m_branching.cutByEntropy(text, base, ends);
            });
        }
    };

    /// Words whose neighbours vary more behind them than within (segmentation-baselines.md 3.6).
    class Nvbe : public Segmenter {
    public:
        Result<SegmentModelPtr> learn(
            const SegmentSource &source, const Parameters &parameters, const RunContext &context) const override
        {
            auto branching = branchingOfSource(source, parameters, context);
            if (!branching)
                return fail(branching.error());
            return std::make_shared<EntropyModel>(std::move(*branching), preChunking(parameters));
        }
    };

    constexpr std::array kParameters{kLongest, kChunksOn, kWhiteSpace};

} // namespace

namespace methodspecs {
    extern const MethodSpec nvbe;
}

constinit const MethodSpec methodspecs::nvbe{.id = "nvbe",
    .title = "nVBE",
    .family = "segment",
    .summary = "Normalised variation of branching entropy, learned from raw text: what follows a word is hard to tell.",
    .source = "ACL 2012, P12-2075",
    .sourceUrl = "https://aclanthology.org/P12-2075",
    .budget = {.unit = ""},
    .parameters = kParameters,
    .artifacts = "Segmentation,Table",
    .createSegmenter = []() -> std::unique_ptr<const Segmenter> { return std::make_unique<Nvbe>(); }};

} // namespace winnow
